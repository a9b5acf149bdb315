// A model is saved only as `load` takes it: whole numbers, names that fit, a configuration that
// nobody changed, and values that are finite.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DCGAN, snapshotOf } from '../src/gan/dcgan.ts';
import { presets } from '../src/gan/presets.ts';
import type { Config } from '../src/gan/schema.ts';
import { decodeSnapshot, encodeSnapshot } from '../src/gan/snapshot.ts';
import { temporaryFolder } from './support/folders.ts';

const SMALL = { preset: 'tiny', imageSize: 16, latent: 12, batchSize: 4, seed: 9, device: 'wasm', threads: 1 } as const;

async function create(options: object = {}): Promise<DCGAN> {
  const gan = await DCGAN.create({ ...SMALL, ...options });
  onTestFinished(() => gan.dispose());
  return gan;
}

it('refuses names that do not fit the classes', async () => {
  await expect(DCGAN.create({ ...SMALL, classes: 3, classNames: ['a', 'b'] })).rejects.toThrow(
    'classNames do not fit the classes of the model: expected a list of 3 names, or null for one, got 2 names.',
  );
  await expect(DCGAN.create({ ...SMALL, classNames: ['a'] })).rejects.toThrow('expected none, because the model has');
  const numbers = [1, 2] as unknown as string[];
  await expect(DCGAN.create({ ...SMALL, classes: 2, classNames: numbers })).rejects.toThrow('classNames do not fit');
  const named = await create({ classes: 2, classNames: ['a', null] });
  expect(decodeSnapshot(await named.toBytes(), 'it').classNames).toEqual(['a', null]);
  const snapshot = await snapshotOf(named);
  await expect(DCGAN.fromSnapshot({ ...snapshot, classNames: ['a'] })).rejects.toThrow('classNames do not fit');
});

it('counts whole epochs alone', async () => {
  const gan = await create();
  for (const epoch of [0.5, Number.NaN, -1, '3' as unknown as number])
    expect(() => {
      gan.epoch = epoch;
    }).toThrow(`epoch has an invalid value: expected a whole number, got ${epoch}.`);
  gan.epoch = 7;
  expect(decodeSnapshot(await gan.toBytes(), 'it').epoch).toBe(7);
  const snapshot = await snapshotOf(gan);
  for (const wrong of [{ epoch: 0.5 }, { step: -1 }, { seed: Number.NaN }])
    await expect(DCGAN.fromSnapshot({ ...snapshot, ...wrong })).rejects.toThrow('has an invalid value');
  const config = { ...snapshot.config, batchSize: 0 };
  await expect(DCGAN.fromSnapshot({ ...snapshot, config })).rejects.toThrow('the snapshot: config: batchSize has an');
});

it('freezes presets and configurations with their lists', async () => {
  const gan = await create();
  const loaded = await DCGAN.load(await gan.toBytes(), { device: 'wasm', threads: 1 });
  onTestFinished(() => loaded.dispose());
  const configs: readonly Config[] = [...Object.values(presets), gan.config, loaded.config];
  for (const config of configs) {
    expect(Object.isFrozen(config)).toBe(true);
    expect(() => (config.generatorWidths as number[]).push(4)).toThrow(TypeError);
    expect(() => (config.discriminatorWidths as number[]).sort()).toThrow(TypeError);
    expect(() => (config.halvedAfter as number[]).push(4)).toThrow(TypeError);
  }
});

it('neither saves nor loads a value that is not finite', async () => {
  const gan = await create();
  const images = new Float32Array(4 * 256).fill(Number.NaN);
  await gan.step(images);
  const path = join(temporaryFolder(), 'model.safetensors');
  const refused = /^the model cannot be saved: tensor \S+ holds NaN: expected finite numbers\. Go on from its last/;
  await expect(gan.save(path)).rejects.toThrow(refused);
  await expect(gan.toBytes()).rejects.toThrow(refused);
  expect(existsSync(path)).toBe(false);
  const bytes = encodeSnapshot(await snapshotOf(gan));
  await expect(DCGAN.load(bytes)).rejects.toThrow(/^the checkpoint: tensor \S+ holds NaN: expected finite numbers\./);
});
