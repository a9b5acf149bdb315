// A step in shards. Any number of ranks gives the same bits, with every option that changes the step;
// one mini-batch with the same draws gives the same step with and without shards, to rounding; and
// eight steps of TensorFlow's are met with batch norm over the whole mini-batch.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../src/data/open.ts';
import { compile } from '../src/engine/compile.ts';
import { size } from '../src/engine/graph.ts';
import { addInTree } from '../src/engine/shards.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { ALL_DUTIES } from '../src/gan/duties.ts';
import { replayGolden } from '../src/gan/golden.ts';
import { judgeGolden } from '../src/gan/golden-judge.ts';
import { Machine } from '../src/gan/machine.ts';
import { makeModel } from '../src/gan/model.ts';
import type { ConfigOverrides } from '../src/gan/schema.ts';
import { shareOf, valuesOf } from '../src/gan/shards.ts';
import { STEP_NUMBERS, trainingStep } from '../src/gan/step.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { ranksTogether } from './support/ranks.ts';
import { SMALL_MODEL, STEP_OPTIONS } from './support/step-options.ts';
import { values } from './support/values.ts';
import { verify } from './support/verify.ts';

const DEVICES = TEST_DEVICES.filter(({ name, missing }) => ['native', 'wasm', 'reference'].includes(name) && !missing);

interface Asked {
  readonly device: string;
  readonly options: ConfigOverrides;
  readonly batch: number;
  /** Reals of each step. */
  readonly reals: readonly number[];
  readonly ranks?: number;
  /** Draws are replaced by values that follow from their names. */
  readonly inject?: boolean;
}

/** The state of each rank after the steps. */
async function trained({ device, options, batch, reals, ranks = 1, inject = false }: Asked) {
  const config = resolveConfig('tiny', { ...SMALL_MODEL, batchSize: batch, ...options });
  const open = ranksTogether(ranks).map((each) => Machine.open(config, { device, threads: 1, ranks: each }));
  const machines = await Promise.all(open);
  try {
    await Promise.all(machines.map((machine) => machine.start(3)));
    for (const [i, n] of reals.entries()) {
      const step = i + 1;
      const images = values([n, 16, 16, config.channels], step);
      const classes = Array.from({ length: n }, (_, k) => (k * step) % Math.max(1, config.classes));
      const drawn = [...machines[0]!.drawShapes(n)].map(([name, shape], k) => [
        name,
        values([size(shape)], 10 * step + k).map((x) => (name.startsWith('mask') ? (x > 0 ? 1.4 : 0) : Math.abs(x))),
      ]);
      const injected = inject ? { injected: Object.fromEntries(drawn) } : {};
      const request = { seed: 7, step, reals: n, classes, outputs: STEP_NUMBERS, ...injected };
      const held = (machine: Machine) => valuesOf(images, n, machine.held(n));
      await Promise.all(machines.map((machine) => machine.step({ ...request, images: held(machine) })));
    }
    return await Promise.all(machines.map((machine) => machine.readState()));
  } finally {
    await Promise.all(machines.map((machine) => machine.dispose()));
  }
}

const bytesOf = (state: ReadonlyMap<string, Float32Array>): string =>
  [...state].map(([name, data]) => `${name} ${Buffer.from(data.buffer).toString('hex')}`).join('\n');

describe.each(Object.entries(STEP_OPTIONS))('a step in shards with options %s', (_, options) => {
  it('has sound plans', () => {
    const model = makeModel(resolveConfig('tiny', { ...SMALL_MODEL, batchSize: 6, ...options, shards: 4 }));
    for (const shard of [0, 3]) verify(compile(trainingStep(model, 6, ALL_DUTIES, shard), model.layout));
  });

  it.each(DEVICES)('gives the same bits on 1, 2 and 4 ranks on $name', async ({ name: device }) => {
    // The reference keeps registers in double precision, so its shards agree only when their plans do.
    const asked = device === 'reference' ? { batch: 8, reals: [8, 8] } : { batch: 6, reals: [6, 5] };
    const with4 = { device, options: { ...options, shards: 4 }, ...asked };
    const [alone] = await trained(with4);
    for (const ranks of [2, 4])
      for (const state of await trained({ ...with4, ranks })) expect(bytesOf(state) === bytesOf(alone!)).toBe(true);
  });

  it('is the step without shards, to rounding', async () => {
    const asked = { device: 'reference', batch: 6, reals: [5], inject: true };
    const [whole] = await trained({ ...asked, options });
    const [cut] = await trained({ ...asked, options: { ...options, shards: 4 } });
    // Variables are left out: Adam turns a gradient that is zero but for rounding into a whole step.
    for (const [name, data] of whole!) {
      if (!name.startsWith('adam_m') && !name.includes('/moving_')) continue;
      const off = Math.hypot(...data.map((value, i) => value - cut!.get(name)![i]!));
      expect(off, name).toBeLessThan(1e-5 * Math.hypot(...data) + 1e-6);
    }
  });
});

it.each([2, 4])('TensorFlow is met with %d shards', async (shards) => {
  const name = 'tf2018-b8.safetensors';
  const golden = new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)));
  const replayed = await replayGolden(golden, name, openDataset(), { device: 'cpu', threads: 2, shards });
  expect(judgeGolden(golden, name, replayed).worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
});

it('adds in a tree of neighbours', () => {
  const parts = [1, 2 ** -24, 2 ** -24, 2 ** -24].map((x) => Float32Array.of(x));
  // (1 + 2^-24) rounds to 1; the sum of the other two is 2^-23, which 1 can hold.
  expect(addInTree(parts)[0]).toBe(1 + 2 ** -23);
});

it('cuts a mini-batch into parts in a row', () => {
  const shares = [0, 1, 2, 3].map((shard) => shareOf(6, 4, shard));
  expect(shares.map(({ first, count }) => [first, count])).toEqual([
    [0, 2],
    [2, 2],
    [4, 1],
    [5, 1],
  ]);
});

it('refuses what cannot be cut', async () => {
  const config = resolveConfig('tiny', { ...SMALL_MODEL, batchSize: 6, shards: 4 });
  expect(() => resolveConfig('tiny', { batchSize: 2, shards: 4 })).toThrow('shards is larger than batchSize');
  expect(() => resolveConfig('tiny', { shards: 3 })).toThrow('expected a power of two');
  const ranks = { ...ranksTogether(1)[0]!, count: 3 };
  await expect(Machine.open(config, { device: 'reference', ranks })).rejects.toThrow(
    'shards 4 cannot be spread over 3 ranks',
  );
  const machine = await Machine.open(config, { device: 'reference' });
  const images = values([3, 16, 16, 1], 1);
  const step = machine.step({ seed: 1, step: 1, images, reals: 3, outputs: [] });
  await expect(step).rejects.toThrow('a mini-batch of 3 images cannot be cut into 4 shards');
  await machine.dispose();
});
