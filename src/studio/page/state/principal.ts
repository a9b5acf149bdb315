// Principal components of features, and the directions of noise that follow them by least squares.
// Sums are taken in a fixed order and without functions whose last bits differ between machines, so
// equal features give equal directions everywhere. Source: G. H. Golub and C. F. Van Loan, "Matrix
// Computations", sections 4.2 (Cholesky), 5.2 (Gram and Schmidt) and 8.2 (subspace iteration).

import { trace } from '../../../metrics/symmetric.ts';

/** Rounds of subspace iteration. Components of nearly equal size may stay mixed after them. */
const ROUNDS = 40;
/** Milliseconds of computing between two breaths of the page. */
const BREATH_MS = 12;

export interface Direction {
  /** [latent], of length 1: noise along it is spread as a single noise value is. */
  readonly noise: Float32Array;
  /** Its part of all variance of the first layer's outputs. */
  readonly share: number;
}

/**
 * The directions of noise [rows, latent] that follow the principal components of features
 * [rows, width].
 */
export async function principal(
  noise: Float32Array,
  features: Float32Array,
  rows: number,
  count: number,
): Promise<Direction[]> {
  const gram = await gramOf(features, rows);
  const all = trace(gram, rows);
  const { vectors, values } = await leading(gram, rows, Math.min(count, rows - 1));
  const solve = leastSquares(noise, rows);
  return vectors.map((scores, k) => ({ noise: unit(solve(scores)), share: all > 0 ? values[k]! / all : 0 }));
}

/** Lets the page draw and answer, where it has computed for long. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}

/** Products of all pairs of rows, each row less the mean of all: [rows, rows]. */
async function gramOf(features: Float32Array, rows: number): Promise<Float64Array> {
  const width = features.length / rows;
  const centred = new Float32Array(features.length);
  const mean = new Float64Array(width);
  for (let r = 0; r < rows; r++) for (let c = 0; c < width; c++) mean[c]! += features[r * width + c]! / rows;
  for (let i = 0; i < centred.length; i++) centred[i] = features[i]! - mean[i % width]!;
  const gram = new Float64Array(rows * rows);
  const breathe = breather();
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      // Four sums at a time, because one must wait for its own last addition.
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let [i, j] = [a * width, b * width];
      for (const end = i + width - 3; i < end; i += 4, j += 4) {
        s0 += centred[i]! * centred[j]!;
        s1 += centred[i + 1]! * centred[j + 1]!;
        s2 += centred[i + 2]! * centred[j + 2]!;
        s3 += centred[i + 3]! * centred[j + 3]!;
      }
      for (const end = (a + 1) * width; i < end; i++, j++) s0 += centred[i]! * centred[j]!;
      gram[a * rows + b] = gram[b * rows + a] = s0 + s1 + (s2 + s3);
    }
    await breathe();
  }
  return gram;
}

/** The eigenvectors of a symmetric matrix with the largest eigenvalues, by subspace iteration. */
async function leading(
  matrix: Float64Array,
  n: number,
  count: number,
): Promise<{ readonly vectors: readonly Float64Array[]; readonly values: readonly number[] }> {
  // A fixed start that no component is orthogonal to, except by rare chance.
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  // A few more than are asked for make the last ones settle as soon as the first.
  const wide = Math.min(n, count + 6);
  let vectors = orthonormal(Array.from({ length: wide }, () => Float64Array.from({ length: n }, next)));
  let values: number[] = [];
  const breathe = breather();
  for (let round = 0; round < ROUNDS; round++) {
    const moved = vectors.map((vector) => times(matrix, vector));
    values = moved.map((row, k) => dot(row, vectors[k]!));
    vectors = orthonormal(moved);
    await breathe();
  }
  const order = values.map((_, k) => k).sort((a, b) => values[b]! - values[a]! || a - b);
  const best = order.slice(0, count);
  return { vectors: best.map((k) => vectors[k]!), values: best.map((k) => values[k]!) };
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, row) => dot(matrix.subarray(row * n, (row + 1) * n), vector));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Gram and Schmidt's method, in its modified form. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const own = vector.slice();
    for (const other of done) {
      const along = dot(own, other);
      for (let i = 0; i < own.length; i++) own[i]! -= along * other[i]!;
    }
    const length = Math.sqrt(dot(own, own));
    done.push(length > 0 ? own.map((value) => value / length) : own);
  }
  return done;
}

/**
 * Returns what finds the direction d of noise z [rows, latent] for which z d is nearest to given
 * scores, by Cholesky's method on the normal equations.
 */
function leastSquares(noise: Float32Array, rows: number): (scores: Float64Array) => Float64Array {
  const latent = noise.length / rows;
  const lower = new Float64Array(latent * latent);
  for (let i = 0; i < latent; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1e-6 * rows : 0;
      for (let r = 0; r < rows; r++) sum += noise[r * latent + i]! * noise[r * latent + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * latent + k]! * lower[j * latent + k]!;
      lower[i * latent + j] = i === j ? Math.sqrt(sum) : sum / lower[j * latent + j]!;
    }
  return (scores) => {
    const found = new Float64Array(latent);
    for (let i = 0; i < latent; i++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += noise[r * latent + i]! * scores[r]!;
      for (let k = 0; k < i; k++) sum -= lower[i * latent + k]! * found[k]!;
      found[i] = sum / lower[i * latent + i]!;
    }
    for (let i = latent - 1; i >= 0; i--) {
      let sum = found[i]!;
      for (let k = i + 1; k < latent; k++) sum -= lower[k * latent + i]! * found[k]!;
      found[i] = sum / lower[i * latent + i]!;
    }
    return found;
  };
}

/**
 * The direction with length 1 whose largest value is positive, since both signs are one direction.
 */
function unit(direction: Float64Array): Float32Array {
  const length = Math.sqrt(dot(direction, direction)) || 1;
  const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return Float32Array.from(direction, (value) => (value * (largest < 0 ? -1 : 1)) / length);
}
