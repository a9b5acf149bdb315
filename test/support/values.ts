// Numbers for tests: repeatable, and unlike any that the product draws.
import type { Shape } from '../../src/engine/graph.ts';
import { size } from '../../src/engine/graph.ts';

/** Uniform values in [low, high) from a small generator (Steele and Vigna's constants, 32 bits). */
export function values(shape: Shape, seed: number, low = -1, high = 1): Float32Array {
  let state = (seed * 0x9e3779b9 + 0x7f4a7c15) >>> 0;
  return Float32Array.from({ length: size(shape) }, () => {
    state = (Math.imul(state, 0x915f77f5) + 0x6a09e667) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return low + (high - low) * (((z ^ (z >>> 15)) >>> 8) / 2 ** 24);
  });
}

/** ‖a - b‖ / (‖b‖ + 1e-12). */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference) / (Math.sqrt(norm) + 1e-12);
}

export const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

/** Distance in units of the last place of the wanted float. */
export function ulps(got: number, wanted: number): number {
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return 0;
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(wanted)))) - 23);
  return Math.abs(got - wanted) / unit;
}
