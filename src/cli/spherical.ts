// The way from one noise vector to another along a great circle: normal vectors of many dimensions lie near a sphere, and
// a straight line between two would pass through its inside, where training never was.
// Source: T. White, "Sampling Generative Networks", 2016, section 2.1. Sines are summed here, since JavaScript's own are
// not the same bits everywhere, and noise decides pictures.

/** `steps` vectors from `a` to `b`, both included. */
export function spherical(a: Float32Array, b: Float32Array, steps: number): Float32Array[] {
  const angle = angleBetween(a, b);
  const whole = sine(angle);
  return Array.from({ length: steps }, (_, i) => {
    const t = steps === 1 ? 0 : i / (steps - 1);
    if (t === 0) return a.slice();
    if (t === 1) return b.slice();
    // Nearly the same direction, or opposite ones: the circle is not defined, the straight line is.
    const straight = whole < 1e-6;
    const [p, q] = straight ? [1 - t, t] : [sine((1 - t) * angle) / whole, sine(t * angle) / whole];
    return a.map((value, k) => p * value + q * b[k]!);
  });
}

function angleBetween(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    ab += a[k]! * b[k]!;
    aa += a[k]! * a[k]!;
    bb += b[k]! * b[k]!;
  }
  const cosine = ab / Math.sqrt(aa * bb);
  if (!(cosine > -1 && cosine < 1)) return cosine >= 1 ? 0 : Math.PI;
  // cos is falling on [0, pi]: halving finds the angle to the last bit.
  let [low, high] = [0, Math.PI];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (sine(Math.PI / 2 - middle) > cosine) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Taylor's series, for angles up to pi: exact to about 1e-15. */
function sine(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 2; n < 40; n += 2) {
    term *= (-x * x) / (n * (n + 1));
    sum += term;
  }
  return sum;
}
