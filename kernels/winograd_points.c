// These maps compute values at points (Toom-Cook; see winograd.c). Each map is separable. It first
// maps the rows of an image into a strip of lines, which stays in the first-level cache, and then
// the columns. A line is a row of the image at one point. A margin of zeros stands for what lies
// outside the image. A map along one axis multiplies whole vectors of channels by a short matrix,
// which is the same for both axes.
#include "winograd_points.h"

#include "winograd_tables.h"

// Maps n inputs to n points, for `count` floats of each of the rows `in`.
#define TO_POINTS(n)                                                                                                   \
  static void to_points_##n(const float *const *rows, int32_t count, float *to, int64_t step) {                        \
    for (int32_t k = 0; k < count; k += LANES) {                                                                       \
      vf in[n];                                                                                                        \
      _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) in[l] = load(rows[l] + k);                                   \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) {                                                            \
        vf s = (vf){};                                                                                                 \
        _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) if (B##n[i][l] != 0) s += in[l] * splat(B##n[i][l]);       \
        store(to + i * step + k, s);                                                                                   \
      }                                                                                                                \
    }                                                                                                                  \
  }
TO_POINTS(4) TO_POINTS(5) TO_POINTS(6) TO_POINTS(7) TO_POINTS(8)

typedef void to_points_function(const float *const *rows, int32_t count, float *to, int64_t step);
static to_points_function *const to_points[] = {to_points_4, to_points_5, to_points_6, to_points_7, to_points_8};

// Maps n points back to n inputs, as the adjoint. The first `merged` rows are added to the values
// that are there.
#define TO_INPUTS(n, merged)                                                                                           \
  static void to_inputs_##n##_##merged(const float *from, int64_t step, int32_t count, float *const *rows) {           \
    for (int32_t k = 0; k < count; k += LANES) {                                                                       \
      vf in[n];                                                                                                        \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) in[i] = load(from + i * step + k);                           \
      _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) {                                                            \
        vf s = l < merged ? load(rows[l] + k) : (vf){};                                                                \
        _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) if (B##n[i][l] != 0) s += in[i] * splat(B##n[i][l]);       \
        store(rows[l] + k, s);                                                                                         \
      }                                                                                                                \
    }                                                                                                                  \
  }
TO_INPUTS(4, 0) TO_INPUTS(5, 0) TO_INPUTS(6, 0) TO_INPUTS(7, 0) TO_INPUTS(8, 0)
TO_INPUTS(4, 1) TO_INPUTS(5, 1) TO_INPUTS(5, 2) TO_INPUTS(6, 2) TO_INPUTS(7, 4) TO_INPUTS(8, 4)

typedef void to_inputs_function(const float *from, int64_t step, int32_t count, float *const *rows);
// These tables are indexed by the number of inputs and of merged rows.
static to_inputs_function *const to_inputs[MOST_POINTS + 1][TAPS] = {
    [4] = {to_inputs_4_0, to_inputs_4_1},
    [5] = {to_inputs_5_0, to_inputs_5_1, to_inputs_5_2},
    [6] = {to_inputs_6_0, 0, to_inputs_6_2},
    [7] = {to_inputs_7_0, 0, 0, 0, to_inputs_7_4},
    [8] = {to_inputs_8_0, 0, 0, 0, to_inputs_8_4},
};

