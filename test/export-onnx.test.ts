// Exported ONNX networks, run by onnxruntime-web, against the engine's own images and logits; and
// what the files say of themselves.
import { InferenceSession } from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBytes, toNumbers } from '../src/data/pixels.ts';
import { exportModel } from '../src/export/export-model.ts';
import { exportSnapshot } from '../src/export/kinds.ts';
import { isLinear } from '../src/export/layers.ts';
import { networkOf } from '../src/export/network.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { makeModel } from '../src/gan/model.ts';
import type { Snapshot } from '../src/gan/snapshot.ts';
import { type DCGAN, presets } from '../src/index.ts';
import { channelsFirstOf, farthest, judged, MODELS, numbers, runOnnx, trained } from './support/exported.ts';

const COUNT = 2;
const onnx = (snapshot: Snapshot, form: Parameters<typeof exportSnapshot>[2] = {}): Uint8Array =>
  [...exportSnapshot(snapshot, 'onnx', form).values()][0]!;

describe.each(Object.entries(MODELS))('%s', (_, options) => {
  let gan: DCGAN;
  let snapshot: Snapshot;
  let noise: Float32Array;
  let labels: number[];
  let images: Float32Array;
  let generatorFeeds: Parameters<typeof runOnnx>[1];
  beforeAll(async () => {
    ({ gan, snapshot } = await trained(options));
    const { classes, latent } = gan.config;
    noise = await gan.sampleNoise(COUNT, 9);
    labels = Array.from({ length: COUNT }, (__, i) => (i + 1) % Math.max(1, classes));
    images = await gan.generate(noise, classes > 0 ? { classes: labels } : {});
    generatorFeeds = {
      noise: { data: noise, shape: [COUNT, latent] },
      ...(classes > 0 && { class: { data: BigInt64Array.from(labels, BigInt), shape: [COUNT] } }),
    };
  });
  afterAll(() => gan.dispose());

  it('gives the images of dcgan sample, channels first', async () => {
    const [height, width, channels] = gan.imageShape;
    const made = await runOnnx(onnx(snapshot), generatorFeeds);
    expect(made.dims).toEqual([COUNT, channels, height, width]);
    expect(farthest(made.data, channelsFirstOf(images, gan.imageShape))).toBeLessThan(1e-5);
  });

  it('gives them channels last, and as bytes', async () => {
    const [height, width, channels] = gan.imageShape;
    const made = await runOnnx(onnx(snapshot, { layout: 'nhwc' }), generatorFeeds);
    expect(made.dims).toEqual([COUNT, height, width, channels]);
    expect(farthest(made.data, images)).toBeLessThan(1e-5);
    const { data } = await runOnnx(onnx(snapshot, { layout: 'nhwc', pixels: 'bytes' }), generatorFeeds);
    expect(data).toBeInstanceOf(Uint8Array);
    // A value next to a half may be rounded to either side of it.
    expect(farthest(data, toBytes(images))).toBeLessThanOrEqual(1);
    expect(Array.from(data).filter((value, i) => value !== toBytes(images)[i]).length).toBeLessThan(data.length / 500);
  });

  it('judges images as the discriminator does without dropout', async () => {
    const { classes } = gan.config;
    const [height, width, channels] = gan.imageShape;
    const bytes = toBytes(numbers(7, COUNT * height * width * channels));
    const want = judged(snapshot, toNumbers(bytes), labels);
    const asked = classes > 0 ? { class: generatorFeeds.class! } : {};
    const limit = 1e-5 * Math.max(1, ...Array.from(want, Math.abs));
    const floats = channelsFirstOf(toNumbers(bytes), gan.imageShape);
    const byFloats = await runOnnx(onnx(snapshot, { network: 'discriminator' }), {
      images: { data: floats, shape: [COUNT, channels, height, width] },
      ...asked,
    });
    expect(byFloats.dims).toEqual([COUNT, 1]);
    expect(farthest(byFloats.data, want)).toBeLessThan(limit);
    const form = { network: 'discriminator', layout: 'nhwc', pixels: 'bytes' } as const;
    const byBytes = await runOnnx(onnx(snapshot, form), {
      images: { data: bytes, shape: [COUNT, height, width, channels] },
      ...asked,
    });
    expect(farthest(byBytes.data, want)).toBeLessThan(limit);
  });
});

