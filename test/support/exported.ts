// Small models that have learned a little, and exported networks run by onnxruntime-web.
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { imageShape } from '../../src/data/image-size.ts';
import { interpret } from '../../src/engine/interpret.ts';
import { input } from '../../src/engine/ops/index.ts';
import { type CreateOptions, DCGAN, snapshotOf } from '../../src/gan/dcgan.ts';
import { oneHot } from '../../src/gan/drawing.ts';
import { uniforms } from '../../src/gan/golden.ts';
import { makeModel } from '../../src/gan/model.ts';
import type { Snapshot } from '../../src/gan/snapshot.ts';
import { wholeBatch } from '../../src/nn/losses.ts';

/** What the exports are tried on: each kind of layer that a network can have. */
export const MODELS: Readonly<Record<string, CreateOptions>> = {
  'the tutorial, small': { preset: 'tiny' },
  'best with classes': { preset: 'best', classes: 5, generatorWidths: [8, 12, 4], discriminatorWidths: [6, 10] },
  'best with groups': {
    preset: 'best',
    classes: 4,
    groups: 4,
    generatorWidths: [8, 8, 4],
    discriminatorWidths: [4, 8],
  },
  '64 x 64 in colour': {
    preset: 'tf2',
    imageSize: 64,
    channels: 3,
    generatorWidths: [12, 10, 8, 6],
    discriminatorWidths: [4, 6, 8, 10],
  },
  'a rectangle in colour': {
    preset: 'best',
    imageSize: [16, 24],
    channels: 3,
    generatorWidths: [8, 8, 4],
    discriminatorWidths: [4, 6],
  },
  'a rectangle in colour, of repeated pixels': {
    preset: 'best',
    imageSize: [16, 24],
    channels: 3,
    upsampling: 'nearest',
    generatorWidths: [8, 8, 4],
    discriminatorWidths: [4, 6],
  },
  'without the stride-1 layer, with spectral norm': {
    preset: 'tiny',
    strideOneLayer: false,
    spectralNorm: true,
    classes: 3,
    loss: 'hinge',
  },
};

/** Values in [-1, 1] that look like nothing. */
export function numbers(stream: number, count: number): Float32Array {
  const u = uniforms(5, stream);
  return Float32Array.from({ length: count }, (_, i) => 2 * u(i) - 1);
}

/** A model after two steps, whose running statistics are no longer those it began with. */
export async function trained(options: CreateOptions): Promise<{ gan: DCGAN; snapshot: Snapshot }> {
  const gan = await DCGAN.create({ seed: 3, batchSize: 16, device: 'wasm', threads: 1, ...options });
  const { classes } = gan.config;
  const [height, width, channels] = gan.imageShape;
  const labels = classes > 0 ? { classes: Array.from({ length: 16 }, (_, i) => i % classes) } : {};
  for (const stream of [1, 2]) await gan.step(numbers(stream, 16 * height * width * channels), labels);
  return { gan, snapshot: await snapshotOf(gan) };
}

/** Logits of the discriminator without dropout, by the plain definition of each op. */
export function judged(
  { config, tensors }: Snapshot,
  images: Float32Array,
  labels: readonly number[],
): Float32Array | Float64Array {
  const count = labels.length;
  const { discriminate } = makeModel({ ...config, dropout: 0 });
  const reals = input('images', [count, ...imageShape(config)]);
  const asked = config.classes > 0 ? input('classes', [count, config.classes]) : undefined;
  const feeds = new Map([...tensors].map(([name, { data }]) => [name, data]));
  feeds.set('images', images).set('classes', oneHot(labels, count, config.classes));
  const environment = { key: { seed: 0, step: 0 }, feeds };
  return interpret([discriminate.judge(reals, 'real', wholeBatch(reals.shape[0]!), asked)], environment, 'float64')[0]!;
}

type Fed = Readonly<
  Record<string, { readonly data: Float32Array | Uint8Array | BigInt64Array; readonly shape: number[] }>
>;

/** Runs an exported network; gives its one output and the sizes of that. */
export async function runOnnx(
  bytes: Uint8Array,
  fed: Fed,
): Promise<{ data: Float32Array | Uint8Array; dims: readonly number[]; inputs: readonly string[] }> {
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  try {
    const feeds = Object.entries(fed).map(([name, { data, shape }]) => [name, tensorOf(data, shape)]);
    const found = await session.run(Object.fromEntries(feeds));
    const { data, dims } = Object.values(found)[0]!;
    return { data: data as Float32Array | Uint8Array, dims, inputs: session.inputNames };
  } finally {
    await session.release();
  }
}

function tensorOf(data: Float32Array | Uint8Array | BigInt64Array, shape: number[]): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  return data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('int64', data, shape);
}

/** [N, H, W, C] as [N, C, H, W]. */
export function channelsFirstOf(
  images: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): Float32Array {
  const area = height * width;
  return images.map((_, at) => {
    const [n, rest] = [Math.floor(at / (area * channels)), at % (area * channels)];
    const [c, pixel] = [Math.floor(rest / area), rest % area];
    return images[(n * area + pixel) * channels + c]!;
  });
}

/** The largest difference between two arrays of the same length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
