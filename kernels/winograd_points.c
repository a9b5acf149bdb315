// These maps compute values at points (Toom-Cook; see winograd.c). Each map is separable. It first
// maps the rows of an image into a strip of lines, which stays in the first-level cache, and then
// the columns. A line is a row of the image at one point. A margin of zeros stands for what lies
// outside the image. A map along one axis multiplies whole vectors of channels by a short matrix,
// which is the same for both axes.
#include "winograd_points.h"

#include "winograd_tables.h"

// Points 1 and 3 are p and -p, and so are 2 and 4. If a map has both, the even and the odd powers
// are summed once for the two, which saves a third of the work.
INLINE int is_first(int n, int i) { return (i == 1 || i == 2) && i + 2 < n - 1; }
INLINE int is_second(int n, int i) { return (i == 3 || i == 4) && i < n - 1; }
// The rows of B come in such pairs only if all of their finite points but 0 do.
#define PAIRED(n) (n == 6)

// Maps n inputs to n points, for `count` floats of each of the rows. The lines that are written
// next lie `ahead` floats further on. They are fetched meanwhile, because a store waits for its
// line.
#define TO_POINTS(n)                                                                                                   \
  static void to_points_##n(const float *const *rows, int32_t count, float *to, int64_t step, int64_t ahead) {         \
    for (int32_t k = 0; k < count; k += LANES) {                                                                       \
      vf in[n];                                                                                                        \
      _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) in[l] = load(rows[l] + k);                                   \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) {                                                            \
        __builtin_prefetch(to + i * step + k + ahead, 1);                                                              \
        if (PAIRED(n) && is_second(n, i)) continue;                                                                    \
        const int pair = PAIRED(n) && is_first(n, i);                                                                  \
        vf sum[2] = {};                                                                                                \
        _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) if (B##n[i][l] != 0) sum[pair && l % 2] +=                 \
            in[l] * splat(B##n[i][l]);                                                                                 \
        store(to + i * step + k, pair ? sum[0] + sum[1] : sum[0]);                                                     \
        if (pair) store(to + (i + 2) * step + k, sum[0] - sum[1]);                                                     \
      }                                                                                                                \
    }                                                                                                                  \
  }
TO_POINTS(4) TO_POINTS(5) TO_POINTS(6)

typedef void to_points_function(const float *const *rows, int32_t count, float *to, int64_t step, int64_t ahead);
static to_points_function *const to_points[] = {to_points_4, to_points_5, to_points_6};

// Replaces the values of each pair of points by their sum and their difference. Even powers need
// only the one, and odd powers the other.
#define FOLD_PAIRS(n, in)                                                                                              \
  _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) if (is_first(n, i)) {                                            \
    const vf first = in[i], second = in[i + 2];                                                                        \
    in[i] = first + second;                                                                                            \
    in[i + 2] = first - second;                                                                                        \
  }
// Returns the factor of in[i], after that, in power l. `own` and `first` are the factors of points
// i and i - 2.
INLINE float folded(int n, int i, int l, float own, float first) {
  if (is_first(n, i)) return l % 2 ? 0 : own;
  if (is_second(n, i)) return l % 2 ? first : 0;
  return own;
}

// Maps n points back to n inputs, as the adjoint. The first `merged` rows are added to the values
// that are there. The next image's rows lie `ahead` floats further on, and are fetched into the
// second-level cache (0 for lines of the strip, which stays in the first).
#define B_FACTOR(n, i, l) (PAIRED(n) ? folded(n, i, l, B##n[i][l], B##n[i < 2 ? 0 : i - 2][l]) : B##n[i][l])
#define TO_INPUTS(n, merged)                                                                                           \
  static void to_inputs_##n##_##merged(const float *from, int64_t step, int32_t count, float *const *rows,             \
                                       int64_t ahead) {                                                                \
    for (int32_t k = 0; k < count; k += LANES) {                                                                       \
      vf in[n];                                                                                                        \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) in[i] = load(from + i * step + k);                           \
      if (PAIRED(n)) FOLD_PAIRS(n, in)                                                                                 \
      _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) {                                                            \
        vf s = l < merged ? load(rows[l] + k) : (vf){};                                                                \
        _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) if (B_FACTOR(n, i, l) != 0) s +=                           \
            in[i] * splat(B_FACTOR(n, i, l));                                                                          \
        store(rows[l] + k, s);                                                                                         \
        __builtin_prefetch(rows[l] + k + ahead, 0, 2);                                                                 \
      }                                                                                                                \
    }                                                                                                                  \
  }
