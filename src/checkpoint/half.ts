// float32 to float16 (IEEE 754-2019, binary16): the nearest one, halves to even, as all processors
// do it. Node 20 has no Float16Array yet.

/** Bits that float32 has behind float16's ten, and the difference of both exponents' offsets. */
const [DROPPED, OFFSET] = [13, 112];
const INFINITE = 0x7c00;

/** What is as large as this becomes infinite. */
export const HALF_LIMIT = 65_520;

/** The bits of the float16 nearest to each value. */
export function toHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, halfOf);
}

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const fraction = word & 0x7fffff;
  if (exponent === 0xff) return sign | INFINITE | (fraction ? 0x200 : 0);
  if (exponent > OFFSET) {
    // A fraction that is rounded up to 1 adds 1 to the exponent, up to infinity.
    const half = ((exponent - OFFSET) << 10) | (fraction >>> DROPPED);
    return sign | Math.min(INFINITE, half + roundUp(fraction, DROPPED, half));
  }
  // Subnormal: the leading 1 is written out and moved behind the point. Less than half of the
  // smallest is 0.
  const moved = DROPPED + 1 + OFFSET - exponent;
  if (moved > 24) return sign;
  const whole = fraction | 0x800000;
  const half = whole >>> moved;
  return sign | (half + roundUp(whole, moved, half));
}

function roundUp(value: number, dropped: number, kept: number): 0 | 1 {
  const rest = value & ((1 << dropped) - 1);
  const middle = 1 << (dropped - 1);
  return rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0;
}

/** The value of a float16's bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
