// Four figures by nearest neighbours. A set's manifold is the union of balls around its samples.
// The radius of a ball is the distance to the sample's k-th neighbour in the set.
//   precision  share of fakes in the manifold of the reals
//   recall     share of reals in the manifold of the fakes
//   density    number of balls of reals that a fake lies in, divided by k
//   coverage   share of reals with a fake in their ball
// Sources: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
// models", 2019, equation 1, with k = 3; Naeem et al., "Reliable fidelity and diversity metrics for
// generative models", 2020, equations 3 and 4, with k = 5.
import { type Distances, exactSquared, squaredLengths } from '../distances.ts';
import type { Features } from '../extractor.ts';
import { type Neighbours, nearest } from '../neighbours.ts';
import { type ComparedData, figure, type MeasuredSet, oncePer } from './figure.ts';

const PRECISION_NEIGHBOURS = 3;
const DENSITY_NEIGHBOURS = 5;

export interface ManifoldFigures {
  readonly precision: number;
  readonly recall: number;
  readonly density: number;
  readonly coverage: number;
}

/**
 * A distance in single precision is computed again when it is this close to a radius, as a share of
 * both rows' squared lengths.
 */
const DOUBT = 1e-5;

/**
 * Returns the squared distance of a row's k-th neighbour. Of fewer neighbours it is the last one's,
 * and 0 of none.
 */
function radius({ squared, k: found }: Neighbours, row: number, k: number): number {
  return squared[row * found + Math.min(k, found) - 1] ?? 0;
}

/** Finds the reals' own neighbours, which serve any number of fakes. */
export function realNeighbours(distances: Distances, reals: Features): Promise<Neighbours> {
  return nearest(distances, reals, reals, DENSITY_NEIGHBOURS);
}

export async function manifoldFigures(
  distances: Distances,
  reals: Features,
  fakes: Features,
  ofReals: Neighbours,
): Promise<ManifoldFigures> {
  const ofFakes = await nearest(distances, fakes, fakes, PRECISION_NEIGHBOURS);
  const narrow = Float64Array.from({ length: reals.count }, (_, n) => radius(ofReals, n, PRECISION_NEIGHBOURS));
  const wide = Float64Array.from({ length: reals.count }, (_, n) => radius(ofReals, n, DENSITY_NEIGHBOURS));
  const ofFake = Float64Array.from({ length: fakes.count }, (_, n) => radius(ofFakes, n, PRECISION_NEIGHBOURS));
  const [realLength, fakeLength] = [squaredLengths(reals), squaredLengths(fakes)];

  const inManifold = new Uint8Array(fakes.count);
  const recalled = new Uint8Array(reals.count);
  const covered = new Uint8Array(reals.count);
  let balls = 0;
  await distances.each(fakes, reals, (fake, first, squared) => {
    const own = ofFake[fake]!;
    for (let c = 0; c < squared.length; c++) {
      const real = first + c;
      let value: number = squared[c]!;
      const largest = Math.max(wide[real]!, own);
      const doubt = DOUBT * (realLength[real]! + fakeLength[fake]!);
      if (value > largest + doubt) continue;
      // Single precision may only decide when the distance is not close to any of the three radii.
      if (value > Math.min(narrow[real]!, own) - doubt) value = exactSquared(fakes, fake, reals, real);
      if (value <= narrow[real]!) inManifold[fake] = 1;
      if (value <= own) recalled[real] = 1;
      if (value <= wide[real]!) {
        covered[real] = 1;
        balls++;
      }
    }
  });
  const share = (marks: Uint8Array): number => marks.reduce((total, mark) => total + mark, 0) / marks.length;
  return {
    precision: share(inManifold),
    recall: share(recalled),
    density: balls / (Math.min(DENSITY_NEIGHBOURS, Math.max(1, ofReals.k)) * fakes.count),
    coverage: share(covered),
  };
}

const neighboursOf = oncePer(({ distances, some }: ComparedData) => realNeighbours(distances, some));

const figuresOf = oncePer(async ({ features, data }: MeasuredSet) =>
  manifoldFigures(data.distances, data.some, features, await neighboursOf(data)),
);

/** Digits after the decimal point of figures that are shares, or close to 1. */
const digits = 3;

export const precision = figure({
  key: 'precision',
  group: 'features',
  name: 'precision',
  better: 'higher is better: samples that lie among the data',
  digits,
  measure: async (set) => (await figuresOf(set)).precision,
});

export const recall = figure({
  key: 'recall',
  group: 'features',
  name: 'recall',
  better: 'higher is better: data that lie among the samples',
  digits,
  measure: async (set) => (await figuresOf(set)).recall,
});

export const density = figure({
  key: 'density',
  group: 'features',
  name: 'density',
  better: 'higher is better: how densely the data lie around samples',
  digits,
  measure: async (set) => (await figuresOf(set)).density,
});

export const coverage = figure({
  key: 'coverage',
  group: 'features',
  name: 'coverage',
  better: 'higher is better: data with a sample near by',
  digits,
  measure: async (set) => (await figuresOf(set)).coverage,
});
