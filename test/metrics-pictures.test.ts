// The network for pictures of any kind: what it computes, by a second way; that its figures fall as
// samples get worse; and that an evaluation of own pictures takes it by default.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexTensors, type StoredTensor } from '../src/checkpoint/safetensors.ts';
import { Dataset } from '../src/data/dataset.ts';
import { datasets, evaluate } from '../src/index.ts';
import type { Extractor } from '../src/metrics/extractor.ts';
import { evaluationChoice } from '../src/metrics/extractors.ts';
import type { FeatureFigures } from '../src/metrics/figures.ts';
import { Judge } from '../src/metrics/judge.ts';
import { networkInput } from '../src/metrics/network-input.ts';
import { SCALE } from '../src/metrics/picture-network.ts';
import { openPictures, PICTURES_FILE } from '../src/metrics/pictures.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { values } from './support/values.ts';

const [SIDE, COUNT] = [32, 240];
const SIZE = SIDE * SIDE * 3;
const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
const machine = { device, threads: 2 };

const COLOURS = [
  [-0.8, -0.5, 0.6],
  [0.9, -0.6, -0.4],
  [0.1, 0.7, -0.6],
  [0.9, 0.8, 0.5],
] as const;

/** Pictures [count, 32, 32, 3] of a disc, a square or a cross on one of `backgrounds` colours. */
function shapes(count: number, seed: number, backgrounds = 4): Float32Array {
  const chances = values([count * 10], seed, 0, 1);
  const inside = [
    (x: number, y: number) => Math.hypot(x, y) < 1,
    (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) < 0.9,
    (x: number, y: number) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  ];
  return Float32Array.from({ length: count * SIZE }, (_, i) => {
    const of = chances.subarray(10 * Math.floor(i / SIZE));
    const [row, column] = [Math.floor((i % SIZE) / (3 * SIDE)), Math.floor((i % SIZE) / 3) % SIDE];
    const radius = 5 + 6 * of[0]!;
    const shape = inside[Math.floor(3 * of[1]!)]!;
    const drawn = shape((column - 11 - 10 * of[2]!) / radius, (row - 11 - 10 * of[3]!) / radius);
    const background = Math.floor(backgrounds * of[4]!);
    return COLOURS[drawn ? (background + 1 + Math.floor(3 * of[5]!)) % 4 : background]![i % 3]!;
  });
}

/** Each pixel as the mean of itself and those two to its right and below it. */
function blurred(images: Float32Array): Float32Array {
  return images.map((value, i) => {
    let total = value;
    for (const step of [3, 6, 3 * SIDE, 6 * SIDE]) total += images[Math.min(images.length - 1, i + step)]!;
    return total / 5;
  });
}

describe('the network', () => {
  const bytes = readFileSync(PICTURES_FILE);
  const tensors = indexTensors(bytes, 'pictures', ['F32', 'F16']).tensors();
  const tensor = (name: string): StoredTensor => tensors.get(`pictures/${name}`)!;

  /** A convolution (stride 2, SAME) and ReLU: [side, side, C] -> [side / 2, side / 2, F]. */
  function convolved(x: Float64Array, side: number, name: string): Float64Array {
    const { shape, data: kernel } = tensor(`${name}/kernel`);
    const [k, , inputs, filters] = shape as [number, number, number, number];
    const [half, before] = [side / 2, Math.floor((k - 2) / 2)];
    const out = new Float64Array(half * half * filters);
    for (let i = 0; i < out.length; i++) {
      const [row, column, filter] = [Math.floor(i / filters / half), Math.floor(i / filters) % half, i % filters];
      let sum = tensor(`${name}/bias`).data[filter]!;
      for (let tap = 0; tap < k * k; tap++) {
        const [y, z] = [2 * row - before + Math.floor(tap / k), 2 * column - before + (tap % k)];
        if (y < 0 || z < 0 || y >= side || z >= side) continue;
        for (let c = 0; c < inputs; c++)
          sum += x[(y * side + z) * inputs + c]! * kernel[(tap * inputs + c) * filters + filter]!;
      }
      out[i] = Math.max(0, sum);
    }
    return out;
  }

  it('is smaller than a megabyte, and its features are those that plain loops compute', async () => {
    expect(bytes.length).toBeLessThan(1e6);
    const images = shapes(2, 3);
    const extractor = await openPictures({ height: SIDE, width: SIDE, channels: 3 }, machine);
    const { features, logits } = await extractor.extract(images, 2);
    await extractor.dispose();
    expect(extractor).toMatchObject({ name: 'pictures', sha256: sha256(bytes), input: 'NHWC 64 x 64 x 3, -1..1' });
    expect(logits).toBe(null);
    const as = { order: 'NHWC', height: 64, width: 64, channels: 3, range: '-1..1', bytes: false } as const;
    const input = networkInput(images, { count: 2, height: SIDE, width: SIDE, channels: 3 }, as);
    for (const n of [0, 1]) {
      let x: Float64Array = Float64Array.from(input.subarray(n * 64 * 64 * 3, (n + 1) * 64 * 64 * 3));
      for (const [i, side] of [64, 32, 16, 8].entries()) x = convolved(x, side, `conv${i + 1}`);
      const { data: kernel } = tensor('fc/kernel');
      for (let f = 0; f < features.width; f++) {
        const sum = x.reduce((total, value, i) => total + value * kernel[i * features.width + f]!, 0);
        const want = SCALE * Math.max(0, sum + tensor('fc/bias').data[f]!);
        expect(Math.abs(features.values[n * features.width + f]! - want)).toBeLessThan(1e-4 * (1 + want));
      }
    }
  });

  it('takes any size, and grey pictures as colours that are equal', async () => {
    const grey = values([2, 16, 24, 1], 5);
    const [of, colour] = [
      { height: 16, width: 24 },
      Float32Array.from({ length: 3 * grey.length }, (_, i) => grey[Math.floor(i / 3)]!),
    ];
    const found: Float32Array[] = [];
    for (const [channels, images] of [
      [1, grey],
      [3, colour],
    ] as const) {
      const extractor = await openPictures({ ...of, channels }, machine);
      found.push((await extractor.extract(images, 2)).features.values);
      await extractor.dispose();
    }
    expect(found[0]).toEqual(found[1]);
    expect(found[0]!.some((value) => value > 0)).toBe(true);
  });
});

