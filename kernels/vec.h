// Vectors as the compilers' own generic types, so that one source serves every machine: only the number of lanes and the
// register tile are chosen by target. No intrinsics. Results never depend on the lanes, for no sum runs across them.
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
