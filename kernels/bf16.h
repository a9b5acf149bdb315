// Operands rounded to bfloat16, the upper half of a float: 8 bits of mantissa, ties to even. Two of
// them side by side in a sum form one 32-bit word. So tensors of words have the addresses of
// tensors of floats that are half as deep, and the step of a sum takes a vector of words instead of
// one of floats:
//   sum = (sum + upper x * upper w) + lower x * lower w
// Sums are float32. This is VDPBF16PS of AVX512-BF16 (Intel, Architecture Instruction Set
// Extensions Programming Reference, 2019), which is used where the machine has it. Elsewhere tests
// compute the same in plain C: products of two 8-bit mantissas are exact in a float, so a sum
// rounds once in both. Only numbers below 2^-126 differ, which the instruction takes for zero.
#pragma once
#include "job.h"
#include "vec.h"

// Built with -DDCGAN_BF16 the kernels round. With -DDCGAN_BF16_BITS=8 too they do it in plain C,
// whatever the machine has. Fewer bits round more coarsely, so that a test can see its bounds fail.
#if defined(DCGAN_BF16)
enum { BF16 = 1 };
#define IF_BF16(...) __VA_ARGS__
#else
enum { BF16 = 0 };
#define IF_BF16(...)
#endif
#if defined(DCGAN_BF16) && defined(__AVX512BF16__) && !defined(DCGAN_BF16_BITS)
#define BF16_INSTRUCTIONS
#include <immintrin.h>
#endif
#if !defined(DCGAN_BF16_BITS)
#define DCGAN_BF16_BITS 8
#endif

#if defined(DCGAN_AMX)
#define UNIT_NAME "bf16 amx"
#else
#define UNIT_NAME "bf16"
#endif
#if defined(BF16_INSTRUCTIONS)
#define PRECISION_NAME UNIT_NAME
#else
#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
#define PRECISION_NAME UNIT_NAME " emulated in " TEXT_OF(DCGAN_BF16_BITS) " bits"
#endif

typedef int32_t word_any __attribute__((may_alias));

// Rounds a float's bits; a NaN stays a NaN.
INLINE uint32_t bf16_bits(float x) {
  enum { CUT = 24 - DCGAN_BF16_BITS };
  union {
    float number;
    uint32_t bits;
  } u = {x};
  const uint32_t even = (u.bits + ((1u << (CUT - 1)) - 1) + (u.bits >> CUT & 1)) >> CUT << CUT;
  return x == x ? even : (u.bits | 0x7fff0000) & 0xffff0000;
}

INLINE float bf16_pair(float lower, float upper) {
  union {
    uint32_t bits;
    float number;
  } u = {bf16_bits(lower) >> 16 | bf16_bits(upper)};
  return u.number;
}

// Makes word i of from[2 i] and from[2 i + 1]. Words may replace the floats that they are made of.
INLINE void bf16_neighbours(const float *from, float *words, int64_t count) {
  int64_t i = 0;
#if defined(BF16_INSTRUCTIONS)
  for (; i + LANES <= count; i += LANES)
    store(words + i, (vf)_mm512_cvtne2ps_pbh((__m512)load(from + 2 * i + LANES), (__m512)load(from + 2 * i)));
#endif
  for (; i < count; i++) words[i] = bf16_pair(from[2 * i], from[2 * i + 1]);
}

// Makes word i of lower[i] and upper[i], or of lower[i] and 0.
INLINE void bf16_rows(const float *lower, const float *upper, float *words, int64_t count) {
  if (upper)
    for (int64_t i = 0; i < count; i++) words[i] = bf16_pair(lower[i], upper[i]);
  else
    for (int64_t i = 0; i < count; i++) words[i] = bf16_pair(lower[i], 0);
}

// Returns sum + the products of the words' halves.
INLINE vf bf16_add(vf x, vf w, vf sum) {
#if defined(BF16_INSTRUCTIONS)
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)w);
#else
  const vu upper = (vu)splat_int((int32_t)0xffff0000);
  sum += (vf)((vu)x & upper) * (vf)((vu)w & upper);
  return sum + (vf)((vu)x << 16) * (vf)((vu)w << 16);
#endif
}

// The inner step of sums of floats, or of words.
INLINE vf add_product(const int words, vf x, vf w, vf sum) {
  return words ? bf16_add(x, w, sum) : multiply_add(x, w, sum);
}
INLINE vf splat_at(const int words, const float *x) { return words ? (vf)splat_int(*(const word_any *)x) : splat(*x); }

// Returns whether a convolution's operands are rounded. They are when there are enough products to
// gain anything, and every number has a neighbour. The answer is the same for all three directions,
// so that a layer is in one precision.
static inline int dcgan_in_words(const struct geometry *g) {
  return BF16 && g->N > 1 && g->C > 4 && g->OC > 4 && g->C % 2 == 0 && g->OC % 2 == 0;
}
