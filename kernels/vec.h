// Vectors are the compilers' own generic types, so that one source serves every machine. Only the
// number of lanes and the register tile depend on the target. There is one intrinsic. Only the sums
// of convolutions may run across lanes, and so depend on the target.
#pragma once
#include <stdint.h>
#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

// A register tile holds TILE_ROWS x TILE_VECTORS accumulators, a row of weights, and one broadcast.
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
#ifndef TILE_ROWS
#define TILE_ROWS 4
#endif
#define TILE_VECTORS 2
#ifdef __wasm_relaxed_simd__
#define VECTOR_NAME (rounds_once() ? "relaxed-simd128-fused" : "relaxed-simd128")
#else
#define VECTOR_NAME "simd128"
#endif
#else
#define LANES 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define VECTOR_NAME "generic"
#endif

// FOR_TILES expands X(rows, vectors) for every size of tile, and TILE_TABLE makes the table of the
// functions name_rows_vectors. FOR_ROWS and ROW_TABLE do the same for tiles of one vector.
#if TILE_VECTORS == 4
#define VECTORS(X, R) X(R, 1) X(R, 2) X(R, 3) X(R, 4)
#define LINE(name, R) {name##_##R##_1, name##_##R##_2, name##_##R##_3, name##_##R##_4}
#else
#define VECTORS(X, R) X(R, 1) X(R, 2)
#define LINE(name, R) {name##_##R##_1, name##_##R##_2}
#endif
#define ONE(X, R) X(R, 1)
#define CELL(name, R) name##_##R##_1
#if TILE_ROWS == 12
#define EACH_ROW(F, A) \
  F(A, 1) F(A, 2) F(A, 3) F(A, 4) F(A, 5) F(A, 6) F(A, 7) F(A, 8) F(A, 9) F(A, 10) F(A, 11) F(A, 12)
#define ROW_LIST(F, A) \
  {F(A, 1), F(A, 2), F(A, 3), F(A, 4), F(A, 5), F(A, 6), F(A, 7), F(A, 8), F(A, 9), F(A, 10), F(A, 11), F(A, 12)}
#elif TILE_ROWS == 5
#define EACH_ROW(F, A) F(A, 1) F(A, 2) F(A, 3) F(A, 4) F(A, 5)
#define ROW_LIST(F, A) {F(A, 1), F(A, 2), F(A, 3), F(A, 4), F(A, 5)}
#elif TILE_ROWS == 6
#define EACH_ROW(F, A) F(A, 1) F(A, 2) F(A, 3) F(A, 4) F(A, 5) F(A, 6)
#define ROW_LIST(F, A) {F(A, 1), F(A, 2), F(A, 3), F(A, 4), F(A, 5), F(A, 6)}
#else
#define EACH_ROW(F, A) F(A, 1) F(A, 2) F(A, 3) F(A, 4)
#define ROW_LIST(F, A) {F(A, 1), F(A, 2), F(A, 3), F(A, 4)}
#endif
#define FOR_TILES(X) EACH_ROW(VECTORS, X)
#define TILE_TABLE(name) ROW_LIST(LINE, name)
#define FOR_ROWS(X) EACH_ROW(ONE, X)
#define ROW_TABLE(name) ROW_LIST(CELL, name)

// The output channels that are computed together, which is the width of packed weights. It divides
// PACK_CHANNELS, as room.ts requires.
#define PANEL (LANES * TILE_VECTORS)

// Selects lanes of a and b by number. `index` is the integer vector type of the same shape.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#define SHUFFLE(index, a, b, ...) __builtin_shuffle(a, b, (index){__VA_ARGS__})
#else
#define SHUFFLE(index, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef float vf_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf splat(float x) { return x - (vf){}; }
INLINE vi splat_int(int32_t x) { return x - (vi){}; }

// Returns a where the mask's lane is all ones, and b where it is zero.
INLINE vf choose(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }

// Returns sum + x * w, the inner step of convolutions. Where the machine can, an explicit call
// rounds only once. A compiler that is free to fuse does so in some tiles and not in others (GCC
// avoids long chains on Zen), and an image's bits would then depend on its neighbours. With relaxed
// SIMD the machine decides.
INLINE vf multiply_add(vf x, vf w, vf sum) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(x, w, sum);
#elif LANES == 16
  return (vf)_mm512_fmadd_ps((__m512)x, (__m512)w, (__m512)sum);
#elif LANES == 8
  return (vf)_mm256_fmadd_ps((__m256)x, (__m256)w, (__m256)sum);
#else
  return sum + x * w;
#endif
}

#ifdef __wasm_relaxed_simd__
// Returns whether this machine rounds once. The square of 1 + 2^-12 has one digit too many for a
// float.
INLINE int rounds_once(void) {
  return multiply_add(splat(1 + 0x1p-12f), splat(1 + 0x1p-12f), splat(-1 - 0x1p-11f))[0] != 0;
}
#endif

// Returns the lanes 0, 1, 2, ...
INLINE vi lane_numbers(void) {
  vi lanes = {};
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) lanes[i] = i;
  return lanes;
}

// fold8, fold4, fold2 and fold1 add lanes in pairs of blocks of 8, 4, 2 and 1 lanes. The second
// block of each pair is added to the first. The result holds the sums of a, then those of b.
#if LANES == 16
INLINE vf fold8(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
         SHUFFLE(vi, a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
INLINE vf fold4(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
         SHUFFLE(vi, a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
INLINE vf fold2(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
         SHUFFLE(vi, a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
}
INLINE vf fold1(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         SHUFFLE(vi, a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
#elif LANES == 8
INLINE vf fold4(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
         SHUFFLE(vi, a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
INLINE vf fold2(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
         SHUFFLE(vi, a, b, 2, 3, 6, 7, 10, 11, 14, 15);
}
INLINE vf fold1(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
         SHUFFLE(vi, a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}
#else
INLINE vf fold2(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 1, 4, 5) + SHUFFLE(vi, a, b, 2, 3, 6, 7);
}
INLINE vf fold1(vf a, vf b) {
  return SHUFFLE(vi, a, b, 0, 2, 4, 6) + SHUFFLE(vi, a, b, 1, 3, 5, 7);
}
#endif

// Returns in lane i the sum of v[i]'s lanes. v has LANES vectors and is overwritten.
INLINE vf totals(vf *v) {
#define FOLD(count, fold)               \
  _Pragma("GCC unroll 16")              \
  for (int i = 0; i < count; i++) v[i] = fold(v[2 * i], v[2 * i + 1]);
#if LANES == 16
  FOLD(8, fold8) FOLD(4, fold4) FOLD(2, fold2) FOLD(1, fold1)
#elif LANES == 8
  FOLD(4, fold4) FOLD(2, fold2) FOLD(1, fold1)
#else
  FOLD(2, fold2) FOLD(1, fold1)
#endif
#undef FOLD
  return v[0];
}

INLINE int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
