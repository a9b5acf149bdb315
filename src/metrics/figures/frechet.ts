// The Fréchet distance between two sets of features, in double precision. It takes each set as a
// normal distribution (Heusel et al., "GANs trained by a two time-scale update rule converge to a
// local Nash equilibrium", 2017, equation 6; Dowson and Landau 1982):
//   |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))
//
// With C1 = L L', the eigenvalues of C1 C2 are those of the symmetric matrix L' C2 L, and the trace
// of the root is the sum of their roots. L needs no eigenvectors. It is narrow when features depend
// on each other or samples are few.
import { DcganError } from '../../platform/errors.ts';
import type { Features } from '../extractor.ts';
import { addRowProducts, choleskyRows, eigenvalues, mirror, trace } from '../symmetric.ts';
import { type ComparedData, figure, oncePer } from './figure.ts';

export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  /** [width, width], divided by count - 1. */
  readonly covariance: Float64Array;
}

/** Products are added up for this many samples at a time. */
const AT_ONCE = 256;

/**
 * Computes mean and covariance of features. @throws DcganError for fewer than two samples, or
 * values that are not finite
 */
export function momentsOf({ count, width, values }: Features): Moments {
  if (count < 2)
    throw new DcganError({
      what: 'a covariance needs more samples',
      expected: 'two samples or more',
      got: String(count),
    });
  const mean = new Float64Array(width);
  for (let n = 0; n < count; n++) for (let i = 0; i < width; i++) mean[i]! += values[n * width + i]!;
  for (let i = 0; i < width; i++) mean[i]! /= count;
  if (!mean.every(Number.isFinite))
    throw new DcganError({ what: 'features are not finite', todo: 'Evaluate an earlier checkpoint' });
  const covariance = new Float64Array(width * width);
  for (let first = 0; first < count; first += AT_ONCE) {
    const n = Math.min(AT_ONCE, count - first);
    // It has a row for each feature.
    const centred = new Float64Array(width * n);
    for (let s = 0; s < n; s++)
      for (let i = 0; i < width; i++) centred[i * n + s] = values[(first + s) * width + i]! - mean[i]!;
    addRowProducts(covariance, centred, centred, width, width);
  }
  for (let i = 0; i < covariance.length; i++) covariance[i]! /= count - 1;
  mirror(covariance, width);
  return { count, mean, covariance };
}

/** Returns the squared distance, which papers call FID; 0 for equal distributions. */
export function frechetDistance(a: Moments, b: Moments): number {
  const n = a.mean.length;
  const means = a.mean.reduce((total, value, i) => total + (value - b.mean[i]!) ** 2, 0);
  const traces = trace(a.covariance, n) + trace(b.covariance, n);
  return Math.max(0, means + traces - 2 * traceOfRoot(a.covariance, b.covariance, n));
}

function traceOfRoot(a: Float64Array, b: Float64Array, n: number): number {
  const { rows, rank } = choleskyRows(a, n);
  if (rank === 0) return 0;
  const half = new Float64Array(rank * n);
  addRowProducts(half, rows, b, rank, n);
  const product = new Float64Array(rank * rank);
  addRowProducts(product, half, rows, rank, rank);
  return eigenvalues(product, rank).reduce((total, value) => total + Math.sqrt(Math.max(0, value)), 0);
}

const dataMoments = oncePer(async ({ all }: ComparedData) => momentsOf(all));

export const frechetFigure = figure({
  key: 'frechetDistance',
  group: 'features',
  name: 'Fréchet distance',
  better: 'lower is better',
  digits: 2,
  measure: async ({ features, data }) => frechetDistance(momentsOf(features), await dataMoments(data)),
});