TO_INPUTS(4, 0) TO_INPUTS(4, 1) TO_INPUTS(4, 2)
TO_INPUTS(5, 0) TO_INPUTS(5, 1) TO_INPUTS(5, 2) TO_INPUTS(5, 3) TO_INPUTS(5, 4)
TO_INPUTS(6, 0) TO_INPUTS(6, 2) TO_INPUTS(6, 4)

typedef void to_inputs_function(const float *from, int64_t step, int32_t count, float *const *rows, int64_t ahead);
// These tables are indexed by the number of inputs and of merged rows.
static to_inputs_function *const to_inputs[POINTS + 1][TAPS] = {
    [4] = {to_inputs_4_0, to_inputs_4_1, to_inputs_4_2},
    [5] = {to_inputs_5_0, to_inputs_5_1, to_inputs_5_2, to_inputs_5_3, to_inputs_5_4},
    [6] = {to_inputs_6_0, 0, to_inputs_6_2, 0, to_inputs_6_4},
};

// Returns how many of the n inputs of a tile's phase are also read by the tiles and phases before
// it. With stride 2 only the same phase of the previous tile reads some of them. With stride 1 the
// phases read neighbouring inputs.
INLINE int32_t merged_inputs(const struct axis *a, int32_t tile, int32_t phase, int32_t n) {
  if (a->stride == 2) return tile ? taps_of(phase) - 1 : 0;
  return phase ? n - 2 : tile ? TAPS - 1 : 0;
}

// Maps values at n points to the tile's outputs, which are 4 when n is even and 3 when it is odd.
// The second function is the adjoint.
#define OUTS(n) (n % 2 ? 3 : 4)
#define POWER_FACTOR(n, i, o) folded(n, i, o, POWERS[i][o], POWERS[i < 2 ? 0 : i - 2][o])
#define FROM_POINTS(n) \
  static void from_points_##n(const float *from, int64_t step, int32_t count, float *const *rows, int64_t ahead) { \
    for (int32_t k = 0; k < count; k += LANES) { \
      vf in[n]; \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) in[i] = load(from + i * step + k); \
      FOLD_PAIRS(n, in) \
      _Pragma("GCC unroll 8") for (int o = 0; o < OUTS(n); o++) { \
        vf s = o == OUTS(n) - 1 ? in[n - 1] : (vf){}; \
        _Pragma("GCC unroll 8") for (int i = 0; i < n - 1; i++) \
          if (POWER_FACTOR(n, i, o) != 0) s += in[i] * splat(POWER_FACTOR(n, i, o)); \
        store(rows[o] + k, s); \
        __builtin_prefetch(rows[o] + k + ahead, 0, 2); \
      } \
    } \
  } \
  static void outs_to_points_##n(const float *const *rows, int32_t count, float *to, int64_t step, int64_t ahead) { \
    for (int32_t k = 0; k < count; k += LANES) { \
      vf in[MOST_OUTS]; \
      _Pragma("GCC unroll 8") for (int o = 0; o < OUTS(n); o++) in[o] = load(rows[o] + k); \
      _Pragma("GCC unroll 8") for (int i = 0; i < n - 1; i++) { \
        __builtin_prefetch(to + i * step + k + ahead, 1); \
        if (is_second(n, i)) continue; \
        const int pair = is_first(n, i); \
        vf sum[2] = {in[0]}; \
        _Pragma("GCC unroll 8") for (int o = 1; o < OUTS(n); o++) \
          if (POWERS[i][o] != 0) sum[pair && o % 2] += in[o] * splat(POWERS[i][o]); \
        store(to + i * step + k, pair ? sum[0] + sum[1] : sum[0]); \
        if (pair) store(to + (i + 2) * step + k, sum[0] - sum[1]); \
      } \
      store(to + (n - 1) * step + k, in[OUTS(n) - 1]); \
    } \
  }
