// The one place where a picture's bytes become a network's numbers and come back: 0..255 is mapped
// onto [-1, 1], the range of tanh. As in the tutorial it is `(x - 127.5) / 127.5` in float32.
// Nothing here needs Node, so pages use it too.

/**
 * Every byte's number: the subtraction is exact, and rounding the float64 quotient gives what
 * float32 division gives.
 */
const NUMBERS = Float32Array.from({ length: 256 }, (_, byte) => (byte - 127.5) / 127.5);

/**
 * `out[i] = (bytes[i] - 127.5) / 127.5` in float32; any shape, `out` as long as `bytes` or longer.
 * Returns `out`.
 */
export function toNumbers(bytes: Uint8Array, out: Float32Array = new Float32Array(bytes.length)): Float32Array {
  for (let i = 0; i < bytes.length; i++) out[i] = NUMBERS[bytes[i]!]!;
  return out;
}

/**
 * `clip(round(127.5 x + 127.5), 0, 255)`, the nearest byte of each number; halves go up, NaN
 * becomes 0.
 */
export function toBytes(numbers: Float32Array): Uint8Array {
  // Clamped arrays clip by themselves, but round halves to even, so rounding is done before.
  const bytes = new Uint8ClampedArray(numbers.length);
  for (let i = 0; i < numbers.length; i++) bytes[i] = Math.round(127.5 * numbers[i]! + 127.5);
  return new Uint8Array(bytes.buffer);
}
