// What a program may do wrong with a model's calls: arrays of another type, and calls that are not
// awaited one after another.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DamagedCheckpoint } from '../src/checkpoint/checksum.ts';
import { Dataset } from '../src/data/dataset.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import type * as Entry from '../src/generate/index.ts';
import { DcganError, usage } from '../src/platform/errors.ts';
import { evaluate } from '../src/train/evaluate-model.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { ROOT } from './support/pack.ts';
import { values } from './support/values.ts';

const SMALL = { preset: 'tiny', imageSize: 16, latent: 12, batchSize: 4, seed: 9, threads: 2 } as const;
const IMAGES = values([4, 16, 16, 1], 3);
const NOISE = values([2, 12], 5);

/** What JavaScript may give where types say Float32Array. */
const OTHERS: Readonly<Record<string, (values: Float32Array) => unknown>> = {
  Float64Array: (all) => Float64Array.from(all),
  Uint8Array: (all) => Uint8Array.from(all),
  Array: (all) => [...all],
  // Its `slice` is a view of its memory.
  'Uint8Array of a buffer': (all) => Buffer.from(all.buffer).subarray(0, all.length),
  object: () => ({}),
  undefined: () => undefined,
};

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`calls on ${title(device)}`, () => {
    const create = async (options: object = {}): Promise<DCGAN> => {
      const gan = await DCGAN.create({ ...SMALL, device: device.name, ...options });
      onTestFinished(() => gan.dispose());
      return gan;
    };

    it('refuse an array of another type before the model has seen it', async () => {
      const gan = await create({ classes: 2 });
      const before = await gan.toBytes();
      const classes = [0, 1, 0, 1];
      const calls: Readonly<Record<string, (wrong: (all: Float32Array) => never) => Promise<unknown>>> = {
        step: (wrong) => gan.step(wrong(IMAGES), { classes }),
        noise: (wrong) => gan.step(IMAGES, { classes, noise: wrong(values([4, 12], 5)) }),
        masks: (wrong) =>
          gan.step(IMAGES, { classes, dropoutMasks: { real: [wrong(new Float32Array(4 * 8 * 8 * 16))], fake: [] } }),
        generate: (wrong) => gan.generate(wrong(NOISE)),
        shares: (wrong) => gan.generate(NOISE, { shares: wrong(Float32Array.of(0, 1, 1, 0)) }),
        judge: (wrong) => gan.judge(wrong(IMAGES)),
        layers: (wrong) => gan.layers({ images: wrong(IMAGES) }),
        'layers of noise': (wrong) => gan.layers({ noise: wrong(NOISE) }),
        project: (wrong) => gan.project(wrong(IMAGES.slice(0, 256)), { steps: 1, starts: 1 }),
        from: (wrong) => gan.project(IMAGES.slice(0, 256), { steps: 1, from: wrong(NOISE) }),
        mask: (wrong) => gan.project(IMAGES.slice(0, 256), { steps: 1, mask: wrong(new Float32Array(256).fill(1)) }),
        restore: (wrong) =>
          gan.restore(new Map([['generator/bn1/beta', { shape: [16], data: wrong(new Float32Array(16)) }]])),
      };
      for (const [call, ask] of Object.entries(calls))
        for (const [type, make] of Object.entries(OTHERS)) {
          // Nothing stands for the default in an option.
          if (type === 'undefined' && ['noise', 'shares', 'from', 'mask'].includes(call)) continue;
          const error = await ask(((all: Float32Array) => make(all)) as never).catch((reason: unknown) => reason);
          expect(error, `${call} ${type}`).toMatchObject({ name: 'DcganError', exitCode: 2 });
          expect(String(error), `${call} ${type}`).toContain('expected a Float32Array, got');
        }
      await expect(gan.step(Float64Array.from(IMAGES) as never, { classes })).rejects.toThrow(
        'step: the images do not match the model: expected a Float32Array, got Float64Array. ' +
          'Convert it: Float32Array.from(values).',
      );
      expect(await gan.toBytes()).toEqual(before);
      expect(gan.steps).toBe(0);
    });

    it('take effect in their order, however many runs each of them is', async () => {
      const [gan, other] = [await create(), await create()];
      const picture = IMAGES.slice(0, 256);
      const project = { steps: 2, starts: 2 };
      const noise = await gan.sampleNoise(300, 8);
      const awaited = [
        await other.generate(300, { seed: 9 }),
        await other.generate(noise),
        await other.judge(IMAGES),
        (await other.project(picture, project)).image,
      ];
      const given = noise.slice();
      const asked = [
        gan.generate(300, { seed: 9 }),
        gan.generate(given),
        gan.judge(IMAGES),
        gan.project(picture, project),
      ];
      const step = gan.step(IMAGES);
      const after = gan.generate(2, { seed: 9 });
      const ended = gan.dispose();
      given.fill(0);
      const made = await Promise.all(asked);
      expect([made[0], made[1], made[2], (made[3] as { image: Float32Array }).image]).toEqual(awaited);
      expect(await step).toEqual(await other.step(IMAGES));
      expect(await after).toEqual(await other.generate(2, { seed: 9 }));
      await ended;
    });

    it('write the tensors that were given, not what became of them', async () => {
      const gan = await create();
      const tensors = await gan.tensors();
      const beta = tensors.get('generator/bn1/beta')!.data.fill(0.5);
      const restored = gan.restore(tensors);
      beta.fill(0.25);
      await restored;
      expect(new Set((await gan.tensors()).get('generator/bn1/beta')!.data)).toEqual(new Set([0.5]));
    });
  });

it('datasets and evaluations refuse other arrays', async () => {
  const shape = { name: 'mine', count: 2, height: 16, width: 16, channels: 1 };
  const images = new Uint8Array(2 * 256);
  expect(() => new Dataset({ ...shape, images: new Float32Array(2 * 256) as never })).toThrow(
    'dataset mine: its images: expected a Uint8Array, got Float32Array. Convert it: Uint8Array.from(values).',
  );
  expect(() => new Dataset({ ...shape, images: undefined as never })).toThrow('got undefined. Give a Uint8Array.');
  expect(() => new Dataset({ ...shape, images, labels: [0, 1] as never })).toThrow('its labels: expected a Uint8Array');
  const data = new Dataset({ ...shape, images });
  await expect(evaluate(new Float64Array(2 * 256) as never, { data })).rejects.toThrow(
    'evaluate: the samples: expected a Float32Array, got Float64Array',
  );
});

it('errors are of one class in all entries, and name what is wrong', async () => {
  const entry = (await import(pathToFileURL(join(ROOT, 'dist/generate.js')).href)) as typeof Entry;
  const error = await entry.loadGenerator(new Uint8Array(3)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DcganError);
  expect(usage({ what: 'it' })).toBeInstanceOf(entry.DcganError);
  expect(error).not.toBeInstanceOf(DamagedCheckpoint);
  expect(new Error('it')).not.toBeInstanceOf(DcganError);
  await expect(DCGAN.load(new URL('http://localhost:1/x'))).rejects.toThrow(
    /^checkpoint http:\/\/localhost:1\/x cannot be fetched: got fetch failed \(.+\)\. Give an address/,
  );
  const gan = await DCGAN.create({ ...SMALL, device: 'wasm' });
  onTestFinished(() => gan.dispose());
  for (const reals of [0, 5, 1.5])
    await expect(gan.prepareStep(reals)).rejects.toThrow('prepareStep: reals has an invalid value: expected a whole');
});
