// Arenas past 4 GiB, which one buffer of JavaScript cannot hold, and what no device has room for: refused in a sentence before
// memory is asked for, with a batch that fits. Memory that is never touched costs nothing.
import { freemem } from 'node:os';
import { expect, it } from 'vitest';
import { opener } from '../src/engine/backends/index.ts';
import { MOST_FLOATS, PlanTooLarge, planBytes } from '../src/engine/backends/too-large.ts';
import type { Plan } from '../src/engine/plan.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { DcganError } from '../src/platform/errors.ts';
import { TEST_DEVICES } from './support/devices.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;
const CONTROL_AT = 16;

/** Copies 16 floats from one address to another in an arena of so many floats. */
function copying(from: number, to: number, scratchFloats: number): Plan {
  return {
    name: 'copy',
    precision: 'float32',
    stateFloats: 16,
    scratchFloats,
    control: CONTROL_AT,
    inputs: new Map(),
    injections: new Map(),
    outputs: new Map(),
    instructions: [
      {
        kind: 'elementwise',
        count: 16,
        sizes: [16],
        operands: [{ address: from, strides: [1] }],
        registers: 1,
        code: [{ op: 'load', dst: 0, a: 0 }],
        results: [{ register: 0, address: to }],
        attached: false,
      },
    ],
  };
}

const GIB = 2 ** 28;
// What is asked for is looked at, though it is not touched.
const room = (floats: number): boolean => process.platform !== 'linux' || freemem() > 4.5 * floats;

it.skipIf(native.missing || !room(6 * GIB))(
  'an arena of 6 GiB is written, computed on and read at any address',
  async () => {
    const backend = await opener('native')({ stateFloats: 16, threads: 1 });
    try {
      const values = Float32Array.from({ length: 16 }, (_, i) => i + 1);
      for (const [from, to] of [
        [32, 5 * GIB],
        [5 * GIB + 64, 4 * GIB - 8],
        [2 ** 31 / 4 - 8, 6 * GIB - 128],
        [GIB + 8, 64],
      ] as const) {
        const executable = await backend.compile(copying(from, to, 6 * GIB));
        await backend.write(from, values);
        await backend.run(executable);
        expect(await backend.read(to, 16), `${from} to ${to}`).toEqual(values);
      }
    } finally {
      await backend.dispose();
    }
  },
);

it.skipIf(native.missing)('addresses past 2^32 are refused by name', async () => {
  const backend = await opener('native')({ stateFloats: 16, threads: 1 });
  try {
    const error = await backend.compile(copying(32, 64, 2 ** 32)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlanTooLarge);
    expect((error as PlanTooLarge).message).toMatch(
      /^native: plan "copy" is larger than its kernels can address: expected 16\.00 GiB at most, got 16\.00 GiB\. Use/,
    );
    const { fits } = error as PlanTooLarge;
    expect(fits(copying(32, 64, 1000))).toBe(true);
    expect(fits(copying(32, 64, MOST_FLOATS))).toBe(false);
    expect(planBytes(copying(32, 64, 1000))).toBe(4 * 1016);
  } finally {
    await backend.dispose();
  }
});

it.skipIf(native.missing)('a tensor of more values than can be counted is refused', async () => {
  const backend = await opener('native')({ stateFloats: 16, threads: 1 });
  try {
    const [instruction] = copying(32, 64, 0).instructions;
    const plan = { ...copying(32, 64, 2 ** 31 + 100), instructions: [{ ...instruction!, count: 2 ** 31 }] } as Plan;
    await expect(backend.compile(plan)).rejects.toThrow(
      'has a tensor larger than its kernels can count: expected 8.00 GiB',
    );
  } finally {
    await backend.dispose();
  }
});

for (const device of TEST_DEVICES.filter(({ name }) => name === 'native' || name === 'wasm'))
  it.skipIf(device.missing)(`${device.name} says which batch fits, and it does`, { timeout: 240_000 }, async () => {
    const batchSize = 60_000;
    const gan = await DCGAN.create({ preset: 'tf2018', batchSize, seed: 1, threads: 1, device: device.name });
    const error = await gan.prepareStep().catch((reason: unknown) => reason);
    await gan.dispose();
    expect(error).toBeInstanceOf(DcganError);
    const { message } = error as DcganError;
    expect(message).toMatch(
      /expected \d+\.\d\d GiB at most.*, got \d+\.\d\d GiB\. Use a smaller batch: --batch-size \d+/,
    );
    const smaller = Number(/--batch-size (\d+)/.exec(message)![1]);
    expect(smaller).toBeGreaterThan(1000);
    // Half of it leaves room for what other tests use meanwhile.
    const again = await DCGAN.create({
      preset: 'tf2018',
      batchSize: Math.floor(smaller / 2),
      seed: 1,
      threads: 1,
      device: device.name,
    });
    await again.prepareStep();
    await again.dispose();
  });
