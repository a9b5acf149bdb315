// Interpolates between two samples: the noise along a great circle, and the classes in equal steps.
// Normal vectors of many dimensions lie near a sphere. A straight line between two of them would
// pass through its inside, which training never sees (T. White, "Sampling Generative Networks",
// 2016, section 2.1). Sines are computed here, because JavaScript's own do not have the same bits
// on every machine and noise decides pictures.
import { usage } from '../platform/errors.ts';

/**
 * Interpolates noise along a great circle, for `DCGAN.generate`.
 * @param from noise [latent]
 * @param to noise [latent]
 * @param steps number of vectors, both ends included; 1 gives `from` alone
 * @returns noise [steps, latent]
 * @throws a usage DcganError for ends of different or no length, or steps that are not a whole
 * number from 1
 */
export function spherical(from: Float32Array, to: Float32Array, steps: number): Float32Array {
  if (from.length === 0 || from.length !== to.length)
    throw usage({
      what: 'spherical: the two noise vectors differ in length, or are empty',
      expected: 'two of [latent] values',
      got: `${from.length} and ${to.length}`,
    });
  checkSteps('spherical', steps);
  const angle = angleBetween(from, to);
  const whole = sine(angle);
  const way = new Float32Array(steps * from.length);
  for (let i = 0; i < steps; i++) {
    const t = steps === 1 ? 0 : i / (steps - 1);
    way.set(t === 0 ? from : t === 1 ? to : between(from, to, t, angle, whole), i * from.length);
  }
  return way;
}

/**
 * Interpolates from one class to another in equal steps. The result says how much of each class
 * every image has, for `shares` of `DCGAN.generate`.
 * @param from a class, 0 to classes - 1
 * @param to a class, 0 to classes - 1
 * @param steps number of images, both ends included; 1 gives an image of class `from`
 * @param classes the model's number of classes
 * @returns shares [steps, classes]; the shares of an image sum to 1
 * @throws a usage DcganError for a class that does not exist, or steps that are not a whole number
 * from 1
 */
export function mixedClasses(from: number, to: number, steps: number, classes: number): Float32Array {
  checkSteps('mixedClasses', steps);
  for (const label of [from, to])
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw usage({
        what: `mixedClasses: there is no class ${label}`,
        expected: `whole numbers from 0 to ${classes - 1}`,
      });
  const shares = new Float32Array(steps * classes);
  for (let k = 0; k < steps; k++) {
    const part = steps === 1 ? 0 : k / (steps - 1);
    shares[k * classes + from]! += 1 - part;
    shares[k * classes + to]! += part;
  }
  return shares;
}

function checkSteps(of: string, steps: number): void {
  if (Number.isSafeInteger(steps) && steps >= 1) return;
  throw usage({ what: `${of}: steps cannot be ${steps}`, expected: 'a whole number from 1' });
}

function between(a: Float32Array, b: Float32Array, t: number, angle: number, whole: number): Float32Array {
  // The great circle is not defined for nearly the same direction or for opposite ones. A straight
  // line takes its place.
  const straight = whole < 1e-6;
  const [p, q] = straight ? [1 - t, t] : [sine((1 - t) * angle) / whole, sine(t * angle) / whole];
  return a.map((value, k) => p * value + q * b[k]!);
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
  // The cosine falls on [0, pi], so bisection finds the angle to the last bit.
  let [low, high] = [0, Math.PI];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (sine(Math.PI / 2 - middle) > cosine) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Sums Taylor's series; the error is about 1e-15 for angles up to pi. */
function sine(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 2; n < 40; n += 2) {
    term *= (-x * x) / (n * (n + 1));
    sum += term;
  }
  return sum;
}
