// This is Philox-4x32-10 (src/engine/random.ts) with one block in each lane. Each word sits in a
// 64-bit lane. There one multiplication gives both halves of a product, and the next one ignores
// the bits above a word. Draws are made from the words in order. The keys and half of the first
// rounds are the same for all blocks of a stretch, and are computed once.
#include "random.h"
#include "vmath.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

typedef uint32_t vu_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint64_t vw __attribute__((vector_size(4 * LANES)));

// A lane of `lanes` holds one word of a block, and WIDE blocks lie side by side. Lane i has block
// i_th(i) of them.
#if defined(__wasm__)
// A block has a lane of 32 bits. One instruction multiplies and widens two lanes.
enum { WIDE = 4 };
typedef vu lanes;
INLINE uint32_t i_th(int lane) { return (uint32_t)lane; }

#define FIRST(v) __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1), vw)
#define LAST(v) __builtin_convertvector(__builtin_shufflevector(v, v, 2, 3), vw)

// Computes both halves of the products of lanes with a constant. The constant is volatile, because
// the compiler would not recognise that a factor widened ahead of the loop fits that instruction.
#define TIMES(name, factor)                                             \
  INLINE void name(lanes a, lanes *low, lanes *high) {                  \
    static const volatile vu f = {factor, factor, factor, factor};      \
    const vu w = f;                                                     \
    const vu p = (vu)(FIRST(a) * FIRST(w)), q = (vu)(LAST(a) * LAST(w)); \
    *low = SHUFFLE(vu, p, q, 0, 2, 4, 6);                               \
    *high = SHUFFLE(vu, p, q, 1, 3, 5, 7);                              \
  }

// Writes the blocks as words in order.
INLINE void in_order(lanes a, lanes b, lanes c, lanes d, uint32_t *to) {
  const vu ab = SHUFFLE(vu, a, b, 0, 4, 1, 5), cd = SHUFFLE(vu, c, d, 0, 4, 1, 5);
  const vu ef = SHUFFLE(vu, a, b, 2, 6, 3, 7), gh = SHUFFLE(vu, c, d, 2, 6, 3, 7);
  *(vu_any *)to = SHUFFLE(vu, ab, cd, 0, 1, 4, 5);
  *(vu_any *)(to + 4) = SHUFFLE(vu, ab, cd, 2, 3, 6, 7);
  *(vu_any *)(to + 8) = SHUFFLE(vu, ef, gh, 0, 1, 4, 5);
  *(vu_any *)(to + 12) = SHUFFLE(vu, ef, gh, 2, 3, 6, 7);
}
#else
// A block has a lane of 64 bits. Blocks are placed so that even lanes, then odd lanes, give them in
// order.
enum { WIDE = LANES / 2 };
typedef vw lanes;
INLINE uint32_t i_th(int lane) { return (uint32_t)(lane % 2 * (WIDE / 2) + lane / 2); }

// The whole product serves as its lower half. Compilers do not find the one instruction that x86
// has for it.
#if defined(__AVX512F__)
#define PRODUCT(a, factor) (vw) _mm512_mul_epu32((__m512i)(a), _mm512_set1_epi64(factor))
#elif defined(__AVX2__)
#define PRODUCT(a, factor) (vw) _mm256_mul_epu32((__m256i)(a), _mm256_set1_epi64x(factor))
#else
#define PRODUCT(a, factor) ((a) & 0xffffffffu) * (factor)
#endif
#define TIMES(name, factor)                            \
  INLINE void name(lanes a, lanes *low, lanes *high) { \
    *low = PRODUCT(a, factor);                         \
    *high = *low >> 32;                                \
  }

// Writes the blocks as words in order.
INLINE void in_order(lanes a, lanes b, lanes c, lanes d, uint32_t *to) {
#if LANES == 16
#define PAIR(a, b) \
  (vw) SHUFFLE(vu, (vu)(a), (vu)((b) << 32), 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31)
#define EVEN(a, b) SHUFFLE(vw, a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define ODD(a, b) SHUFFLE(vw, a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#elif LANES == 8
#define PAIR(a, b) (vw) SHUFFLE(vu, (vu)(a), (vu)((b) << 32), 0, 9, 2, 11, 4, 13, 6, 15)
#define EVEN(a, b) SHUFFLE(vw, a, b, 0, 4, 2, 6)
#define ODD(a, b) SHUFFLE(vw, a, b, 1, 5, 3, 7)
#else
#define PAIR(a, b) (vw) SHUFFLE(vu, (vu)(a), (vu)((b) << 32), 0, 5, 2, 7)
#define EVEN(a, b) SHUFFLE(vw, a, b, 0, 2)
#define ODD(a, b) SHUFFLE(vw, a, b, 1, 3)
#endif
  const vw ab = PAIR(a, b), cd = PAIR(c, d);
  *(vu_any *)to = (vu_any)EVEN(ab, cd);
  *(vu_any *)(to + LANES) = (vu_any)ODD(ab, cd);
}
#endif

