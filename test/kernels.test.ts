// The C kernels, native and as WebAssembly, on plans made by hand: every kind of instruction in odd
// shapes and every opcode, against the reference device. Any number of threads gives the same bits,
// and what may not fuse multiply and add gives the same bits on all of them.
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../src/engine/backends/backend.ts';
import { controlWords } from '../src/engine/control.ts';
import { KIND_NAMES } from '../src/engine/instructions/index.ts';
import { OPCODE_NAMES } from '../src/engine/opcodes.ts';
import { blockToNormals, drawBlock, drawWord, wordToUniform } from '../src/engine/random.ts';
import { ATTACHED, activated } from './support/attached.ts';
import { TEST_DEVICES, type TestDevice, title } from './support/devices.ts';
import { planOf } from './support/plans.ts';
import {
  BROADCAST,
  CONVOLUTIONS,
  DRAWS,
  drawsOf,
  LARGE_CONVOLUTIONS,
  MANY_IMAGES,
  MOVES,
  PADDING,
  POINTS,
  REDUCES,
  STREAM,
  SWAP,
  type Trial,
} from './support/trials.ts';
import { relativeError, sameBits, ulps } from './support/values.ts';

const device = (name: string): TestDevice => TEST_DEVICES.find((device) => device.name === name)!;
const [native, wasm, relaxed, reference] = ['native', 'wasm', 'wasm-relaxed', 'reference'].map(device) as [
  TestDevice,
  TestDevice,
  TestDevice,
  TestDevice,
];
const KEY = { seed: 9876543210123, step: 2 ** 33 + 5 };
const CONTROL = 0;

/** Largest relative error where a trial has no bound of its own: native may fuse multiply and add. */
const BOUNDS = new Map([
  [native, 1e-6],
  [wasm, 3e-6],
  [relaxed, 3e-6],
]);

const backends = new Map<string, Promise<Backend>>();
afterAll(async () => {
  for (const backend of backends.values()) await (await backend).dispose();
});

/** One backend serves all trials of a device and number of threads: what one leaves behind must not matter to the next. */
function backendOf(device: TestDevice, threads: number): Promise<Backend> {
  const key = `${device.name} ${threads}`;
  const backend = backends.get(key) ?? device.open({ stateFloats: 0, threads });
  backends.set(key, backend);
  return backend;
}

async function run(device: TestDevice, threads: number, trial: Trial): Promise<Float32Array> {
  const backend = await backendOf(device, threads);
  const executable = await backend.compile(planOf(trial.instructions, trial.floats));
  // A stray read turns a result into NaN.
  await backend.write(0, new Float32Array(trial.floats).fill(Number.NaN));
  for (const [address, data] of trial.inputs) await backend.write(address, data);
  await backend.write(CONTROL, controlWords(KEY));
  await backend.run(executable);
  const results: Float32Array[] = [];
  for (const [address, length] of trial.results) results.push(await backend.read(address, length));
  const all = new Float32Array(results.reduce((floats, { length }) => floats + length, 0));
  let at = 0;
  for (const result of results) {
    all.set(result, at);
    at += result.length;
  }
  return all;
}

/** The trial's results on a device, the same to the bit on 1, 2 and 3 threads. */
async function on(device: TestDevice, trial: Trial): Promise<Float32Array> {
  const one = await run(device, 1, trial);
  for (const threads of [2, 3])
    expect(sameBits(await run(device, threads, trial), one), `${threads} threads`).toBe(true);
  return one;
}

const wanted = new Map<string, Promise<Float32Array>>();

/** The reference's results, computed once for all devices. */
function want(trial: Trial): Promise<Float32Array> {
  const known = wanted.get(trial.name) ?? run(reference, 1, trial);
  wanted.set(trial.name, known);
  return known;
}

const named = (trials: readonly Trial[]) => trials.map((trial) => [trial.name, trial] as const);

const together = ATTACHED.map((attachable) => [attachable(true).name, attachable] as const);
const SUMS = [...CONVOLUTIONS, MANY_IMAGES, ...[40, 5].map((n) => activated(n)(true)), ...REDUCES, BROADCAST];

