// A matrix unit, Intel's AMX, multiplies words of two bf16 numbers (bf16.h). Source: Intel 64 and
// IA-32 Architectures Software Developer's Manual, TDPBF16PS. A tile has up to 16 rows of 16 words.
// One instruction adds the products of up to 16 words to each of 16 x 16 sums. It sums the products
// of the lower halves from zero, and those of the upper halves too. Then it adds both sums together
// to what was there. Plain C computes the same in tests on machines without the unit. Tiles 0 to 3
// hold the sums of two blocks of rows (a) by two vectors of lanes (b). Tiles 4 and 5 hold rows of
// a, and tiles 6 and 7 hold rows of b.
#pragma once
#include "bf16.h"

#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
enum { AMX = 1 };
#else
enum { AMX = 0 };
#endif

// A block of sums has this many rows and lanes, and one product has as many words.
enum { AMX_ROWS = 32, AMX_LANES = 32, AMX_WORDS = 16, AMX_SIDE = 16 };

#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
// Holds the rows of the two blocks, and the words of a product.
struct amx_shape {
  int32_t rows[2], words;
};

#if defined(BF16_INSTRUCTIONS) && defined(__AMX_BF16__)
// GCC does not see what these instructions read, so all writes must reach memory before them.
#define AMX_WRITTEN() __asm__ volatile("" ::: "memory")

struct amx {
  struct amx_shape shape;
};

INLINE void amx_configure(struct amx *unit, struct amx_shape shape) {
  const struct amx_shape *known = &unit->shape;
  if (known->rows[0] == shape.rows[0] && known->rows[1] == shape.rows[1] && known->words == shape.words) return;
  unit->shape = shape;
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } __attribute__((aligned(64))) config = {.palette = 1};
  for (int a = 0; a < 2; a++) {
    const uint8_t rows = (uint8_t)most(shape.rows[a], 1);
    config.rows[2 * a] = config.rows[2 * a + 1] = config.rows[4 + a] = rows;
    config.bytes[2 * a] = config.bytes[2 * a + 1] = 4 * AMX_SIDE;
    config.bytes[4 + a] = (uint16_t)(4 * shape.words);
    config.rows[6 + a] = (uint8_t)shape.words;
    config.bytes[6 + a] = 4 * AMX_SIDE;
  }
  AMX_WRITTEN();
  _tile_loadconfig(&config);
}

#define AMX_ZERO(unit, tile) do { (void)(unit); _tile_zero(tile); } while (0)
#define AMX_LOAD(unit, tile, from, row) do { (void)(unit); _tile_loadd(tile, from, (row) * 4); } while (0)
#define AMX_STORE(unit, tile, to, row) do { (void)(unit); _tile_stored(tile, to, (row) * 4); } while (0)
#define AMX_PRODUCT(unit, sum, a, b) do { (void)(unit); _tile_dpbf16ps(sum, a, b); } while (0)
INLINE void amx_release(struct amx *unit) {
  (void)unit;
  _tile_release();
}
#else
#define AMX_WRITTEN() ((void)0)

struct amx {
  struct amx_shape shape;
  uint32_t tile[8][AMX_SIDE][AMX_SIDE];
};

INLINE void amx_configure(struct amx *unit, struct amx_shape shape) { unit->shape = shape; }
INLINE void amx_release(struct amx *unit) { (void)unit; }

static int32_t amx_tile_rows(const struct amx *unit, int tile) {
  return tile < 6 ? unit->shape.rows[tile < 4 ? tile / 2 : tile - 4] : unit->shape.words;
}
static uint32_t amx_tile_bytes(const struct amx *unit, int tile) {
  return 4 * (uint32_t)(tile == 4 || tile == 5 ? unit->shape.words : AMX_SIDE);
}
static void amx_zero(struct amx *unit, int tile) { __builtin_memset(unit->tile[tile], 0, sizeof unit->tile[tile]); }
static void amx_load(struct amx *unit, int tile, const float *from, int64_t row) {
  for (int32_t r = 0; r < amx_tile_rows(unit, tile); r++)
    __builtin_memcpy(unit->tile[tile][r], from + r * row, amx_tile_bytes(unit, tile));
}
static void amx_store(struct amx *unit, int tile, float *to, int64_t row) {
  for (int32_t r = 0; r < amx_tile_rows(unit, tile); r++)
    __builtin_memcpy(to + r * row, unit->tile[tile][r], amx_tile_bytes(unit, tile));
}
static float amx_float(uint32_t bits) {
  float number;
  __builtin_memcpy(&number, &bits, 4);
  return number;
}
static void amx_product(struct amx *unit, int sum, int a, int b) {
  for (int32_t r = 0; r < amx_tile_rows(unit, sum); r++)
    for (int32_t n = 0; n < AMX_SIDE; n++) {
      float lower = 0, upper = 0;
      for (int32_t k = 0; k < unit->shape.words; k++) {
        const uint32_t x = unit->tile[a][r][k], w = unit->tile[b][k][n];
        lower += amx_float(x << 16) * amx_float(w << 16);
        upper += amx_float(x & 0xffff0000) * amx_float(w & 0xffff0000);
      }
      const float total = amx_float(unit->tile[sum][r][n]) + (lower + upper);
      __builtin_memcpy(&unit->tile[sum][r][n], &total, 4);
    }
}
#define AMX_ZERO(unit, tile) amx_zero(unit, tile)
#define AMX_LOAD(unit, tile, from, row) amx_load(unit, tile, from, row)
#define AMX_STORE(unit, tile, to, row) amx_store(unit, tile, to, row)
#define AMX_PRODUCT(unit, sum, a, b) amx_product(unit, sum, a, b)
#endif