// Maps values at n points to the tile's outputs, which are 4 when n is even and 3 when it is odd.
// The second function is the adjoint.
#define OUTS(n) (n % 2 ? 3 : 4)
#define FROM_POINTS(n) \
  static void from_points_##n(const float *from, int64_t step, int32_t count, float *const *rows) { \
    for (int32_t k = 0; k < count; k += LANES) { \
      vf in[n]; \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) in[i] = load(from + i * step + k); \
      _Pragma("GCC unroll 8") for (int o = 0; o < OUTS(n); o++) { \
        vf s = o == OUTS(n) - 1 ? in[n - 1] : (vf){}; \
        _Pragma("GCC unroll 8") for (int i = 0; i < n - 1; i++) \
          if (POWERS[i][o] != 0) s += in[i] * splat(POWERS[i][o]); \
        store(rows[o] + k, s); \
      } \
    } \
  } \
  static void outs_to_points_##n(const float *const *rows, int32_t count, float *to, int64_t step) { \
    for (int32_t k = 0; k < count; k += LANES) { \
      vf in[MOST_OUTS]; \
      _Pragma("GCC unroll 8") for (int o = 0; o < OUTS(n); o++) in[o] = load(rows[o] + k); \
      _Pragma("GCC unroll 8") for (int i = 0; i < n - 1; i++) { \
        vf s = in[0]; \
        _Pragma("GCC unroll 8") for (int o = 1; o < OUTS(n); o++) \
          if (POWERS[i][o] != 0) s += in[o] * splat(POWERS[i][o]); \
        store(to + i * step + k, s); \
      } \
      store(to + (n - 1) * step + k, in[OUTS(n) - 1]); \
    } \
  }
FROM_POINTS(5) FROM_POINTS(6) FROM_POINTS(7) FROM_POINTS(8)

static to_inputs_function *const from_points[] = {from_points_5, from_points_6, from_points_7, from_points_8};
static to_points_function *const outs_to_points[] = {outs_to_points_5, outs_to_points_6, outs_to_points_7,
                                                     outs_to_points_8};

// Returns the floats of a line of x with its margins, and of y.
INLINE int32_t wide_line(const struct cut *c) { return (c->x.length + 2 * MARGIN) * c->C; }
INLINE int32_t narrow_line(const struct cut *c) {
  const int32_t last = c->x.tiles - 1;
  return (c->x.first[last] + c->x.outs[last]) * c->OC;
}

int64_t dcgan_strip_floats(const struct cut *c) {
  return (int64_t)(MOST_POINTS + 1) * wide_line(c) + MOST_POINTS * narrow_line(c);
}

// `outside` returns where rows outside the image are read, as zeros, or written. `narrow_strip`
// returns the lines of y, which have no margins.
INLINE float *outside(const struct cut *c, float *strip) { return strip + MOST_POINTS * wide_line(c); }
INLINE float *narrow_strip(const struct cut *c, float *strip) { return outside(c, strip) + wide_line(c); }

void dcgan_strip_clear(const struct cut *c, float *strip) {
  const int64_t floats = dcgan_strip_floats(c);
  for (int64_t i = 0; i < floats; i++) strip[i] = 0;
}

// Returns the position along the axis of input `place` of a tile's phase.
INLINE int32_t position(const struct axis *a, int32_t tile, int32_t phase, int32_t place) {
  return a->stride * (a->first[tile] + place) + phase - a->pad;
}

INLINE int is_inside(const struct axis *a, int32_t at) { return at >= 0 && at < a->length; }

void dcgan_spread_inputs(const struct cut *c, const float *x, float *to, int64_t slab, float *strip) {
  const int32_t C = c->C, wide = c->x.length * C, line = wide_line(c);
  for (int32_t j = 0; j < c->y.tiles; j++)
    for (int32_t p = 0; p < c->phases; p++) {
      const float *rows[MOST_POINTS];
      const int32_t n = inputs_of(&c->y, j, p);
      for (int32_t l = 0; l < n; l++) {
        const int32_t row = position(&c->y, j, p, l);
        rows[l] = is_inside(&c->y, row) ? x + (int64_t)row * wide : outside(c, strip);
      }
      to_points[n - 4](rows, wide, strip + MARGIN * C, line);
      for (int32_t s = 0; s < n; s++)
        for (int32_t i = 0; i < c->x.tiles; i++)
          for (int32_t q = 0; q < c->phases; q++) {
            const int32_t m = inputs_of(&c->x, i, q);
            for (int32_t l = 0; l < m; l++) rows[l] = strip + s * line + (MARGIN + position(&c->x, i, q, l)) * C;
            to_points[m - 4](rows, C, to + ((int64_t)(c->y.input[j][p] + s) * c->x.inputs + c->x.input[i][q]) * slab,
                             slab);
          }
    }
}

