// Vectors as the compilers' own generic types, so that one source serves every machine: only the number of lanes and the
// register tile are chosen by target. No intrinsics. Only convolutions'
// sums may run across lanes, and so depend on the target.
#pragma once
#include <stdint.h>

// A register tile holds TILE_ROWS x TILE_VECTORS accumulators and, beside them, a row of weights and one broadcast.
#if defined(__AVX512F__)
#define LANES 16
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define VECTOR_NAME "avx512"
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define VECTOR_NAME "avx2"
#elif defined(__aarch64__)
#define LANES 4
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define VECTOR_NAME "neon"
#elif defined(__wasm__)
#define LANES 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define VECTOR_NAME "simd128"
#else
#define LANES 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define VECTOR_NAME "generic"
#endif

// X(rows, vectors) for every size of tile, and the table of functions `name`_rows_vectors.
#if TILE_VECTORS == 4
#define FOR_VECTORS(X, R) X(R, 1) X(R, 2) X(R, 3) X(R, 4)
#define TILE_LINE(name, R) {name##_##R##_1, name##_##R##_2, name##_##R##_3, name##_##R##_4}
#else
#define FOR_VECTORS(X, R) X(R, 1) X(R, 2)
#define TILE_LINE(name, R) {name##_##R##_1, name##_##R##_2}
#endif
#define FOR_4(X) FOR_VECTORS(X, 1) FOR_VECTORS(X, 2) FOR_VECTORS(X, 3) FOR_VECTORS(X, 4)
#define TABLE_4(name) TILE_LINE(name, 1), TILE_LINE(name, 2), TILE_LINE(name, 3), TILE_LINE(name, 4)
#define FOR_6(X) FOR_4(X) FOR_VECTORS(X, 5) FOR_VECTORS(X, 6)
#define TABLE_6(name) TABLE_4(name), TILE_LINE(name, 5), TILE_LINE(name, 6)
#if TILE_ROWS == 12
#define FOR_TILES(X)                                                                                          \
  FOR_6(X) FOR_VECTORS(X, 7) FOR_VECTORS(X, 8) FOR_VECTORS(X, 9) FOR_VECTORS(X, 10) FOR_VECTORS(X, 11)        \
  FOR_VECTORS(X, 12)
#define TILE_TABLE(name)                                                                                      \
  {TABLE_6(name), TILE_LINE(name, 7), TILE_LINE(name, 8), TILE_LINE(name, 9), TILE_LINE(name, 10),            \
   TILE_LINE(name, 11), TILE_LINE(name, 12)}
#elif TILE_ROWS == 6
#define FOR_TILES(X) FOR_6(X)
#define TILE_TABLE(name) {TABLE_6(name)}
#else
#define FOR_TILES(X) FOR_4(X)
#define TILE_TABLE(name) {TABLE_4(name)}
#endif

// Output channels computed together: the width of packed weights. Divides 64, which packFloats (plan.ts) counts on.
#define PANEL (LANES * TILE_VECTORS)

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef float vf_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf splat(float x) { return x - (vf){}; }
INLINE vi splat_int(int32_t x) { return x - (vi){}; }

// a where the mask's lane is all ones, b where it is zero.
INLINE vf choose(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }

INLINE int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
