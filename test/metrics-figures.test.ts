// Compares the figures with scipy and with the packages of the papers' authors
// (test/golden/metrics.py), and checks what must hold for any set of features.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniforms } from '../src/gan/golden.ts';
import { Distances } from '../src/metrics/distances.ts';
import type { Features } from '../src/metrics/extractor.ts';
import { frechetDistance, momentsOf } from '../src/metrics/figures/frechet.ts';
import { manifoldFigures, realNeighbours } from '../src/metrics/figures/manifold.ts';
import { classifierScore, histogram, predictions } from '../src/metrics/figures/score.ts';
import { nearest } from '../src/metrics/neighbours.ts';
import { putInOrder } from '../src/metrics/ordered.ts';
import { type ImageSet, laplacianPyramid } from '../src/metrics/pyramid.ts';
import { eigenvalues, trace } from '../src/metrics/symmetric.ts';
import { slicedWasserstein } from '../src/metrics/wasserstein.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { values } from './support/values.ts';

const WANT = JSON.parse(readFileSync(new URL('golden/metrics.json', import.meta.url), 'utf8'));
const [SEED, WIDTH] = [11, 12];

function features(stream: number, count: number, spread: number, shift: number): Features {
  const u = uniforms(SEED, stream);
  const n = count * WIDTH;
  const normal = (i: number): number => Math.sqrt(-2 * Math.log(u(i) + 2 ** -33)) * Math.cos(2 * Math.PI * u(n + i));
  const before = (i: number): number => (i % WIDTH === 0 ? i + WIDTH - 1 : i - 1);
  return {
    count,
    width: WIDTH,
    values: Float32Array.from({ length: n }, (_, i) => spread * (normal(i) + 0.5 * normal(before(i))) + shift),
  };
}

function pictures(stream: number, count: number, side: number, channels: number, scale = 1): ImageSet {
  const u = uniforms(SEED, stream);
  const images = Float32Array.from(
    { length: count * side * side * channels },
    (_, i) => (scale * (Math.floor(u(i) * 256) - 127.5)) / 127.5,
  );
  return { images, count, height: side, width: side, channels };
}

const REALS = features(1, 900, 1, 0);
const FAKES = features(2, 700, 0.8, 0.3);

it('the Fréchet distance is what scipy and pytorch-fid say', () => {
  const got = frechetDistance(momentsOf(REALS), momentsOf(FAKES));
  expect(Math.abs(got / WANT.frechet - 1)).toBeLessThan(1e-9);
  expect(Math.abs(got / WANT.packages.frechet - 1)).toBeLessThan(1e-9);
  expect(frechetDistance(momentsOf(REALS), momentsOf(REALS))).toBeLessThan(1e-9);
});

it('and where there are fewer samples than values', () => {
  const wide = ({ values: all }: Features, count: number): Features => ({
    count,
    width: 12 * WIDTH,
    values: all.subarray(0, count * 12 * WIDTH),
  });
  const [few, others] = [momentsOf(wide(REALS, 60)), momentsOf(wide(FAKES, 58))];
  expect(Math.abs(frechetDistance(few, others) / WANT.few - 1)).toBeLessThan(1e-9);
  expect(Math.abs(frechetDistance(others, few) / WANT.few - 1)).toBeLessThan(1e-9);
  const flat = momentsOf({ count: 9, width: 4, values: new Float32Array(36).fill(2) });
  expect(frechetDistance(flat, flat)).toBe(0);
});

it.each([0.05, 0.1, 0.2, 1])('eigenvalues that fall by 10^%f each, as those of images do, are found', (step) => {
  const n = 200;
  const wanted = Array.from({ length: n }, (_, k) => 10 ** (2 - k * step));
  // The directions are those of the cosines.
  const along = (i: number, k: number): number => Math.sqrt((k ? 2 : 1) / n) * Math.cos((Math.PI * (i + 0.5) * k) / n);
  const matrix = new Float64Array(n * n);
  wanted.forEach((value, k) => {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! += value * along(i, k) * along(j, k);
  });
  const found = eigenvalues(matrix, n).sort().reverse();
  wanted.forEach((value, k) => {
    expect(Math.abs(found[k]! - value)).toBeLessThan(1e-11);
  });
});

it('numbers come in order, whatever their signs', () => {
  const some = [...values([5000], 3), 0, -0, 1e-40, -1e-40, 3e38, -3e38, Number.NEGATIVE_INFINITY, 1, 1];
  const got = putInOrder(Float32Array.from(some));
  expect(Array.from(got)).toEqual(Array.from(Float32Array.from(some).sort()));
});

it('the score of logits is what scipy says', () => {
  const logits = Float32Array.from(
    { length: 900 * 10 },
    (_, i) => 3 * REALS.values[Math.floor(i / 10) * WIDTH + (i % 10)]!,
  );
  const set = { count: 900, width: 10, values: logits };
  expect(Math.abs(classifierScore(set) / WANT.score - 1)).toBeLessThan(1e-6);
  expect(histogram(predictions(set), 10).reduce((a, b) => a + b)).toBe(900);
});