INLINE struct amx_shape amx_shape_of(int32_t rows, int32_t words) {
  return (struct amx_shape){{least(rows, AMX_SIDE), most(rows - AMX_SIDE, 0)}, words};
}

// Adds products of `words` words: a's rows are `a_row` floats apart, b's `b_row`.
INLINE void amx_add(struct amx *unit, const int second_row, const int second_lane, const float *a, int64_t a_row,
                    const float *b, int64_t b_row) {
  AMX_LOAD(unit, 6, b, b_row);
  AMX_LOAD(unit, 4, a, a_row);
  AMX_PRODUCT(unit, 0, 4, 6);
  if (second_lane) {
    AMX_LOAD(unit, 7, b + AMX_SIDE, b_row);
    AMX_PRODUCT(unit, 1, 4, 7);
  }
  if (second_row) {
    AMX_LOAD(unit, 5, a + AMX_SIDE * a_row, a_row);
    AMX_PRODUCT(unit, 2, 5, 6);
    if (second_lane) AMX_PRODUCT(unit, 3, 5, 7);
  }
}

INLINE void amx_clear(struct amx *unit) {
  AMX_ZERO(unit, 0);
  AMX_ZERO(unit, 1);
  AMX_ZERO(unit, 2);
  AMX_ZERO(unit, 3);
}

// Moves sums to or from memory. Only the first `live` lanes count.
INLINE void amx_store_sums(struct amx *unit, float *to, int64_t row, int32_t live) {
  const int32_t *rows = unit->shape.rows;
  if (live == AMX_LANES) {
    AMX_STORE(unit, 0, to, row);
    AMX_STORE(unit, 1, to + AMX_SIDE, row);
    if (rows[1]) {
      AMX_STORE(unit, 2, to + AMX_SIDE * row, row);
      AMX_STORE(unit, 3, to + AMX_SIDE * row + AMX_SIDE, row);
    }
    return;
  }
  float all[AMX_ROWS][AMX_LANES] __attribute__((aligned(64)));
  AMX_STORE(unit, 0, &all[0][0], AMX_LANES);
  AMX_STORE(unit, 1, &all[0][AMX_SIDE], AMX_LANES);
  AMX_STORE(unit, 2, &all[AMX_SIDE][0], AMX_LANES);
  AMX_STORE(unit, 3, &all[AMX_SIDE][AMX_SIDE], AMX_LANES);
  for (int32_t r = 0; r < rows[0] + rows[1]; r++)
    for (int32_t m = 0; m < live; m++) to[r * row + m] = all[r][m];
}

INLINE void amx_load_sums(struct amx *unit, const float *from, int64_t row, int32_t live) {
  const int32_t *rows = unit->shape.rows;
  float all[AMX_ROWS][AMX_LANES] __attribute__((aligned(64)));
  if (live < AMX_LANES) {
    for (int32_t r = 0; r < rows[0] + rows[1]; r++)
      for (int32_t m = 0; m < AMX_LANES; m++) all[r][m] = m < live ? from[r * row + m] : 0;
    from = all[0];
    row = AMX_LANES;
  }
  AMX_WRITTEN();
  AMX_LOAD(unit, 0, from, row);
  AMX_LOAD(unit, 1, from + AMX_SIDE, row);
  if (!rows[1]) return;
  AMX_LOAD(unit, 2, from + AMX_SIDE * row, row);
  AMX_LOAD(unit, 3, from + AMX_SIDE * row + AMX_SIDE, row);
}

// This compiler knows no matrix unit.
#define AMX_UNIT(name) struct amx name = {.shape = {{-1, -1}, -1}}
#else
struct amx {
  int32_t none;
};
#define AMX_UNIT(name) struct amx name = {0}
#define amx_release(unit) ((void)(unit))
#endif