FROM_POINTS(5) FROM_POINTS(6)

static to_inputs_function *const from_points[] = {from_points_5, from_points_6};
static to_points_function *const outs_to_points[] = {outs_to_points_5, outs_to_points_6};

// Returns the floats of a line of x with its margins, and of y.
INLINE int32_t wide_line(const struct cut *c) { return (c->x.length + 2 * MARGIN) * c->C; }
INLINE int32_t narrow_line(const struct cut *c) {
  const int32_t last = c->x.tiles - 1;
  return (c->x.first[last] + c->x.outs[last]) * c->OC;
}

int64_t dcgan_strip_floats(const struct cut *c) {
  return (int64_t)(POINTS + 1) * wide_line(c) + POINTS * narrow_line(c);
}

// `outside` returns where rows outside the image are read, as zeros, or written. `narrow_strip`
// returns the lines of y, which have no margins.
INLINE float *outside(const struct cut *c, float *strip) { return strip + POINTS * wide_line(c); }
INLINE float *narrow_strip(const struct cut *c, float *strip) { return outside(c, strip) + wide_line(c); }

void dcgan_strip_clear(const struct cut *c, float *strip) {
  const int64_t floats = dcgan_strip_floats(c);
  for (int64_t i = 0; i < floats; i++) strip[i] = 0;
}

// Returns the position along the axis of input `place` of a tile's phase.
INLINE int32_t position(const struct axis *a, int32_t tile, int32_t phase, int32_t place) {
  return a->stride * (a->first[tile] + place) + first_tap(a->stride, phase) - a->pad;
}

INLINE int is_inside(const struct axis *a, int32_t at) { return at >= 0 && at < a->length; }

void dcgan_spread_inputs(const struct cut *c, const float *x, float *to, int64_t slab, float *strip) {
  const int32_t C = c->C, wide = c->x.length * C, line = wide_line(c);
  for (int32_t j = 0; j < c->y.tiles; j++)
    for (int32_t p = 0; p < PHASES; p++) {
      const float *rows[POINTS];
      const int32_t n = inputs_of(&c->y, j, p);
      for (int32_t l = 0; l < n; l++) {
        const int32_t row = position(&c->y, j, p, l);
        rows[l] = is_inside(&c->y, row) ? x + (int64_t)row * wide : outside(c, strip);
      }
      to_points[n - 4](rows, wide, strip + MARGIN * C, line, 0);
      for (int32_t s = 0; s < n; s++)
        for (int32_t i = 0; i < c->x.tiles; i++)
          for (int32_t q = 0; q < PHASES; q++) {
            const int32_t m = inputs_of(&c->x, i, q);
            for (int32_t l = 0; l < m; l++) rows[l] = strip + s * line + (MARGIN + position(&c->x, i, q, l)) * C;
            to_points[m - 4](rows, C, to + ((int64_t)(c->y.input[j][p] + s) * c->x.inputs + c->x.input[i][q]) * slab,
                             slab, c->x.inputs * slab);
          }
    }
}

