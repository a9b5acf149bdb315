// Linear algebra of symmetric matrices in double precision, for features of up to some thousand
// values: products of rows, a Cholesky factor, and eigenvalues alone. ml-matrix always computes
// eigenvectors too, which takes 5 s for 768 values and grows with the cube. Matrices are row-major
// Float64Arrays, and inner loops run along rows.

/**
 * The number of values of a row that are multiplied before the next rows. Four rows of them fit the
 * first-level cache.
 */
const DEPTH = 256;

/**
 * out [m, n] += a [m, k] times the transpose of b [n, k]. When `b` is the same object as `a`, only
 * blocks on and above the diagonal are computed; see `mirror`.
 */
export function addRowProducts(out: Float64Array, a: Float64Array, b: Float64Array, m: number, n: number): void {
  const k = a.length / m;
  for (let from = 0; from < k; from += DEPTH) {
    const to = Math.min(k, from + DEPTH);
    for (let i = 0; i < m; i += 4)
      for (let j = a === b ? i : 0; j < n; j += 4)
        if (i + 4 <= m && j + 4 <= n) addTile(out, a, b, k, n, i, j, from, to);
        else addEdge(out, a, b, k, n, i, Math.min(m, i + 4), j, Math.min(n, j + 4), from, to);
  }
}

/** Multiplies four rows by four rows. */
function addTile(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  k: number,
  n: number,
  i: number,
  j: number,
  from: number,
  to: number,
): void {
  const [a0, a1, a2, a3] = [i * k, (i + 1) * k, (i + 2) * k, (i + 3) * k];
  const [b0, b1, b2, b3] = [j * k, (j + 1) * k, (j + 2) * k, (j + 3) * k];
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let p = from; p < to; p++) {
    const x0 = a[a0 + p]!;
    const x1 = a[a1 + p]!;
    const x2 = a[a2 + p]!;
    const x3 = a[a3 + p]!;
    const y0 = b[b0 + p]!;
    const y1 = b[b1 + p]!;
    const y2 = b[b2 + p]!;
    const y3 = b[b3 + p]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  let at = i * n + j;
  out[at]! += s00;
  out[at + 1]! += s01;
  out[at + 2]! += s02;
  out[at + 3]! += s03;
  at += n;
  out[at]! += s10;
  out[at + 1]! += s11;
  out[at + 2]! += s12;
  out[at + 3]! += s13;
  at += n;
  out[at]! += s20;
  out[at + 1]! += s21;
  out[at + 2]! += s22;
  out[at + 3]! += s23;
  at += n;
  out[at]! += s30;
  out[at + 1]! += s31;
  out[at + 2]! += s32;
  out[at + 3]! += s33;
}

function addEdge(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  k: number,
  n: number,
  first: number,
  last: number,
  left: number,
  right: number,
  from: number,
  to: number,
): void {
  for (let i = first; i < last; i++)
    for (let j = left; j < right; j++) {
      let sum = 0;
      for (let p = from; p < to; p++) sum += a[i * k + p]! * b[j * k + p]!;
      out[i * n + j]! += sum;
    }
}

/** Copies the part above the diagonal below it. */
export function mirror(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i]!;
}

export function trace(matrix: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * n + i]!;
  return sum;
}

/**
 * Returns rows [rank, n] whose products with themselves add up to a matrix without negative
 * eigenvalues. They are its transposed Cholesky factor with the largest pivot first (Higham,
 * "Accuracy and Stability of Numerical Algorithms", 2002, section 10.3). The factor ends where only
 * rounding is left.
 */
