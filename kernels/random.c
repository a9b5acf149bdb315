// Philox-4x32-10 (see src/engine/random.ts), a block a lane: each word sits in a 64-bit lane, where one multiplication
// gives both halves of a product and what stands above a word is ignored by the next. Draws follow from words in order.
#include "random.h"
#include "vmath.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

typedef uint32_t vu_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#if defined(__wasm__)
// A block a lane of 32 bits: one instruction multiplies and widens two lanes.
enum { WIDE = 4, AT_ONCE = 2, STEP = 4 * WIDE * AT_ONCE };

typedef uint64_t vw __attribute__((vector_size(16)));

#define FIRST(v) __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1), vw)
#define LAST(v) __builtin_convertvector(__builtin_shufflevector(v, v, 2, 3), vw)

INLINE void times(vu a, vu factor, vu *low, vu *high) {
  const vu p = (vu)(FIRST(a) * FIRST(factor)), q = (vu)(LAST(a) * LAST(factor));
  *low = SHUFFLE(vu, p, q, 0, 2, 4, 6);
  *high = SHUFFLE(vu, p, q, 1, 3, 5, 7);
}

// Blocks as words in order.
INLINE void in_order(vu a, vu b, vu c, vu d, uint32_t *to) {
  const vu ab = SHUFFLE(vu, a, b, 0, 4, 1, 5), cd = SHUFFLE(vu, c, d, 0, 4, 1, 5);
  const vu ef = SHUFFLE(vu, a, b, 2, 6, 3, 7), gh = SHUFFLE(vu, c, d, 2, 6, 3, 7);
  *(vu_any *)to = SHUFFLE(vu, ab, cd, 0, 1, 4, 5);
  *(vu_any *)(to + 4) = SHUFFLE(vu, ab, cd, 2, 3, 6, 7);
  *(vu_any *)(to + 8) = SHUFFLE(vu, ef, gh, 0, 1, 4, 5);
  *(vu_any *)(to + 12) = SHUFFLE(vu, ef, gh, 2, 3, 6, 7);
}

// Words of blocks [first, first + WIDE * AT_ONCE) in order.
INLINE void philox(const uint32_t *control, uint32_t stream, uint32_t first, uint32_t *to) {
  // Volatile, for factors widened ahead of the loop would not be seen to fit that instruction.
  static const volatile vu m0 = {0xd2511f53u, 0xd2511f53u, 0xd2511f53u, 0xd2511f53u};
  static const volatile vu m1 = {0xcd9e8d57u, 0xcd9e8d57u, 0xcd9e8d57u, 0xcd9e8d57u};
  vu a[AT_ONCE], b[AT_ONCE], c[AT_ONCE], d[AT_ONCE];
  vu key0 = (vu){} + control[0], key1 = (vu){} + control[1];
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) {
    a[k] = (vu){0, 1, 2, 3} + (first + (uint32_t)(k * WIDE));
    b[k] = (vu){} + stream;
    c[k] = (vu){} + control[2];
    d[k] = (vu){} + control[3];
  }
#pragma GCC unroll 16
  for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u)
#pragma GCC unroll 4
    for (int k = 0; k < AT_ONCE; k++) {
      vu p, p_high, q, q_high;
      times(a[k], m0, &p, &p_high);
      times(c[k], m1, &q, &q_high);
      a[k] = q_high ^ b[k] ^ key0;
      b[k] = q;
      c[k] = p_high ^ d[k] ^ key1;
      d[k] = p;
    }
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) in_order(a[k], b[k], c[k], d[k], to + 4 * WIDE * k);
}
#else
// Blocks side by side.
enum { WIDE = LANES / 2 };

typedef uint64_t vw __attribute__((vector_size(4 * LANES)));

// Products of lanes' lower words with a constant. Compilers do not find the one instruction x86 has for it.
INLINE vw times(vw a, uint32_t constant) {
#if defined(__AVX512F__)
  return (vw)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(constant));
#elif defined(__AVX2__)
  return (vw)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(constant));
#else
  return (a & 0xffffffffu) * constant;
#endif
}

// Vectors worked on at once: one's products are awaited while the other's are mixed.
enum { AT_ONCE = 2, STEP = 4 * WIDE * AT_ONCE };