void dcgan_gather_inputs(const struct cut *c, const float *from, int64_t slab, float *x, float *strip) {
  const int32_t C = c->C, wide = c->x.length * C, line = wide_line(c);
  for (int32_t j = 0; j < c->y.tiles; j++)
    for (int32_t p = 0; p < PHASES; p++) {
      float *rows[POINTS];
      const int32_t n = inputs_of(&c->y, j, p);
      for (int32_t s = 0; s < n; s++)
        for (int32_t i = 0; i < c->x.tiles; i++)
          for (int32_t q = 0; q < PHASES; q++) {
            const int32_t m = inputs_of(&c->x, i, q);
            for (int32_t l = 0; l < m; l++) rows[l] = strip + s * line + (MARGIN + position(&c->x, i, q, l)) * C;
            to_inputs[m][merged_inputs(&c->x, i, q, m)](
                from + ((int64_t)(c->y.input[j][p] + s) * c->x.inputs + c->x.input[i][q]) * slab, slab, C, rows, 0);
          }
      for (int32_t l = 0; l < n; l++) {
        const int32_t row = position(&c->y, j, p, l);
        rows[l] = is_inside(&c->y, row) ? x + (int64_t)row * wide : outside(c, strip);
      }
      to_inputs[n][merged_inputs(&c->y, j, p, n)](strip + MARGIN * C, line, wide, rows, (int64_t)c->y.length * wide);
    }
}

void dcgan_spread_outputs(const struct cut *c, const float *y, float *to, int64_t slab, float *strip) {
  const int32_t narrow = narrow_line(c);
  strip = narrow_strip(c, strip);
  for (int32_t j = 0; j < c->y.tiles; j++) {
    const float *rows[MOST_OUTS];
    const int32_t n = outputs_of(&c->y, j);
    for (int32_t o = 0; o < c->y.outs[j]; o++) rows[o] = y + (int64_t)(c->y.first[j] + o) * narrow;
    outs_to_points[n - 5](rows, narrow, strip, narrow, 0);
    for (int32_t s = 0; s < n; s++)
      for (int32_t i = 0; i < c->x.tiles; i++) {
        for (int32_t o = 0; o < c->x.outs[i]; o++) rows[o] = strip + s * narrow + (c->x.first[i] + o) * c->OC;
        outs_to_points[outputs_of(&c->x, i) - 5](
            rows, c->OC, to + ((int64_t)(c->y.output[j] + s) * c->x.outputs + c->x.output[i]) * slab, slab,
            c->x.outputs * slab);
      }
  }
}

void dcgan_gather_outputs(const struct cut *c, const float *from, int64_t slab, float *y, float *strip) {
  const int32_t narrow = narrow_line(c), last = c->y.tiles - 1;
  const int64_t image = (int64_t)(c->y.first[last] + c->y.outs[last]) * narrow;
  strip = narrow_strip(c, strip);
  for (int32_t j = 0; j < c->y.tiles; j++) {
    float *rows[MOST_OUTS];
    const int32_t n = outputs_of(&c->y, j);
    for (int32_t s = 0; s < n; s++)
      for (int32_t i = 0; i < c->x.tiles; i++) {
        for (int32_t o = 0; o < c->x.outs[i]; o++) rows[o] = strip + s * narrow + (c->x.first[i] + o) * c->OC;
        from_points[outputs_of(&c->x, i) - 5](
            from + ((int64_t)(c->y.output[j] + s) * c->x.outputs + c->x.output[i]) * slab, slab, c->OC, rows, 0);
      }
    for (int32_t o = 0; o < c->y.outs[j]; o++) rows[o] = y + (int64_t)(c->y.first[j] + o) * narrow;
    from_points[n - 5](strip, narrow, narrow, rows, image);
  }
}

// Returns the factor of tap j in value i of a filter with this many taps.
INLINE float weight_factor(int taps, int i, int j) { return i == POINTS - 1 ? j == taps - 1 : POWERS[i][j]; }

// Returns whether a phase with this many taps has point i.
INLINE int has_point(int taps, int i) { return taps == 3 || i != POINTS - 2; }

// Returns the place of tap y of phase p along one axis, and x of q along the other.
INLINE int64_t tap_place(int stride, int p, int y, int q, int x) {
  return (first_tap(stride, p) + stride * y) * TAPS + first_tap(stride, q) + stride * x;
}