describe('an exported network', () => {
  const start = (overrides: Parameters<typeof resolveConfig>[1], preset = 'tiny'): Snapshot => {
    const config = resolveConfig(preset, overrides);
    const { slots } = makeModel(config).layout;
    const some = (shape: readonly number[], i: number): Float32Array =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => (1 + ((k * 7919 + i) % 997)) / 997);
    const tensors = new Map([...slots].map(([name, { shape }], i) => [name, { shape, data: some(shape, i) }]));
    return { config, seed: 1, step: 0, epoch: 0, tensors };
  };

  it.each(Object.keys(presets))('preset %s: its generator is kernels and activations alone', (preset) => {
    const widths = { generatorWidths: [4, 4, 4, 4], discriminatorWidths: [4, 4, 4, 4] };
    const { layers, image } = networkOf(start(widths, preset), 'generator');
    const { imageSize, channels } = presets[preset as keyof typeof presets];
    expect(image).toEqual([imageSize, imageSize, channels]);
    expect(layers[0]).toMatchObject({ kind: 'dense', inputs: 100 });
    expect(layers.at(-1)).toEqual({ kind: 'tanh' });
    const kernels = layers.filter((layer) => layer.kind === 'transposed');
    expect(kernels.length).toBe(preset === 'paper' ? 4 : 3);
    for (const { stride, pads } of kernels)
      expect(pads).toEqual(
        stride === 1 ? { top: 2, left: 2, bottom: 2, right: 2 } : { top: 1, left: 1, bottom: 2, right: 2 },
      );
    // All but the last have batch norm's shift.
    expect(layers.filter(isLinear).map(({ bias }) => bias.some((value) => value !== 0))).toEqual(
      layers.filter(isLinear).map((__, i, all) => i < all.length - 1),
    );
  });

  it('pads in numbers, names its inputs, and leaves the number of images open', async () => {
    const bytes = onnx(start({ classes: 3 }));
    const text = Buffer.from(bytes).toString('latin1');
    expect(text).toContain('pads');
    expect(text).not.toContain('auto_pad');
    expect(text).not.toContain('BatchNormalization');
    const session = await InferenceSession.create(bytes);
    const shown = [...session.inputMetadata, ...session.outputMetadata].map((one) =>
      one.isTensor ? [one.name, one.type, one.shape] : [],
    );
    expect(shown).toEqual([
      ['noise', 'float32', ['N', 100]],
      ['class', 'int64', ['N']],
      ['images', 'float32', ['N', 1, 28, 28]],
    ]);
    await session.release();
  });

  it('is equal bytes for equal states, also from a checkpoint and from a model', async () => {
    const { gan, snapshot } = await trained({ preset: 'tiny' });
    try {
      const want = onnx(snapshot);
      const [name, fromModel] = [...(await exportModel(gan, { to: 'onnx' }))][0]!;
      const [, fromBytes] = [...(await exportModel(await gan.toBytes(), { to: 'onnx' }))][0]!;
      expect(name).toBe('generator.onnx');
      expect(Buffer.compare(fromModel, want) || Buffer.compare(fromBytes, want)).toBe(0);
    } finally {
      await gan.dispose();
    }
  });

  it('refuses a discriminator that judges a mini-batch together', () => {
    const mixed = start({ discriminatorBatchNorm: true });
    expect(() => onnx(mixed, { network: 'discriminator' })).toThrow(
      'this discriminator cannot be exported: its batch norm judges the images of a mini-batch together: ' +
        'expected a model without batch norm in the discriminator (--no-bn-d). Export the generator',
    );
    expect(onnx(mixed).length).toBeGreaterThan(1000);
  });
});
