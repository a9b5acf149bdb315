// Which elementwise programs the webgpu device puts into one dispatch: those of which none writes
// what another reads or writes. No GPU is needed.
import { expect, it } from 'vitest';
import { launchesOf } from '../src/engine/backends/webgpu/wgsl/kernels.ts';
import { goTogether } from '../src/engine/backends/webgpu/wgsl/together.ts';
import { compile } from '../src/engine/compile.ts';
import type { Elementwise } from '../src/engine/plan.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { makeModel } from '../src/gan/model.ts';
import { trainingStep } from '../src/gan/step.ts';

/** Copies ten values. */
const copy = (from: number, to: number, strides: readonly number[] = [1]): Elementwise => ({
  kind: 'elementwise',
  attached: false,
  count: 10,
  sizes: [10],
  registers: 1,
  operands: [{ address: from, strides }],
  code: [{ op: 'load', dst: 0, a: 0 }],
  results: [{ register: 0, address: to }],
});

it.each<[string, Elementwise, boolean]>([
  ['somewhere else', copy(64, 80), true],
  ['from the same values', copy(0, 80), true],
  ['in place', copy(64, 64), true],
  ['from what is written', copy(16, 80), false],
  ['from the last value that is written', copy(25, 80), false],
  ['from behind it', copy(28, 80), true],
  ['from far before it, but in long strides', copy(0, 80, [2]), false],
  ['from the four before it', copy(12, 80, [0]), true],
  ['to what is written', copy(64, 16), false],
  ['to what is read', copy(64, 0), false],
  ['to fours that what is written begins in', copy(64, 6), false],
  ['to fours before it', copy(64, 112), true],
])('next to a copy of 0 ... 9 to 16 ... 25 may stand one %s', (_, next, expected) => {
  expect(goTogether([copy(0, 16)], next)).toBe(expected);
});

it('leaves every instruction of a step in its place', () => {
  const model = makeModel(resolveConfig('best', {}));
  const plan = compile(trainingStep(model, 64), model.layout);
  const launches = launchesOf(plan);
  expect(launches.flat()).toEqual(plan.instructions);
  // These are the optimisers' updates, at the end of the plan.
  expect(launches.at(-1)!.length).toBeGreaterThan(10);
  for (const [first, ...more] of launches)
    if (first.kind === 'elementwise')
      more.forEach((program, i) => {
        expect(goTogether([first, ...more.slice(0, i)], program)).toBe(true);
      });
});