// Blocks as words in order.
INLINE void in_order(vw a, vw b, vw c, vw d, uint32_t *to) {
  const vw ab = (a & 0xffffffffu) | b << 32, cd = (c & 0xffffffffu) | d << 32;
#if LANES == 16
  const vw low = SHUFFLE(vw, ab, cd, 0, 8, 1, 9, 2, 10, 3, 11);
  const vw high = SHUFFLE(vw, ab, cd, 4, 12, 5, 13, 6, 14, 7, 15);
#elif LANES == 8
  const vw low = SHUFFLE(vw, ab, cd, 0, 4, 1, 5);
  const vw high = SHUFFLE(vw, ab, cd, 2, 6, 3, 7);
#else
  const vw low = SHUFFLE(vw, ab, cd, 0, 2);
  const vw high = SHUFFLE(vw, ab, cd, 1, 3);
#endif
  *(vu_any *)to = (vu_any)low;
  *(vu_any *)(to + LANES) = (vu_any)high;
}

// Words of blocks [first, first + WIDE * AT_ONCE) in order.
INLINE void philox(const uint32_t *control, uint32_t stream, uint32_t first, uint32_t *to) {
  vw a[AT_ONCE], b[AT_ONCE], c[AT_ONCE], d[AT_ONCE];
  vw key0 = {}, key1 = {};
  key0 += control[0];
  key1 += control[1];
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) {
    a[k] = b[k] = c[k] = d[k] = (vw){};
#pragma GCC unroll 16
    for (int i = 0; i < WIDE; i++) a[k][i] = (uint32_t)(k * WIDE + i);
    a[k] += first;
    b[k] += stream;
    c[k] += control[2];
    d[k] += control[3];
  }
#pragma GCC unroll 16
  for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u)
#pragma GCC unroll 4
    for (int k = 0; k < AT_ONCE; k++) {
      const vw p = times(a[k], 0xd2511f53u), q = times(c[k], 0xcd9e8d57u);
      a[k] = (q >> 32) ^ b[k] ^ key0;
      b[k] = q;
      c[k] = (p >> 32) ^ d[k] ^ key1;
      d[k] = p;
    }
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) in_order(a[k], b[k], c[k], d[k], to + 4 * WIDE * k);
}
#endif

// A stretch may begin and end in the middle of a block, and whole steps are computed.
enum { WORDS = (DRAW_MOST + 2 * 4 + STEP - 1) / STEP * STEP };

// The words of values [start, start + count), at least: the first is `start % 4` words into the array.
static void words_of(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, uint32_t *to) {
  const int32_t needed = (int32_t)(start % 4) + count;
  for (int32_t i = 0; i < needed; i += STEP) philox(control, stream, start / 4 + (uint32_t)i / 4, to + i);
}

// A word's upper 24 bits as a float in [0, 2^24).
INLINE vf upper(const uint32_t *word) {
  const vu bits = *(const vu_any *)word >> 8;
  return __builtin_convertvector((vi)bits, vf);
}

void dcgan_draw_uniform(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to) {
  uint32_t words[WORDS + LANES];
  words_of(control, stream, start, count, words);
  for (int32_t i = 0; i < count; i += LANES) store(to + i, upper(words + start % 4 + i) * 0x1p-24f);
}

void dcgan_draw_mask(const uint32_t *control, uint32_t stream, uint32_t threshold, float value, uint32_t start,
                     int32_t count, float *to) {
  uint32_t words[WORDS + LANES];
  words_of(control, stream, start, count, words);
  // 24 bits are exact in a float, and so is the comparison.
  const vf limit = splat((float)threshold), kept = splat(value);
  for (int32_t i = 0; i < count; i += LANES)
    store(to + i, choose(upper(words + start % 4 + i) >= limit, kept, (vf){}));
}

// Box-Muller: each pair of words gives a radius and an angle, hence two values.
void dcgan_draw_normal(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to) {
  uint32_t words[WORDS + LANES];
  words_of(control, stream, start, count, words);
  const int32_t skip = (int32_t)(start % 4);
  for (int32_t first = 0; first < skip + count; first += 2 * LANES) {
    float radius[LANES], angle[LANES];
    for (int k = 0; k < LANES; k++) {
      radius[k] = (float)((words[first + 2 * k] >> 8) + 1) * 0x1p-24f;
      angle[k] = (float)(words[first + 2 * k + 1] >> 8) * 0x1p-24f;
    }
    store(radius, vlog(load(radius)) * -2.0f);
    for (int k = 0; k < LANES; k++) radius[k] = __builtin_sqrtf(radius[k]);
    vf cosine, sine;
    vcos_sin_turns(load(angle), &cosine, &sine);
    const vf x = load(radius) * cosine, y = load(radius) * sine;
    for (int k = 0; k < LANES; k++) {
      const int32_t at = first + 2 * k - skip;
      if (at >= 0 && at < count) to[at] = x[k];
      if (at + 1 >= 0 && at + 1 < count) to[at + 1] = y[k];
    }
  }
}