export function choleskyRows(matrix: Float64Array, n: number): { readonly rows: Float64Array; readonly rank: number } {
  const left = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  const least = n * Number.EPSILON * left.reduce((most, value) => Math.max(most, value), 0);
  const rows = new Float64Array(n * n);
  let rank = 0;
  for (; rank < n; rank++) {
    let pivot = 0;
    for (let i = 1; i < n; i++) if (left[i]! > left[pivot]!) pivot = i;
    if (!(left[pivot]! > least)) break;
    const row = rows.subarray(rank * n, (rank + 1) * n);
    row.set(matrix.subarray(pivot * n, (pivot + 1) * n));
    for (let r = 0; r < rank; r++) {
      const factor = rows[r * n + pivot]!;
      if (factor === 0) continue;
      const at = r * n;
      for (let i = 0; i < n; i++) row[i]! -= factor * rows[at + i]!;
    }
    const root = Math.sqrt(left[pivot]!);
    for (let i = 0; i < n; i++) {
      row[i]! /= root;
      left[i]! -= row[i]! * row[i]!;
    }
    left[pivot] = 0;
  }
  return { rows: rows.subarray(0, rank * n), rank };
}

/**
 * Returns the eigenvalues of a symmetric matrix. Only the part on and below the diagonal is read,
 * and it is overwritten.
 */
export function eigenvalues(matrix: Float64Array, n: number): Float64Array {
  const beside = tridiagonal(matrix, n);
  const values = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  implicitQl(values, beside);
  return values;
}

/**
 * Householder's reduction (Martin, Reinsch and Wilkinson, "Householder's tridiagonalization of a
 * symmetric matrix", 1968, procedure tred1). The diagonal stays in place. The function returns the
 * elements beside it, from the first on.
 */
function tridiagonal(a: Float64Array, n: number): Float64Array {
  const beside = new Float64Array(n);
  const q = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = a.subarray(i * n, i * n + i);
    let size = 0;
    for (let k = 0; k < i - 1; k++) size = Math.max(size, Math.abs(u[k]!));
    if (size === 0) {
      beside[i - 1] = u[i - 1]!;
      continue;
    }
    size = Math.max(size, Math.abs(u[i - 1]!));
    let h = 0;
    for (let k = 0; k < i; k++) {
      u[k]! /= size;
      h += u[k]! * u[k]!;
    }
    const f = u[i - 1]!;
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    beside[i - 1] = size * g;
    h -= f * g;
    u[i - 1] = f - g;
    q.fill(0, 0, i);
    for (let j = 0; j < i; j++) {
      const [row, factor] = [j * n, u[j]!];
      let sum = a[row + j]! * factor;
      for (let k = 0; k < j; k++) {
        const value = a[row + k]!;
        sum += value * u[k]!;
        q[k]! += value * factor;
      }
      q[j]! += sum;
    }
    let along = 0;
    for (let k = 0; k < i; k++) {
      q[k]! /= h;
      along += q[k]! * u[k]!;
    }
    const half = along / (2 * h);
    for (let k = 0; k < i; k++) q[k]! -= half * u[k]!;
    for (let j = 0; j < i; j++) {
      const [row, x, y] = [j * n, u[j]!, q[j]!];
      for (let k = 0; k <= j; k++) a[row + k]! -= x * q[k]! + y * u[k]!;
    }
  }
  return beside;
}

/**
 * An eigenvalue takes two or three iterations. More than this many mean that it does not converge.
 */
const MOST_TURNS = 60;

/**
 * Dubrulle, Martin and Wilkinson, "The implicit QL algorithm", 1968, procedure imtql1. The
 * eigenvalues replace the diagonal. Unlike there, an element counts as zero when it is small
 * compared with the whole matrix, not only with its neighbours. When many eigenvalues are nearly
 * zero, rounding would otherwise prevent convergence.
 */
function implicitQl(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  const least = Number.EPSILON * d.reduce((most, value, i) => Math.max(most, Math.abs(value) + Math.abs(e[i]!)), 0);
  for (let l = 0; l < n; l++)
    for (let turn = 0; ; turn++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Math.max(least, Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))))
        m++;
      if (m === l) break;
      if (turn === MOST_TURNS) throw new RangeError('eigenvalues do not converge');
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -r : r));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) break;
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (i >= l) d[i + 1]! -= p;
      else {
        d[l]! -= p;
        e[l] = g;
      }
      e[m] = 0;
    }
}