describe.each(TEST_DEVICES)('distances', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    const machine = { device: device.name, threads: 2 };
    let distances: Distances;
    beforeAll(async () => {
      distances = await Distances.open(machine);
    });
    afterAll(() => distances.dispose());

    it('precision, recall, density and coverage are what scipy and prdc say', async () => {
      const got = await manifoldFigures(distances, REALS, FAKES, await realNeighbours(distances, REALS));
      for (const want of [WANT.manifold, WANT.packages.manifold])
        for (const [name, value] of Object.entries(want))
          expect(Math.abs(got[name as keyof typeof got] - (value as number)), name).toBeLessThan(1e-12);
    });

    it('of few images they are by as many neighbours as there are', async () => {
      const first = (set: Features, count: number): Features => ({
        ...set,
        count,
        values: set.values.subarray(0, count * WIDTH),
      });
      for (const count of [1, 2, 3, 4, 5, 6]) {
        const [reals, fakes] = [first(REALS, count), first(FAKES, count)];
        const neighbours = await realNeighbours(distances, reals);
        // Each image is at a distance of 0 from itself, so it lies in every ball around itself.
        const same = await manifoldFigures(distances, reals, reals, neighbours);
        expect(same, `${count} images`).toMatchObject({ precision: 1, recall: 1, coverage: 1 });
        const far = { ...fakes, values: fakes.values.map((value) => value + 1e3) };
        expect(await manifoldFigures(distances, reals, far, neighbours)).toEqual({
          ...{ precision: 0, recall: 0, density: 0, coverage: 0 },
        });
      }
    });

    it('the nearest are those of a search through all', async () => {
      const few = { ...FAKES, count: 60, values: FAKES.values.subarray(0, 60 * WIDTH) };
      const got = await nearest(distances, few, REALS, 4);
      for (let row = 0; row < few.count; row++) {
        const all = Array.from({ length: REALS.count }, (_, j) => {
          let total = 0;
          for (let k = 0; k < WIDTH; k++) total += (few.values[row * WIDTH + k]! - REALS.values[j * WIDTH + k]!) ** 2;
          return { j, total };
        }).sort((a, b) => a.total - b.total);
        expect(Array.from(got.index.subarray(row * 4, row * 4 + 4))).toEqual(all.slice(0, 4).map(({ j }) => j));
        expect(got.squared[row * 4]).toBeCloseTo(all[0]!.total, 10);
      }
      const own = await nearest(distances, few, few, 1);
      expect(Array.from(own.index).every((j, i) => j !== i)).toBe(true);
    });

    it('the sliced Wasserstein distance is what numpy says, grey and in colour', async () => {
      const grey = await slicedWasserstein(pictures(3, 40, 28, 1), pictures(4, 40, 28, 1, 0.7), 9, machine);
      expect(grey.map(({ side }) => side)).toEqual([28, 14]);
      const same = pictures(5, 12, 64, 3);
      const colours = await slicedWasserstein(same, pictures(6, 12, 64, 3, 0.5), 9, machine);
      [...grey, ...colours].forEach(({ distance }, i) => {
        expect(Math.abs(distance / [...WANT.sliced, ...WANT.slicedColours][i].distance - 1)).toBeLessThan(1e-4);
      });
      const again = await slicedWasserstein(same, same, 9, machine);
      expect(again).toEqual([64, 32, 16].map((side) => ({ side, distance: 0 })));
    });
  });
});

it('a pyramid adds up to its image', () => {
  const set = { images: values([2, 28, 28, 3], 1), count: 2, height: 28, width: 28, channels: 3 };
  const [details, rest] = laplacianPyramid(set) as [ImageSet, ImageSet];
  expect([details.height, rest.height]).toEqual([28, 14]);
  // A flat image is equal to its smaller copy, enlarged.
  const flat = laplacianPyramid({ ...set, images: new Float32Array(set.images.length).fill(0.25) });
  expect(Math.max(...flat[0]!.images.map(Math.abs))).toBeLessThan(1e-6);
  expect(flat[1]!.images.every((value) => Math.abs(value - 0.25) < 1e-6)).toBe(true);
});

it('a distance is symmetric, never negative, and unmoved by a shift of both sets', () => {
  const set = fc
    .array(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 }), {
      minLength: 4,
      maxLength: 12,
    })
    .map((rows): Features => ({ count: rows.length, width: 3, values: Float32Array.from(rows.flat()) }));
  fc.assert(
    fc.property(set, set, (a, b) => {
      const [x, y] = [momentsOf(a), momentsOf(b)];
      const there = frechetDistance(x, y);
      const scale = 1 + trace(x.covariance, 3) + trace(y.covariance, 3);
      expect(there).toBeGreaterThanOrEqual(0);
      expect(Math.abs(there - frechetDistance(y, x)) / scale).toBeLessThan(1e-5);
      const shifted = ({ values: v, ...rest }: Features): Features => ({
        ...rest,
        values: v.map((value) => value + 8),
      });
      expect(Math.abs(there - frechetDistance(momentsOf(shifted(a)), momentsOf(shifted(b)))) / scale).toBeLessThan(
        1e-3,
      );
    }),
    { numRuns: 60, seed: 1 },
  );
});