describe('its figures', () => {
  const pictures = shapes(2 * COUNT, 1);
  const data = new Dataset({
    name: 'shapes',
    images: Uint8Array.from(pictures, (value) => Math.round(127.5 * (value + 1))),
    count: 2 * COUNT,
    height: SIDE,
    width: SIDE,
    channels: 3,
  });
  const fresh = shapes(COUNT, 9);
  let extractor: Extractor;
  let judge: Judge;
  beforeAll(async () => {
    extractor = await openPictures(data, machine);
    judge = await Judge.open(data, null, { ...machine, count: COUNT, extractor });
  });
  afterAll(async () => {
    await judge.dispose();
    await extractor.dispose();
  });
  const figures = async (images: Float32Array): Promise<FeatureFigures & { readonly kind: string }> => {
    const set = { images, count: images.length / SIZE, height: SIDE, width: SIDE, channels: 3 };
    const { features, verdict } = await judge.judge(set);
    return { ...features!, kind: verdict.kind };
  };

  it('are near the floor for other pictures of the kind, and fall with blur, noise and lost variety', async () => {
    const good = await figures(fresh);
    for (const name of ['precision', 'recall', 'coverage'] as const)
      expect(good[name].value / good[name].floor).toBeGreaterThan(0.8);
    expect(good.copying.near.value).toBeLessThan(0.1);
    const [once, often] = [blurred(fresh), blurred(blurred(blurred(fresh)))];
    const noise = values([fresh.length], 4, -0.6, 0.6);
    const softer = await figures(once);
    const spoiled = [await figures(often), await figures(fresh.map((value, i) => value + noise[i]!))];
    for (const { precision, coverage, frechetDistance } of spoiled) {
      expect(precision.value).toBeLessThan(0.8 * good.precision.value);
      expect(coverage.value).toBeLessThan(0.9 * good.coverage.value);
      expect(frechetDistance.value).toBeGreaterThan(2 * good.frechetDistance.value);
    }
    expect(softer.frechetDistance.value).toBeGreaterThan(good.frechetDistance.value);
    expect(softer.frechetDistance.value).toBeLessThan(spoiled[0]!.frechetDistance.value);
    const half = await figures(shapes(COUNT, 9, 2));
    for (const name of ['recall', 'coverage'] as const) expect(half[name].value).toBeLessThan(0.7 * good[name].value);
    const ten = await figures(fresh.map((_, i) => fresh[i % (10 * SIZE)]!));
    expect(ten.recall.value).toBeLessThan(0.05);
    expect(ten.coverage.value).toBeLessThan(0.3);
    const copies = await figures(data.batch(Array.from({ length: COUNT }, (_, i) => i)));
    expect(copies.copying.near.value).toBe(1);
    expect([good.kind, half.kind, ten.kind, copies.kind]).toEqual(['good', 'fair', 'little-variety', 'memorised']);
  });

  it('are those of an evaluation without a choice, except of MNIST', async () => {
    const options = { data: data.limit(40), ...machine };
    const { features } = await evaluate(fresh.subarray(0, 20 * SIZE), options);
    expect(features!.extractor).toMatchObject({ name: 'pictures', sha256: sha256(readFileSync(PICTURES_FILE)) });
    expect((await evaluate(fresh.subarray(0, 20 * SIZE), { ...options, extractor: 'none' })).features).toBe(null);
    expect(evaluationChoice({}, datasets.mnist().limit(8)).extractor).toBe('digits');
    expect(evaluationChoice({ extractor: 'x.onnx' }, data).extractor).toBe('x.onnx');
  });
});
