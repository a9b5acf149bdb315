// Elementary functions on vectors are exact to about two units in the last place of a float. They
// are our own, because the C library's differ from machine to machine. They use only correctly
// rounded operations, so that without contraction native and WebAssembly give the same bits. The
// polynomials are those of Cephes' single precision library (S. Moshier, 1989). NaN stays NaN.
#pragma once
#include "vec.h"

INLINE vf magnitude(vf x) { return (vf)((vi)x & splat_int(0x7fffffff)); }

// Returns the nearest integer as a float, |x| < 2^22: adding 1.5 * 2^23 leaves no bits for a
// fraction.
#define ROUNDER 12582912.0f

// Subtracts a number from a float's bits. The bits are unsigned, because those of a NaN may be any
// and C does not define signed overflow.
INLINE vi bits_less(vf x, uint32_t number) { return (vi)((vu)x - number); }

// Returns 2^n for integers n in [-126, 127].
INLINE vf power_of_two(vi n) { return (vf)(((vu)n + 127) << 23); }

INLINE vf vexp(vf x) {
  const vf high = splat(88.7228394f), low = splat(-103.972084f);
  const vf clipped = choose(x > high, high, choose(x < low, low, x));
  const vf n = (clipped * 1.44269504088896341f + ROUNDER) - ROUNDER;
  const vf r = (clipped - n * 0.693359375f) - n * -2.12194440e-4f;
  vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  // It is computed in two factors, because 2^n alone may be subnormal or past the largest float.
  const vi bits = bits_less(n + ROUNDER, 0x4b400000);
  const vi half = bits >> 1;
  const vf y = (p * power_of_two(half)) * power_of_two(bits - half);
  const vf past = choose(x > high, splat(__builtin_inff()), choose(x < low, (vf){}, y));
  return choose(x == x, past, x);
}

// Returns the logarithm of x >= 0.
INLINE vf vlog(vf x) {
  const vi tiny = x < 1.17549435e-38f;
  const vf scaled = choose(tiny, x * 8388608.0f, x);
  // Takes exponent and mantissa, with the mantissa in [sqrt(1/2), sqrt(2)).
  const vi shifted = bits_less(scaled, 0x3f3504f3);
  const vi exponent = shifted >> 23;
  const vf m = (vf)((shifted & 0x7fffff) + 0x3f3504f3);
  const vf e = __builtin_convertvector(exponent - (tiny & 23), vf);
  const vf f = m - 1.0f, z = f * f;
  vf p = splat(7.0376836292e-2f);
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  vf y = p * f * z;
  y = y + e * -2.12194440e-4f;
  y = y - z * 0.5f;
  y = (f + y) + e * 0.693359375f;
  y = choose(x < __builtin_inff(), y, x);
  y = choose(x == 0.0f, splat(-__builtin_inff()), y);
  return choose(x < 0.0f, splat(__builtin_nanf("")), y);
}

// Returns log(1 + x) for x in [0, 1]. What adding 1 lost is restored as a factor (W. Kahan's
// correction).
INLINE vf vlog1p(vf x) {
  const vf u = x + 1.0f;
  return choose(u == 1.0f, x, vlog(u) * (x / (u - 1.0f)));
}

INLINE vf vtanh(vf x) {
  const vf a = magnitude(x), z = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const vf near = (p * z) * x + x;
  const vf far = 1.0f - 2.0f / (vexp(a + a) + 1.0f);
  const vf sign = (vf)((vi)x & (vi)splat(-0.0f));
  return choose(a < 0.625f, near, (vf)((vi)far | (vi)sign));
}

INLINE vf vsigmoid(vf x) {
  const vf e = vexp(-magnitude(x));
  const vf y = 1.0f / (1.0f + e);
  return choose(x < 0.0f, e * y, y);
}

INLINE vf vsoftplus(vf x) { return choose(x > 0.0f, x, (vf){}) + vlog1p(vexp(-magnitude(x))); }

// Returns cos and sin of 2 pi x for x in [0, 1). Quarter turns are subtracted exactly before the
// angle is formed.
INLINE void vcos_sin_turns(vf x, vf *cosine, vf *sine) {
  const vf n = (x * 4.0f + ROUNDER) - ROUNDER;
  const vi quarter = bits_less(n + ROUNDER, 0x4b400000);
  const vf a = (x - n * 0.25f) * 6.28318530717958648f;
  const vf z = a * a;
  vf s = splat(-1.9515295891e-4f);
  s = s * z + 8.3321608736e-3f;
  s = s * z - 1.6666654611e-1f;
  s = s * z * a + a;
  vf c = splat(2.443315711809948e-5f);
  c = c * z - 1.388731625493765e-3f;
  c = c * z + 4.166664568298827e-2f;
  c = c * z * z - 0.5f * z + 1.0f;
  const vi odd = (quarter & 1) != 0;
  const vf cos_size = choose(odd, s, c), sin_size = choose(odd, c, s);
  // Quarters 1 and 2 change the cosine's sign, and 2 and 3 the sine's.
  *cosine = (vf)((vu)cos_size ^ ((((vu)quarter + 1) & 2) << 30));
  *sine = (vf)((vu)sin_size ^ (((vu)quarter & 2) << 30));
}
