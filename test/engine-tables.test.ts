// The tables that the engine derives everything from: numbers are unique, names stand under themselves, and what must try
// every opcode tries every one.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_CHECKS, planOf } from '../src/cli/checks/kernels.ts';
import { opener } from '../src/engine/backends/index.ts';
import { probePlan } from '../src/engine/backends/native/probe.ts';
import { planKernels } from '../src/engine/backends/webgpu/wgsl/kernels.ts';
import { controlWords } from '../src/engine/control.ts';
import { encode } from '../src/engine/encode.ts';
import { KIND_NAMES, KINDS, recordOf } from '../src/engine/instructions/index.ts';
import { SAMPLE, SAMPLE_FLOATS } from '../src/engine/instructions/sample.ts';
import { ISA_HEADER } from '../src/engine/isa.ts';
import { FORMS, OPCODE_NAMES, OPCODES } from '../src/engine/opcodes.ts';
import * as ops from '../src/engine/ops/index.ts';
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

describe('kinds of instructions', () => {
  const kindsIn = (plans: readonly Plan[]): string[] =>
    [...new Set(plans.flatMap(({ instructions }) => instructions.map(({ kind }) => kind)))].sort();

  it('have numbers of their own, from 1', () => {
    const numbers = KIND_NAMES.map((kind) => KINDS[kind].number);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
  });

  it('have samples and checks of themselves', () => {
    for (const kind of KIND_NAMES) {
      expect(KINDS[kind].samples.filter((sample) => sample.kind !== kind)).toEqual([]);
      for (const check of KINDS[kind].checks) expect(kindsIn([planOf(check)]), check.name).toContain(kind);
    }
  });

  it("are all in the probe of a new library and in doctor's checks", () => {
    expect(kindsIn([probePlan()])).toEqual([...KIND_NAMES].sort());
    expect(kindsIn(KERNEL_CHECKS.map(planOf))).toEqual([...KIND_NAMES].sort());
  });

  it.each(KIND_NAMES)('%s touches no more of the arena than it says', async (kind) => {
    for (const instruction of KINDS[kind].samples) {
      const { reads, writes, scratch } = recordOf(instruction).touches(instruction);
      const backend = await opener('reference')({ stateFloats: 0, threads: 1 });
      const executable = await backend.compile({ ...probePlan(), instructions: [instruction] });
      // What it may not read is not a number; what it may not write stays so.
      const before = new Float32Array(SAMPLE_FLOATS).fill(Number.NaN);
      for (const { start, floats } of reads) before.fill(0.5, start, start + floats);
      await backend.write(0, before);
      await backend.write(SAMPLE.control, controlWords({ seed: 1, step: 1 }));
      await backend.run(executable);
      const after = await backend.read(0, SAMPLE_FLOATS);
      for (const { start, floats } of writes) {
        expect(after.subarray(start, start + floats).some(Number.isNaN)).toBe(false);
        after.set(before.subarray(start, start + floats), start);
      }
      for (const { start, floats } of scratch) after.set(before.subarray(start, start + floats), start);
      expect(after.subarray(16)).toEqual(before.subarray(16));
      await backend.dispose();
    }
  });
});

it('every elementwise op has a function of its name, by which graphs are built', () => {
  const functions: Readonly<Record<string, unknown>> = ops;
  expect(Object.keys(ops.ELEMENTWISE).filter((name) => typeof functions[name] !== 'function')).toEqual([]);
});

it('every op stands under its own name', () => {
  expect(Object.values(ops.OPS).map(({ name }) => name)).toEqual(Object.keys(ops.OPS));
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
