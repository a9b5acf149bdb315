// The inner loops of the fast algorithms, where nearly all time goes: products of a few rows
// (images at one point) with a panel of weights, and sums of outer products. They use register
// tiles like conv.c and filter.c. The operands are floats or, with `words`, half as many words of
// two bf16 numbers.
#pragma once
#include "bf16.h"

// A sum of more terms loses more digits, because the part that is there is rounded with each. Sums
// of this many terms are added up.
enum { CHAIN = 16 };

// Adds to out[r][..] (or stores there, if fresh) the sum over k < depth of v[r][k] * u[k][..]. Rows
// of v are `depth` floats apart, and rows of out `out_row`. Meanwhile the rows that are read next,
// `v_next`, are fetched into the first-level cache, and the panel after u into the second-level
// cache, because all panels together may be larger than that.
INLINE void product(const int words, const int rows, const float *v, const float *v_next, const float *u, int32_t depth,
                    float *out, int64_t out_row, int fresh) {
  const int64_t next = (int64_t)depth * PANEL;
  for (int32_t first = 0; first < depth; first += CHAIN, fresh = 0) {
    vf sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
      for (int i = 0; i < TILE_VECTORS; i++) sum[r][i] = (vf){};
    // Three rows share a base pointer, because x86 can form those addresses without a register.
    const float *base[(TILE_ROWS + 2) / 3];
    const int32_t count = least(CHAIN, depth - first);
#pragma GCC unroll 16
    for (int r = 0; r * 3 < rows; r++) base[r] = v + first + r * 3 * (int64_t)depth;
#pragma GCC unroll 1
    for (int32_t k = 0; k < count; k++, u += PANEL) {
      vf weight[TILE_VECTORS];
#pragma GCC unroll 16
      for (int i = 0; i < TILE_VECTORS; i++) weight[i] = load(u + i * LANES);
#pragma GCC unroll 16
      for (int i = 0; i < PANEL; i += FAST_LINE) __builtin_prefetch(u + next + i, 0, 2);
      __builtin_prefetch(v_next + (int64_t)(first + k) * rows);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf x = splat_at(words, base[r / 3] + (r % 3 * (int64_t)depth + k));
#pragma GCC unroll 16
        for (int i = 0; i < TILE_VECTORS; i++) sum[r][i] = add_product(words, x, weight[i], sum[r][i]);
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
      for (int i = 0; i < TILE_VECTORS; i++) {
        float *to = out + r * out_row + i * LANES;
        store(to, fresh ? sum[r][i] : load(to) + sum[r][i]);
      }
  }
}

typedef void product_function(const float *v, const float *v_next, const float *u, int32_t depth, float *out,
                              int64_t out_row, int fresh);
#define PRODUCT_OF(name, words, R) \
  static void name##_##R##_1(const float *v, const float *v_next, const float *u, int32_t depth, float *out, \
                             int64_t out_row, int fresh) { \
    product(words, R, v, v_next, u, depth, out, out_row, fresh); \
  }
#define PRODUCT(R, V) PRODUCT_OF(product, 0, R)
#define WORD_PRODUCT(R, V) PRODUCT_OF(word_product, 1, R)
FOR_ROWS(PRODUCT)
IF_BF16(FOR_ROWS(WORD_PRODUCT))
static product_function *const products[1 + BF16][TILE_ROWS] = {ROW_TABLE(product) IF_BF16(, ROW_TABLE(word_product))};

// Holds values of x and y at a point in one tile of outputs, with one row for each image.
struct segment {
  const float *x, *y;
};

// Adds to w[r][..] (or stores there, if fresh) the sum over segments and k < count of x[k][r] *
// y[k][..]. Meanwhile the tile of w that comes next, `w_next`, is fetched.
INLINE void outer(const int words, const int rows, const struct segment *segment, int32_t segments, int32_t count,
                  int64_t x_row, int64_t y_row, float *w, const float *w_next, int64_t w_row, int fresh) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = fresh ? (vf){} : load(w + r * w_row + v * LANES);
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int i = 0; i < PANEL; i += FAST_LINE) __builtin_prefetch(w_next + r * w_row + i, 1);
  for (int32_t i = 0; i < segments; i++) {
    const float *x = segment[i].x, *y = segment[i].y;
#pragma GCC unroll 1
    for (int32_t k = 0; k < count; k++, x += x_row, y += y_row) {
      vf value[TILE_VECTORS];
#pragma GCC unroll 16
      for (int v = 0; v < TILE_VECTORS; v++) value[v] = load(y + v * LANES);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf factor = splat_at(words, x + r);
#pragma GCC unroll 16
        for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = add_product(words, factor, value[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) store(w + r * w_row + v * LANES, sum[r][v]);
}

typedef void outer_function(const struct segment *segment, int32_t segments, int32_t count, int64_t x_row,
                            int64_t y_row, float *w, const float *w_next, int64_t w_row, int fresh);
#define OUTER_OF(name, words, R) \
  static void name##_##R##_1(const struct segment *segment, int32_t segments, int32_t count, int64_t x_row, \
                             int64_t y_row, float *w, const float *w_next, int64_t w_row, int fresh) { \
    outer(words, R, segment, segments, count, x_row, y_row, w, w_next, w_row, fresh); \
  }
#define OUTER(R, V) OUTER_OF(outer, 0, R)
#define WORD_OUTER(R, V) OUTER_OF(word_outer, 1, R)
FOR_ROWS(OUTER)
IF_BF16(FOR_ROWS(WORD_OUTER))
static outer_function *const outers[1 + BF16][TILE_ROWS] = {ROW_TABLE(outer) IF_BF16(, ROW_TABLE(word_outer))};