#define M0 0xd2511f53u
#define M1 0xcd9e8d57u
TIMES(times_m0, M0)
TIMES(times_m1, M1)

// This many vectors are computed at once: while one waits for products, the others are mixed.
#if defined(__wasm__)
enum { AT_ONCE = 2 };
#else
enum { AT_ONCE = 3 };
#endif
enum { STEP = 4 * WIDE * AT_ONCE, ROUNDS = 10 };

// Holds what all blocks of a stream share at a step: the keys, and the result of the first rounds
// on words that are equal in all blocks.
struct schedule {
  lanes first_c, second_a, second_c, third_c, key0[ROUNDS], key1[ROUNDS];
};

static void prepare(const uint32_t *control, uint32_t stream, struct schedule *s) {
  uint32_t key0[ROUNDS], key1[ROUNDS];
  for (uint32_t r = 0; r < ROUNDS; r++) {
    key0[r] = control[0] + r * 0x9e3779b9u;
    key1[r] = control[1] + r * 0xbb67ae85u;
    s->key0[r] = (lanes){} + key0[r];
    s->key1[r] = (lanes){} + key1[r];
  }
  // A block begins as (its number, stream, step low, step high). In the first round only the
  // product of its number differs.
  const uint64_t q = (uint64_t)control[2] * M1;
  const uint32_t a = (uint32_t)(q >> 32) ^ stream ^ key0[0];
  const uint64_t p = (uint64_t)a * M0;
  s->first_c = (lanes){} + (control[3] ^ key1[0]);
  s->second_a = (lanes){} + ((uint32_t)q ^ key0[1]);
  s->second_c = (lanes){} + ((uint32_t)(p >> 32) ^ key1[1]);
  s->third_c = (lanes){} + ((uint32_t)p ^ key1[2]);
}

// Computes the words of blocks [first, first + WIDE * AT_ONCE) in order.
INLINE void philox(const struct schedule *s, uint32_t first, uint32_t *to) {
  lanes a[AT_ONCE], b[AT_ONCE], c[AT_ONCE], d[AT_ONCE];
  lanes number = {};
#pragma GCC unroll 16
  for (int i = 0; i < WIDE; i++) number[i] = i_th(i);
  number += first;
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) {
    lanes p, p_high, q, q_high;
    times_m0(number + (uint32_t)(k * WIDE), &p, &p_high);
    times_m1(p_high ^ s->first_c, &q, &q_high);
    a[k] = q_high ^ s->second_a;
    c[k] = p ^ s->second_c;
    b[k] = q;
    times_m0(a[k], &p, &p_high);
    times_m1(c[k], &q, &q_high);
    a[k] = q_high ^ b[k] ^ s->key0[2];
    b[k] = q;
    c[k] = p_high ^ s->third_c;
    d[k] = p;
  }
#pragma GCC unroll 16
  for (int round = 3; round < ROUNDS; round++)
#pragma GCC unroll 4
    for (int k = 0; k < AT_ONCE; k++) {
      lanes p, p_high, q, q_high;
      times_m0(a[k], &p, &p_high);
      times_m1(c[k], &q, &q_high);
      a[k] = q_high ^ (b[k] ^ s->key0[round]);
      b[k] = q;
      c[k] = p_high ^ (d[k] ^ s->key1[round]);
      d[k] = p;
    }
#pragma GCC unroll 4
  for (int k = 0; k < AT_ONCE; k++) in_order(a[k], b[k], c[k], d[k], to + 4 * WIDE * k);
}

// A stretch may begin and end in the middle of a block, but whole steps are computed.
enum { WORDS = (DRAW_MOST + 2 * 4 + STEP - 1) / STEP * STEP };

// Computes at least the words of values [start, start + count). The first lies `start % 4` words
// into the array.
static void words_of(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, uint32_t *to) {
  struct schedule schedule;
  prepare(control, stream, &schedule);
  const int32_t needed = (int32_t)(start % 4) + count;
  for (int32_t i = 0; i < needed; i += STEP) philox(&schedule, start / 4 + (uint32_t)i / 4, to + i);
}

// Returns a word's upper 24 bits as a float in [0, 2^24).
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
  const vf kept = splat(value);
  for (int32_t i = 0; i < count; i += LANES) {
    const vi upper_bits = (vi)(*(const vu_any *)(words + start % 4 + i) >> 8);
    store(to + i, choose(upper_bits < splat_int((int32_t)threshold), (vf){}, kept));
  }
}

// Draws by Box-Muller: each pair of words gives a radius and an angle, and so two values.
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