void dcgan_gather_inputs(const struct cut *c, const float *from, int64_t slab, float *x, float *strip) {
  const int32_t C = c->C, wide = c->x.length * C, line = wide_line(c);
  for (int32_t j = 0; j < c->y.tiles; j++)
    for (int32_t p = 0; p < c->phases; p++) {
      float *rows[MOST_POINTS];
      const int32_t n = inputs_of(&c->y, j, p);
      for (int32_t s = 0; s < n; s++)
        for (int32_t i = 0; i < c->x.tiles; i++)
          for (int32_t q = 0; q < c->phases; q++) {
            const int32_t m = inputs_of(&c->x, i, q);
            for (int32_t l = 0; l < m; l++) rows[l] = strip + s * line + (MARGIN + position(&c->x, i, q, l)) * C;
            // The previous tile reads the last taps - 1 inputs too.
            to_inputs[m][i ? taps_of(c->x.stride, q) - 1 : 0](
                from + ((int64_t)(c->y.input[j][p] + s) * c->x.inputs + c->x.input[i][q]) * slab, slab, C, rows);
          }
      for (int32_t l = 0; l < n; l++) {
        const int32_t row = position(&c->y, j, p, l);
        rows[l] = is_inside(&c->y, row) ? x + (int64_t)row * wide : outside(c, strip);
      }
      to_inputs[n][j ? taps_of(c->y.stride, p) - 1 : 0](strip + MARGIN * C, line, wide, rows);
    }
}

void dcgan_spread_outputs(const struct cut *c, const float *y, float *to, int64_t slab, float *strip) {
  const int32_t narrow = narrow_line(c);
  strip = narrow_strip(c, strip);
  for (int32_t j = 0; j < c->y.tiles; j++) {
    const float *rows[MOST_OUTS];
    const int32_t n = outputs_of(&c->y, j);
    for (int32_t o = 0; o < c->y.outs[j]; o++) rows[o] = y + (int64_t)(c->y.first[j] + o) * narrow;
    outs_to_points[n - 5](rows, narrow, strip, narrow);
    for (int32_t s = 0; s < n; s++)
      for (int32_t i = 0; i < c->x.tiles; i++) {
        for (int32_t o = 0; o < c->x.outs[i]; o++) rows[o] = strip + s * narrow + (c->x.first[i] + o) * c->OC;
        outs_to_points[outputs_of(&c->x, i) - 5](
            rows, c->OC, to + ((int64_t)(c->y.output[j] + s) * c->x.outputs + c->x.output[i]) * slab, slab);
      }
  }
}

void dcgan_gather_outputs(const struct cut *c, const float *from, int64_t slab, float *y, float *strip) {
  const int32_t narrow = narrow_line(c);
  strip = narrow_strip(c, strip);
  for (int32_t j = 0; j < c->y.tiles; j++) {
    float *rows[MOST_OUTS];
    const int32_t n = outputs_of(&c->y, j);
    for (int32_t s = 0; s < n; s++)
      for (int32_t i = 0; i < c->x.tiles; i++) {
        for (int32_t o = 0; o < c->x.outs[i]; o++) rows[o] = strip + s * narrow + (c->x.first[i] + o) * c->OC;
        from_points[outputs_of(&c->x, i) - 5](
            from + ((int64_t)(c->y.output[j] + s) * c->x.outputs + c->x.output[i]) * slab, slab, c->OC, rows);
      }
    for (int32_t o = 0; o < c->y.outs[j]; o++) rows[o] = y + (int64_t)(c->y.first[j] + o) * narrow;
    from_points[n - 5](strip, narrow, narrow, rows);
  }
}

// Returns the factor of tap j in value i of `points`, for a filter with this many taps.
INLINE float weight_factor(int points, int taps, int i, int j) {
  return i == points - 1 ? j == taps - 1 : POWERS[i][j];
}

