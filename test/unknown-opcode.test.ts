// A program with an opcode that the C kernels do not know computes nothing there, so the run has to fail
// and to name it: whoever adds an opcode and forgets the kernels, or a built file, sees which one.
import { describe, expect, it } from 'vitest';
import { controlWords } from '../src/engine/control.ts';
import { OPCODES } from '../src/engine/opcodes.ts';
import type { Elementwise, Instruction, Reduce } from '../src/engine/plan.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { planOf } from './support/plans.ts';

/** Encodes `sqrt` as a number that no opcode has while `act` runs. */
async function withOpcode<T>(opcode: number, act: () => Promise<T>): Promise<T> {
  const row: { code: number } = OPCODES.sqrt;
  const before = row.code;
  row.code = opcode;
  try {
    return await act();
  } finally {
    row.code = before;
  }
}

/** A program that takes roots of `count` numbers, and one that sums them over images of 64 pixels of 16 channels. */
const roots = (count: number) => ({
  count,
  sizes: [count],
  operands: [{ address: 16, strides: [1] }],
  registers: 2,
  code: [
    { op: 'load', dst: 0, a: 0 },
    { op: 'sqrt', dst: 1, a: 0 },
  ] as const,
});
const elementwise = (count: number, attached = false): Elementwise => ({
  kind: 'elementwise',
  ...roots(count),
  results: [{ register: 1, address: 16 }],
  attached,
});
const reduce = (count: number, attached = false): Reduce => ({
  kind: 'reduce',
  ...roots(count),
  outer: count / 1024,
  length: 64,
  inner: 16,
  parts: 1,
  partials: 0,
  results: [{ register: 1, address: 16 + count }],
  attached,
});
const copy = (count: number): Elementwise => ({
  ...elementwise(count),
  code: [{ op: 'load', dst: 1, a: 0 }],
});

const LARGE = 1 << 19;
const PROGRAMS: readonly (readonly [string, readonly Instruction[]])[] = [
  ['a small program, which one thread does for all', [elementwise(1024)]],
  ['a large program', [elementwise(LARGE)]],
  ['a sum', [reduce(LARGE)]],
  ['what is attached to a program', [copy(LARGE), elementwise(LARGE, true)]],
  ['an attached sum', [copy(LARGE), reduce(LARGE, true)]],
];

describe.each(TEST_DEVICES.filter(({ name }) => name === 'native' || name.startsWith('wasm')))(
  `an unknown opcode on $name`,
  (device) => {
    const options = { skip: device.missing !== null };
    it.each(PROGRAMS)(`${title(device)}: %s`, options, async (_, instructions) => {
      for (const threads of [1, 2])
        await withBackend(device, 0, threads, async (backend) => {
          const plan = planOf(instructions, 1 << 20);
          const known = await backend.compile(plan);
          const unknown = await withOpcode(77, () => backend.compile(plan));
          await backend.write(0, controlWords({ seed: 1, step: 1 }));
          await backend.run(known);
          await expect(backend.run(unknown)).rejects.toThrow(
            /: a program of plan "by hand" has opcode 77, which the kernels do not know\. \S/,
          );
        });
    });

    it(`${title(device)}: an instruction that cannot be attached is named`, options, async () => {
      const transpose = { kind: 'transpose', x: 16, y: 2048, rows: 4, columns: 4, attached: true } as Instruction;
      for (const threads of [1, 2])
        await withBackend(device, 0, threads, async (backend) => {
          const plan = planOf([elementwise(1024), copy(LARGE), elementwise(LARGE, true), transpose], 1 << 20);
          await expect(backend.run(await backend.compile(plan))).rejects.toThrow(
            'instruction 3 of plan "by hand" is unknown to the kernels: got transpose',
          );
        });
    });
  },
);
