// The Fréchet distance between two sets of features, each taken for a normal distribution (Heusel et al., "GANs trained by a
// two time-scale update rule converge to a local Nash equilibrium", 2017, equation 6; Dowson and Landau 1982), in double precision:
//   |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))
// The trace of the root is the sum of the roots of the eigenvalues of the symmetric matrix C1^(1/2) C2 C1^(1/2).
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { DcganError } from '../platform/errors.ts';
import type { Features } from './extractor.ts';

export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  /** [width, width], with count - 1 below. */
  readonly covariance: Matrix;
}

/** Mean and covariance of features. @throws DcganError for fewer than two, or values that are not finite */
export function momentsOf({ count, width, values }: Features): Moments {
  if (count < 2) throw new DcganError({ what: 'a covariance', expected: 'two samples or more', got: String(count) });
  const mean = new Float64Array(width);
  for (let n = 0; n < count; n++) for (let i = 0; i < width; i++) mean[i]! += values[n * width + i]!;
  for (let i = 0; i < width; i++) mean[i]! /= count;
  const sums = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < width; i++) centred[i] = values[n * width + i]! - mean[i]!;
    for (let i = 0; i < width; i++) {
      const value = centred[i]!;
      if (value === 0) continue;
      for (let j = i; j < width; j++) sums[i * width + j]! += value * centred[j]!;
    }
  }
  const covariance = Matrix.zeros(width, width);
  for (let i = 0; i < width; i++)
    for (let j = i; j < width; j++) {
      const value = sums[i * width + j]! / (count - 1);
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
  if (!mean.every(Number.isFinite))
    throw new DcganError({ what: 'features are not finite', todo: 'Evaluate an earlier checkpoint' });
  return { count, mean, covariance };
}

/** The squared distance that papers call FID; 0 for equal distributions. */
export function frechetDistance(a: Moments, b: Moments): number {
  const means = a.mean.reduce((total, value, i) => total + (value - b.mean[i]!) ** 2, 0);
  const root = symmetricRoot(a.covariance);
  const product = root.mmul(b.covariance).mmul(root);
  const symmetric = product.add(product.transpose()).mul(0.5);
  const { realEigenvalues } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const traceOfRoot = realEigenvalues.reduce((total, value) => total + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, means + a.covariance.trace() + b.covariance.trace() - 2 * traceOfRoot);
}

/** The root of a symmetric matrix without negative eigenvalues but by rounding. */
function symmetricRoot(matrix: Matrix): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return vectors.mmul(roots).mmul(vectors.transpose());
}