INLINE int has_point(int points, int stride, int taps, int i) { return stride == 1 || taps == 3 || i != points - 2; }

INLINE void spread_phase(const int stride, const int ty, const int tx, int p, int q, const float *w, int64_t tap,
                         float *to, int64_t point_step) {
  const int points = stride == 1 ? 8 : 6;
  vf half[MOST_POINTS * TAPS];
#pragma GCC unroll 1
  for (int x = 0; x < tx; x++)
#pragma GCC unroll 8
    for (int a = 0; a < points; a++) {
      vf s = (vf){};
#pragma GCC unroll 8
      for (int y = 0; y < ty; y++)
        if (weight_factor(points, ty, a, y) != 0)
          s += load(w + ((p + stride * y) * TAPS + q + stride * x) * tap) * splat(weight_factor(points, ty, a, y));
      half[a * TAPS + x] = s;
    }
#pragma GCC unroll 1
  for (int a = 0; a < points; a++)
#pragma GCC unroll 8
    for (int b = 0; b < points; b++) {
      if (!has_point(points, stride, ty, a) || !has_point(points, stride, tx, b)) continue;
      vf s = (vf){};
#pragma GCC unroll 8
      for (int x = 0; x < tx; x++)
        if (weight_factor(points, tx, b, x) != 0) s += half[a * TAPS + x] * splat(weight_factor(points, tx, b, x));
      store(to + (a * points + b) * point_step, s);
    }
}

void dcgan_spread_weights(const struct cut *c, const float *w, int64_t tap, float *to, int64_t point_step,
                          int64_t phase_step) {
  if (c->phases == 1) {
    spread_phase(1, 5, 5, 0, 0, w, tap, to, point_step);
    return;
  }
  spread_phase(2, 3, 3, 0, 0, w, tap, to, point_step);
  spread_phase(2, 3, 2, 0, 1, w, tap, to + phase_step, point_step);
  spread_phase(2, 2, 3, 1, 0, w, tap, to + 2 * phase_step, point_step);
  spread_phase(2, 2, 2, 1, 1, w, tap, to + 3 * phase_step, point_step);
}

INLINE void gather_phase(const int stride, const int ty, const int tx, int p, int q, const float *from,
                         int64_t point_step, float *w, int64_t tap) {
  const int points = stride == 1 ? 8 : 6;
  vf sum[TAPS * TAPS] = {};
#pragma GCC unroll 1
  for (int a = 0; a < points; a++) {
    if (!has_point(points, stride, ty, a)) continue;
    vf half[TAPS] = {};
#pragma GCC unroll 8
    for (int b = 0; b < points; b++) {
      if (!has_point(points, stride, tx, b)) continue;
      const vf value = load(from + (a * points + b) * point_step);
#pragma GCC unroll 8
      for (int x = 0; x < tx; x++)
        if (weight_factor(points, tx, b, x) != 0) half[x] += value * splat(weight_factor(points, tx, b, x));
    }
    for (int y = 0; y < ty; y++)
      for (int x = 0; x < tx; x++) sum[y * TAPS + x] += half[x] * splat(weight_factor(points, ty, a, y));
  }
  for (int y = 0; y < ty; y++)
    for (int x = 0; x < tx; x++) store(w + ((p + stride * y) * TAPS + q + stride * x) * tap, sum[y * TAPS + x]);
}

void dcgan_gather_weights(const struct cut *c, const float *from, int64_t point_step, int64_t phase_step, float *w,
                          int64_t tap) {
  if (c->phases == 1) {
    gather_phase(1, 5, 5, 0, 0, from, point_step, w, tap);
    return;
  }
  gather_phase(2, 3, 3, 0, 0, from, point_step, w, tap);
  gather_phase(2, 3, 2, 0, 1, from + phase_step, point_step, w, tap);
  gather_phase(2, 2, 3, 1, 0, from + 2 * phase_step, point_step, w, tap);
  gather_phase(2, 2, 2, 1, 1, from + 3 * phase_step, point_step, w, tap);
}