describe.each([native, wasm, relaxed].map((device) => [title(device), device] as const))('%s', (_, device) => {
  describe.skipIf(device.missing)('against the reference', () => {
    const own = device === native ? [...SUMS, ...LARGE_CONVOLUTIONS] : SUMS;
    it.each(named(own))('%s', async (_, trial) => {
      expect(relativeError(await on(device, trial), await want(trial))).toBeLessThan(
        trial.bound ?? BOUNDS.get(device)!,
      );
    });

    it.each(named(POINTS))('%s within 3 units in the last place', async (_, trial) => {
      const [got, wanted] = [await on(device, trial), await want(trial)];
      expect(Math.max(...got.map((value, i) => ulps(value, wanted[i]!)))).toBeLessThanOrEqual(3);
    });

    it.each(named(MOVES))('%s to the bit', async (_, trial) => {
      expect(await on(device, trial)).toEqual(await want(trial));
    });

    it('swap stores over its operands after a whole block is read', async () => {
      const [[, a], [, b]] = SWAP.inputs as [(typeof SWAP.inputs)[number], (typeof SWAP.inputs)[number]];
      expect(await on(device, SWAP)).toEqual(Float32Array.from([...b, ...a]));
    });

    it(`${DRAWS.name} draw the words of random.ts`, async () => {
      const [got, wanted] = [drawsOf(await on(device, DRAWS)), drawsOf(await want(DRAWS))];
      for (const [op, values] of got) {
        const expected = wanted.get(op)!;
        if (op !== 'normal') expect(values, op).toEqual(expected);
        else expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-6);
      }
      const [uniform, normal, mask] = [got.get('uniform')!, got.get('normal')!, got.get('mask')!];
      for (let i = 0; i < uniform.length; i++) {
        expect(uniform[i]).toBe(wordToUniform(drawWord(KEY, STREAM, i)));
        expect(mask[i]).toBe(drawWord(KEY, STREAM + 2, i) >>> 8 >= 5033165 ? 1.25 : 0);
        const four = blockToNormals(drawBlock(KEY, STREAM + 1, Math.floor(i / 4)));
        expect(Math.abs(normal[i]! - four[i % 4]!)).toBeLessThan(2e-6);
      }
    });

    it('a pixel of padding is not multiplied: an infinite weight outside the image is not met', async () => {
      expect((await on(device, PADDING)).every(Number.isFinite)).toBe(true);
    });
  });

  describe.skipIf(device.missing)('attached instructions give the bits that they give apart', () => {
    it.each(together)('%s', async (_, attachable) => {
      const got = await on(device, attachable(true));
      expect(sameBits(got, await on(device, attachable(false)))).toBe(true);
      // A dropout mask keeps about half of the values; in every other result no value is 0.
      expect(got.filter((value) => value !== 0).length).toBeGreaterThan(got.length / 2);
    });
  });
});

const PAIRS = [
  [wasm, native],
  [relaxed, wasm],
] as const;
describe.each(PAIRS.map((pair) => [pair.map(title).join(' and '), ...pair] as const))(
  '%s give the same bits',
  (_, a, b) => {
    it.skipIf(a.missing ?? b.missing).each(named([...POINTS, ...REDUCES, BROADCAST, ...MOVES, DRAWS]))(
      '%s',
      async (_, trial) => {
        expect(sameBits(await run(a, 2, trial), await run(b, 2, trial))).toBe(true);
      },
    );
  },
);

it('every kind of instruction and every opcode has a trial', () => {
  const trials = [...SUMS, ...POINTS, ...MOVES, DRAWS];
  const instructions = trials.flatMap((trial) => trial.instructions);
  expect(new Set(instructions.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES));
  const lines = instructions.flatMap((i) => ('code' in i ? i.code : []));
  expect(new Set(lines.map(({ op }) => op))).toEqual(new Set(OPCODE_NAMES));
});
