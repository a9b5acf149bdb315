// The tables that the engine derives everything from: numbers are unique, names stand under themselves, and what must try
// every opcode tries every one.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_CHECKS, planOf } from '../src/cli/checks/kernels.ts';
import { opener } from '../src/engine/backends/index.ts';
import { probePlan } from '../src/engine/backends/native/probe.ts';
import { planKernels } from '../src/engine/backends/webgpu/wgsl/kernels.ts';
import { encode } from '../src/engine/encode.ts';
import { ISA_HEADER } from '../src/engine/isa.ts';
import { FORMS, OPCODE_NAMES, OPCODES } from '../src/engine/opcodes.ts';
import { OPS } from '../src/engine/ops/index.ts';
import type { Plan } from '../src/engine/plan.ts';
import { printPlan } from '../src/engine/print.ts';

const opcodesIn = (plans: readonly Plan[]): Set<string> =>
  new Set(
    plans.flatMap(({ instructions }) => instructions.flatMap((i) => ('code' in i ? i.code.map(({ op }) => op) : []))),
  );

describe('opcodes', () => {
  it('have numbers of their own, from 1', () => {
    const codes = OPCODE_NAMES.map((name) => OPCODES[name].code);
    expect([...codes].sort((a, b) => a - b)).toEqual(codes.map((_, i) => i + 1));
  });

  it.each(Object.entries(FORMS))('a line of the form %s is encoded with all its fields, each once', (_, form) => {
    const words = form.words.filter((field) => field !== null);
    expect(words.toSorted()).toEqual(Object.keys(form.sample).toSorted());
    expect(form.words.length).toBeLessThanOrEqual(6);
  });

  it('are all in the probe of a new library', () => {
    expect([...opcodesIn([probePlan()])].sort()).toEqual([...OPCODE_NAMES].sort());
  });

  it("are all in doctor's checks", () => {
    expect([...opcodesIn(KERNEL_CHECKS.map(planOf))].sort()).toEqual([...OPCODE_NAMES].sort());
  });
});

it('every op stands under its own name', () => {
  expect(Object.values(OPS).map(({ name }) => name)).toEqual(Object.keys(OPS));
});

it('kernels/isa.h is what the tables say', () => {
  expect(readFileSync(new URL('../kernels/isa.h', import.meta.url), 'utf8')).toBe(ISA_HEADER);
});

it('the probe is a plan like any other: it encodes, prints, becomes WGSL, and the reference runs it', async () => {
  const plan = probePlan();
  expect(encode(plan).every(Number.isInteger)).toBe(true);
  expect(printPlan(plan).split('\n')).toHaveLength(2 + plan.instructions.length + 1);
  expect(planKernels(plan).length).toBeGreaterThanOrEqual(plan.instructions.length - 1);
  const backend = await opener('reference')({ stateFloats: 0, threads: 1 });
  await backend.run(await backend.compile(plan));
  await backend.dispose();
});