// All values together are larger than the second-level cache, and a store waits for its line. So
// the lines that are written two rows of weights later are fetched meanwhile. Those of all points
// and parts fit into the first-level cache, and those of four rows would not.
enum { WEIGHTS_AHEAD = 2 * PANEL };

INLINE void spread_phase(const int stride, const int ty, const int tx, const float *w, int64_t tap, float *to,
                         int64_t point_step) {
  const int p = 3 - ty, q = 3 - tx;
  vf half[POINTS * TAPS];
#pragma GCC unroll 1
  for (int x = 0; x < tx; x++)
#pragma GCC unroll 8
    for (int a = 0; a < POINTS; a++) {
      vf s = (vf){};
#pragma GCC unroll 8
      for (int y = 0; y < ty; y++)
        if (weight_factor(ty, a, y) != 0)
          s += load(w + tap_place(stride, p, y, q, x) * tap) * splat(weight_factor(ty, a, y));
      half[a * TAPS + x] = s;
    }
#pragma GCC unroll 1
  for (int a = 0; a < POINTS; a++)
#pragma GCC unroll 8
    for (int b = 0; b < POINTS; b++) {
      if (!has_point(ty, a) || !has_point(tx, b)) continue;
      vf s = (vf){};
#pragma GCC unroll 8
      for (int x = 0; x < tx; x++)
        if (weight_factor(tx, b, x) != 0) s += half[a * TAPS + x] * splat(weight_factor(tx, b, x));
      store(to + (a * POINTS + b) * point_step, s);
      __builtin_prefetch(to + (a * POINTS + b) * point_step + WEIGHTS_AHEAD, 1);
    }
}

void dcgan_spread_weights(const struct cut *c, const float *w, int64_t tap, float *to, int64_t point_step,
                          int64_t phase_step) {
  const int stride = c->x.stride;
  spread_phase(stride, 3, 3, w, tap, to, point_step);
  spread_phase(stride, 3, 2, w, tap, to + phase_step, point_step);
  spread_phase(stride, 2, 3, w, tap, to + 2 * phase_step, point_step);
  spread_phase(stride, 2, 2, w, tap, to + 3 * phase_step, point_step);
}

INLINE void gather_phase(const int stride, const int ty, const int tx, const float *from, int64_t point_step, float *w,
                         int64_t tap) {
  const int p = 3 - ty, q = 3 - tx;
  vf sum[TAPS * TAPS] = {};
#pragma GCC unroll 1
  for (int a = 0; a < POINTS; a++) {
    if (!has_point(ty, a)) continue;
    vf half[TAPS] = {};
#pragma GCC unroll 8
    for (int b = 0; b < POINTS; b++) {
      if (!has_point(tx, b)) continue;
      const vf value = load(from + (a * POINTS + b) * point_step);
#pragma GCC unroll 8
      for (int x = 0; x < tx; x++)
        if (weight_factor(tx, b, x) != 0) half[x] += value * splat(weight_factor(tx, b, x));
    }
    for (int y = 0; y < ty; y++)
      for (int x = 0; x < tx; x++) sum[y * TAPS + x] += half[x] * splat(weight_factor(ty, a, y));
  }
  for (int y = 0; y < ty; y++)
    for (int x = 0; x < tx; x++) store(w + tap_place(stride, p, y, q, x) * tap, sum[y * TAPS + x]);
}

void dcgan_gather_weights(const struct cut *c, const float *from, int64_t point_step, int64_t phase_step, float *w,
                          int64_t tap) {
  const int stride = c->x.stride;
  gather_phase(stride, 3, 3, from, point_step, w, tap);
  gather_phase(stride, 3, 2, from + phase_step, point_step, w, tap);
  gather_phase(stride, 2, 3, from + 2 * phase_step, point_step, w, tap);
  gather_phase(stride, 2, 2, from + 3 * phase_step, point_step, w, tap);
}
