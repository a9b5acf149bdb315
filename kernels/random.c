// Philox-4x32-10 (see src/engine/random.ts), many blocks side by side: the four words of a block lie in four arrays, so
// that each round is a plain loop which compilers turn into vectors; at the end words are put in their order.
#include "random.h"
#include "vmath.h"

// A stretch may begin and end in the middle of a block, and whole vectors are computed.
enum { BLOCKS = (DRAW_MOST / 4 + 2 + LANES - 1) / LANES * LANES };

struct blocks {
  uint32_t word[4][BLOCKS] __attribute__((aligned(64)));
};

// Blocks that values [start, start + count) come from, in whole vectors.
static int32_t blocks_of(uint32_t start, int32_t count) {
  return ((int32_t)(start % 4) + count + 4 * LANES - 1) / (4 * LANES) * LANES;
}

static void philox(const uint32_t *control, uint32_t stream, uint32_t first, int32_t blocks, struct blocks *b) {
  uint32_t key0 = control[0], key1 = control[1];
  for (int i = 0; i < blocks; i++) {
    b->word[0][i] = first + (uint32_t)i;
    b->word[1][i] = stream;
    b->word[2][i] = control[2];
    b->word[3][i] = control[3];
  }
  for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u)
    for (int i = 0; i < blocks; i++) {
      const uint64_t p0 = (uint64_t)b->word[0][i] * 0xd2511f53u;
      const uint64_t p1 = (uint64_t)b->word[2][i] * 0xcd9e8d57u;
      const uint32_t c1 = b->word[1][i], c3 = b->word[3][i];
      b->word[0][i] = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
      b->word[1][i] = (uint32_t)p1;
      b->word[2][i] = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
      b->word[3][i] = (uint32_t)p0;
    }
}

// The upper 24 bits of all words as floats in [0, 2^24).
static void to_floats(const struct blocks *b, int32_t blocks, float value[4][BLOCKS]) {
  for (int l = 0; l < 4; l++)
    for (int i = 0; i < blocks; i++) value[l][i] = (float)(int32_t)(b->word[l][i] >> 8);
}

// Values of blocks in their order, without the `skip` before the stretch.
static void in_order(float value[4][BLOCKS], int32_t skip, int32_t count, float *to) {
  float all[4 * BLOCKS];
  float *from = skip == 0 && count % 4 == 0 ? to : all;
  const int32_t blocks = (skip + count + 3) / 4;
  for (int32_t i = 0; i < blocks; i++) {
    from[4 * i] = value[0][i];
    from[4 * i + 1] = value[1][i];
    from[4 * i + 2] = value[2][i];
    from[4 * i + 3] = value[3][i];
  }
  if (from == all)
    for (int32_t i = 0; i < count; i++) to[i] = all[skip + i];
}

void dcgan_draw_uniform(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to) {
  struct blocks b;
  float value[4][BLOCKS];
  const int32_t blocks = blocks_of(start, count);
  philox(control, stream, start / 4, blocks, &b);
  to_floats(&b, blocks, value);
  in_order(value, (int32_t)(start % 4), count, to);
  for (int32_t i = 0; i < count; i++) to[i] *= 0x1p-24f;
}

void dcgan_draw_mask(const uint32_t *control, uint32_t stream, uint32_t threshold, float value, uint32_t start,
                     int32_t count, float *to) {
  struct blocks b;
  float word[4][BLOCKS];
  const int32_t blocks = blocks_of(start, count);
  philox(control, stream, start / 4, blocks, &b);
  to_floats(&b, blocks, word);
  in_order(word, (int32_t)(start % 4), count, to);
  // 24 bits are exact in a float, and so is the comparison.
  const float limit = (float)threshold;
  for (int32_t i = 0; i < count; i++) to[i] = to[i] >= limit ? value : 0;
}

// Box-Muller: each pair of words gives a radius and an angle, hence two values.
void dcgan_draw_normal(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to) {
  struct blocks b;
  float value[4][BLOCKS];
  const int32_t blocks = blocks_of(start, count);
  philox(control, stream, start / 4, blocks, &b);
  to_floats(&b, blocks, value);
  for (int l = 0; l < 4; l += 2)
    for (int i = 0; i < blocks; i += LANES) {
      const vf square = vlog((load(value[l] + i) + 1.0f) * 0x1p-24f) * -2.0f;
      vf cosine, sine;
      vcos_sin_turns(load(value[l + 1] + i) * 0x1p-24f, &cosine, &sine);
      float radius[LANES];
      store(radius, square);
      for (int k = 0; k < LANES; k++) radius[k] = __builtin_sqrtf(radius[k]);
      store(value[l] + i, load(radius) * cosine);
      store(value[l + 1] + i, load(radius) * sine);
    }
  in_order(value, (int32_t)(start % 4), count, to);
}
