// Fast 5 x 5 convolutions of stride 2 (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast
// algorithms for convolutional neural networks", 2016), by phase: along each axis the filter is one of 3 taps and one of
// 2 taps, of stride 1, on inputs of odd and even place. Outputs are cut into tiles of 4 and 3 (7 = 4 + 3: nothing is
// computed in vain), each seen at 6 and 5 points, or 5 and 4 for the phase of 2 taps. What a point is worth does not
// depend on tile or phase: denominators stand with the inputs, so that filters and outputs are plain polynomials'
// values; tiles of all sizes then share a filter's values, and products of all phases are added before one return
// from points to outputs. The gradients are the adjoints of the same three maps. Of 25 products a pixel 8.2 remain.
// A block of images passes at a time, one row of points after another, so that what is in work stays in the
// second-level cache. An infinite weight or input meets, other than in the direct kernels, all outputs of its tile.
#include "winograd.h"

#include "bf16.h"
#include "program.h"
#include "winograd_tables.h"

enum { POINTS = 6, MOST_TILES = 8, PHASES = 2 };

struct cover {
  int32_t count, first[MOST_TILES], outs[MOST_TILES];
};

// Outputs of one axis as tiles of 4 and 3.
static struct cover cover_of(int32_t outs) {
  struct cover c = {0};
  for (int32_t at = 0; at < outs;) {
    const int32_t left = outs - at, take = left % 4 == 0 || left - 4 >= 6 || left == 7 ? 4 : 3;
    c.first[c.count] = at;
    c.outs[c.count++] = take;
    at += take;
  }
  return c;
}

// Where point `id` stands among the n points of a transform, or -1.
INLINE int32_t slot(int32_t n, int32_t id) { return id == POINTS - 1 ? n - 1 : id < n - 1 ? id : -1; }

#if !defined(WINO_LEAST)
#define WINO_LEAST 32
#endif

static int64_t space_forward(const struct geometry *g), space_input(const struct geometry *g),
    space_filter(const struct geometry *g);

// plan.ts gives room for just these shapes; what the register tile wants besides is added here.
int dcgan_winograd_fits(const struct geometry *g) {
  return !dcgan_in_words(g) && g->N >= WINO_LEAST && g->KH == 5 && g->KW == 5 && g->stride == 2 && g->OH >= 6 && g->OH <= 28 && g->OW >= 6 &&
         g->OW <= 28 && g->C * g->OC <= 32768 && g->pad_top <= 2 && g->pad_left <= 2 && g->C % PANEL == 0 &&
         g->OC % PANEL == 0 && space_forward(g) <= SPACE_FLOATS && space_input(g) <= SPACE_FLOATS &&
         space_filter(g) <= SPACE_FLOATS;
}

// Weights at the points: [a][b][yphase][xphase][panel][c][PANEL]
static int64_t weight_at(const struct geometry *g, int32_t a, int32_t b, int32_t p, int32_t q) {
  return ((((int64_t)a * POINTS + b) * PHASES + p) * PHASES + q) * g->C * g->OC;
}

INLINE void spread(const int taps, const vf *w, int step, vf *u, int u_step) {
#pragma GCC unroll 8
  for (int i = 0; i < POINTS; i++) {
    vf s = w[0] * splat(taps == 3 ? G3[i][0] : G2[i][0]);
#pragma GCC unroll 8
    for (int j = 1; j < taps; j++)
      s += w[j * step] * splat(taps == 3 ? G3[i][j] : G2[i][j]);
    u[i * u_step] = s;
  }
}

// One vector of lanes: its taps, `tap` floats apart, to `place` in each matrix.
INLINE void weights_phase(const int ty, const int tx, const struct geometry *g, int32_t p, int32_t q, const float *w,
                          int64_t tap, float *to) {
  vf taps[3 * 3], half[POINTS * 3], all[POINTS * POINTS];
  for (int y = 0; y < ty; y++)
    for (int x = 0; x < tx; x++) taps[y * tx + x] = load(w + ((p + 2 * y) * 5 + q + 2 * x) * tap);
  for (int x = 0; x < tx; x++) spread(ty, taps + x, tx, half + x, tx);
  for (int a = 0; a < POINTS; a++) spread(tx, half + a * tx, 1, all + a * POINTS, 1);
  for (int a = 0; a < POINTS; a++)
    for (int b = 0; b < POINTS; b++) {
      if ((ty == 2 && a == 4) || (tx == 2 && b == 4)) continue;
      store(to + weight_at(g, a, b, p, q), all[a * POINTS + b]);
    }
}

static void weights_vector(const struct geometry *g, const float *w, int64_t tap, float *to) {
  weights_phase(3, 3, g, 0, 0, w, tap, to);
  weights_phase(3, 2, g, 0, 1, w, tap, to);
  weights_phase(2, 3, g, 1, 0, w, tap, to);
  weights_phase(2, 2, g, 1, 1, w, tap, to);
}

// Matrices [panel][c][PANEL] for conv2d.
static void transform_weights(const struct worker *me, const struct geometry *g, const float *w, float *to) {
  int64_t begin, end;
  dcgan_share(me, (int64_t)g->C * (g->OC / LANES), &begin, &end);
  for (int64_t i = begin; i < end; i++) {
    const int64_t c = i % g->C, lane = i / g->C * LANES;
    weights_vector(g, w + c * g->OC + lane, (int64_t)g->C * g->OC, to + (lane / PANEL * g->C + c) * PANEL + lane % PANEL);
  }
}

// Matrices [panel][oc][PANEL] for convInput.
static void transform_weights_input(const struct worker *me, const struct geometry *g, const float *w, float *to) {
  float turned[25 * LANES * LANES];
  int64_t begin, end;
  dcgan_share(me, (int64_t)(g->OC / LANES) * (g->C / LANES), &begin, &end);
  for (int64_t i = begin; i < end; i++) {
    const int64_t first = i % (g->OC / LANES) * LANES, lane = i / (g->OC / LANES) * LANES;
    for (int32_t tap = 0; tap < 25; tap++)
      for (int32_t c = 0; c < LANES; c++)
        for (int32_t o = 0; o < LANES; o++)
          turned[(tap * LANES + o) * LANES + c] = w[((int64_t)tap * g->C + lane + c) * g->OC + first + o];
    for (int32_t o = 0; o < LANES; o++)
      weights_vector(g, turned + o * LANES, LANES * LANES,
                     to + (lane / PANEL * g->OC + first + o) * PANEL + lane % PANEL);
  }
}

struct run {
  const float *v, *u;
};

INLINE void product(const int rows, const struct run *run, int32_t runs, int32_t depth, float *out, int64_t row) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = (vf){};
  for (int32_t i = 0; i < runs; i++) {
    const float *base[(TILE_ROWS + 2) / 3], *w = run[i].u;
#pragma GCC unroll 16
    for (int r = 0; r * 3 < rows; r++) base[r] = run[i].v + r * 3 * (int64_t)depth;
#pragma GCC unroll 1
    for (int32_t k = 0; k < depth; k++, w += PANEL) {
      vf weight[TILE_VECTORS];
#pragma GCC unroll 16
      for (int v = 0; v < TILE_VECTORS; v++) weight[v] = load(w + v * LANES);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf x = splat(base[r / 3][r % 3 * (int64_t)depth + k]);
#pragma GCC unroll 16
        for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = multiply_add(x, weight[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) store(out + r * row + v * LANES, sum[r][v]);
}

typedef void product_function(const struct run *run, int32_t runs, int32_t depth, float *out, int64_t row);
#define PRODUCT(R, V)                                                                                      \
  static void product_##R##_1(const struct run *run, int32_t runs, int32_t depth, float *out, int64_t row) { \
    product(R, run, runs, depth, out, row);                                                                \
  }
FOR_ROWS(PRODUCT)
static product_function *const products[TILE_ROWS] = ROW_TABLE(product);

// n inputs, `step` floats apart, to their values at n points, `point` floats apart.
#define TO_POINTS(n)                                                                          \
  INLINE void to_points_##n(const float *x, int64_t step, float *v, int64_t point) {          \
    vf in[n];                                                                                 \
    _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) in[l] = load(x + l * step);           \
    _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) {                                     \
      vf s = (vf){};                                                                          \
      _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) if (B##n[i][l] != 0) s += in[l] * splat(B##n[i][l]); \
      store(v + (i == n - 1 ? POINTS - 1 : i) * point, s);                                    \
    }                                                                                         \
  }
TO_POINTS(4) TO_POINTS(5) TO_POINTS(6)

// outs + 2 values at points to outs outputs.
INLINE void from_points(const int outs, const float *m, int64_t point, float *y, int64_t step) {
  vf in[POINTS];
#pragma GCC unroll 8
  for (int i = 0; i < outs + 2; i++) in[i] = load(m + (i == outs + 1 ? POINTS - 1 : i) * point);
#pragma GCC unroll 8
  for (int k = 0; k < outs; k++) {
    vf s = k == outs - 1 ? in[outs + 1] : (vf){};
#pragma GCC unroll 8
    for (int i = 0; i < outs + 1; i++)
      if (A[k][i] != 0) s += in[i] * splat(A[k][i]);
    store(y + k * step, s);
  }
}

static const float *row_of_b(int32_t n, int32_t at) { return n == 4 ? B4[at] : n == 5 ? B5[at] : B6[at]; }

static int64_t space_forward(const struct geometry *g) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  return (int64_t)(g->W + 8) * g->C + (int64_t)ty.count * tx.count * TILE_ROWS * POINTS * (4 * g->C + g->OC) +
         (int64_t)ty.count * POINTS * TILE_ROWS * g->OW * g->OC;
}
static void images_forward(const struct geometry *g, const float *x, const float *u, float *out, int32_t images,
                           float *space) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  const int32_t C = g->C, OC = g->OC, wide = g->W * C;
  float *line = space + 4 * C, *v = space + (g->W + 8) * C;
  const int64_t vp = (int64_t)images * C, mp = (int64_t)images * OC;
  float *m = v + ty.count * tx.count * 4 * POINTS * vp;
  float *t = m + ty.count * tx.count * POINTS * mp;
  for (int32_t i = -4 * C; i < 0; i++) line[i] = 0;
  for (int32_t i = 0; i < 4 * C; i++) line[wide + i] = 0;
  for (int32_t a = 0; a < POINTS; a++) {
    for (int32_t j = 0; j < ty.count; j++)
      for (int32_t p = 0; p < PHASES; p++) {
        const int32_t n = ty.outs[j] + 2 - p, at = slot(n, a);
        if (at < 0) continue;
        const float *factors = row_of_b(n, at);
        int32_t rows = 0, offset[POINTS];
        float f[POINTS];
        for (int32_t l = 0; l < n; l++) {
          const int32_t row = 2 * (ty.first[j] + l) + p - g->pad_top;
          if (row < 0 || row >= g->H || factors[l] == 0) continue;
          offset[rows] = row * wide;
          f[rows++] = factors[l];
        }
        for (int32_t image = 0; image < images; image++) {
          const float *from = x + (int64_t)image * g->H * wide;
          for (int32_t k = 0; k < wide; k += 2 * LANES) {
            vf s = (vf){}, s2 = (vf){};
            for (int32_t l = 0; l < rows; l++) {
              s += load(from + offset[l] + k) * splat(f[l]);
              s2 += load(from + offset[l] + k + LANES) * splat(f[l]);
            }
            store(line + k, s);
            store(line + k + LANES, s2);
          }
          for (int32_t i = 0; i < tx.count; i++)
            for (int32_t q = 0; q < PHASES; q++) {
              const int32_t n = tx.outs[i] + 2 - q;
              const float *in = line + (2 * tx.first[i] + q - g->pad_left) * C;
              float *to = v + (((j * PHASES + p) * tx.count + i) * PHASES + q) * POINTS * vp + image * C;
              if (n == 6) for (int32_t c = 0; c < C; c += LANES) to_points_6(in + c, 2 * C, to + c, vp);
              else if (n == 5) for (int32_t c = 0; c < C; c += LANES) to_points_5(in + c, 2 * C, to + c, vp);
              else for (int32_t c = 0; c < C; c += LANES) to_points_4(in + c, 2 * C, to + c, vp);
            }
        }
      }
    for (int32_t b = 0; b < POINTS; b++)
      for (int32_t panel = 0; panel < OC; panel += PANEL)
        for (int32_t j = 0; j < ty.count; j++)
          for (int32_t i = 0; i < tx.count; i++) {
            struct run run[4];
            int32_t runs = 0;
            if (slot(ty.outs[j] + 2, a) < 0 || slot(tx.outs[i] + 2, b) < 0) continue;
            for (int32_t p = 0; p < PHASES; p++)
              for (int32_t q = 0; q < PHASES; q++) {
                if (slot(ty.outs[j] + 2 - p, a) < 0 || slot(tx.outs[i] + 2 - q, b) < 0) continue;
                run[runs].v = v + ((((j * PHASES + p) * tx.count + i) * PHASES + q) * POINTS + b) * vp;
                run[runs++].u = u + weight_at(g, a, b, p, q) + (int64_t)panel * C;
              }
            products[images - 1](run, runs, C, m + ((j * tx.count + i) * POINTS + b) * mp + panel, OC);
          }
    for (int32_t j = 0; j < ty.count; j++) {
      if (slot(ty.outs[j] + 2, a) < 0) continue;
      for (int32_t i = 0; i < tx.count; i++)
        for (int32_t image = 0; image < images; image++) {
          const float *from = m + (j * tx.count + i) * POINTS * mp + image * OC;
          float *to = t + (((int64_t)j * POINTS + a) * images + image) * g->OW * OC + tx.first[i] * OC;
          if (tx.outs[i] == 4) for (int32_t c = 0; c < OC; c += LANES) from_points(4, from + c, mp, to + c, OC);
          else for (int32_t c = 0; c < OC; c += LANES) from_points(3, from + c, mp, to + c, OC);
        }
    }
  }
  const int64_t row = (int64_t)g->OW * OC;
  for (int32_t j = 0; j < ty.count; j++)
    for (int32_t image = 0; image < images; image++) {
      const float *from = t + ((int64_t)j * POINTS * images + image) * row;
      float *to = out + (image * g->OH + ty.first[j]) * row;
      if (ty.outs[j] == 4) for (int32_t c = 0; c < row; c += LANES) from_points(4, from + c, images * row, to + c, row);
      else for (int32_t c = 0; c < row; c += LANES) from_points(3, from + c, images * row, to + c, row);
    }
}

// m outputs, `step` floats apart, to their values at m + 2 points: the adjoint of from_points.
INLINE void outs_to_points(const int outs, const float *y, int64_t step, float *m, int64_t point) {
  vf in[4];
#pragma GCC unroll 8
  for (int k = 0; k < outs; k++) in[k] = load(y + k * step);
#pragma GCC unroll 8
  for (int i = 0; i < outs + 1; i++) {
    vf s = in[0] * splat(A[0][i]);
#pragma GCC unroll 8
    for (int k = 1; k < outs; k++)
      if (A[k][i] != 0) s += in[k] * splat(A[k][i]);
    store(m + i * point, s);
  }
  store(m + (POINTS - 1) * point, in[outs - 1]);
}

// The adjoint of to_points; the first `merged` inputs are added to what is there.
#define TO_INPUTS(n)                                                                                              \
  INLINE void to_inputs_##n(const float *v, int64_t point, float *x, int64_t step, const int merged) {            \
    vf in[n];                                                                                                     \
    _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) in[i] = load(v + (i == n - 1 ? POINTS - 1 : i) * point);  \
    _Pragma("GCC unroll 8") for (int l = 0; l < n; l++) {                                                         \
      vf s = l < merged ? load(x + l * step) : (vf){};                                                            \
      _Pragma("GCC unroll 8") for (int i = 0; i < n; i++) if (B##n[i][l] != 0) s += in[i] * splat(B##n[i][l]);    \
      store(x + l * step, s);                                                                                     \
    }                                                                                                             \
  }
TO_INPUTS(4) TO_INPUTS(5) TO_INPUTS(6)

static int64_t space_input(const struct geometry *g) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  return (int64_t)g->OW * g->OC + 16 * g->C + (int64_t)ty.count * tx.count * TILE_ROWS * POINTS * (4 * g->C + g->OC) +
         (int64_t)ty.count * POINTS * PHASES * TILE_ROWS * (g->W + 8) * g->C;
}

static void images_input(const struct geometry *g, const float *y, const float *u, float *x, int32_t images, float *space) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  const int32_t C = g->C, OC = g->OC, wide = g->W * C, narrow = g->OW * OC;
  const int64_t vp = (int64_t)images * C, mp = (int64_t)images * OC, row = wide + 8 * C;
  float *line = space, *v = space + narrow;
  float *m = v + ty.count * tx.count * 4 * POINTS * vp;
  float *t = m + ty.count * tx.count * POINTS * mp;
  for (int32_t a = 0; a < POINTS; a++) {
    for (int32_t j = 0; j < ty.count; j++) {
      const int32_t outs = ty.outs[j], at = slot(outs + 2, a);
      if (at < 0) continue;
      for (int32_t image = 0; image < images; image++) {
        const float *from = y + ((int64_t)image * g->OH + ty.first[j]) * narrow;
        const float *in = line;
        if (a == 0) in = from;
        else if (a == POINTS - 1) in = from + (outs - 1) * narrow;
        else for (int32_t k = 0; k < narrow; k += LANES) {
          vf s = load(from + k);
          for (int32_t l = 1; l < outs; l++) s += load(from + l * narrow + k) * splat(A[l][a]);
          store(line + k, s);
        }
        for (int32_t i = 0; i < tx.count; i++) {
          float *to = m + (j * tx.count + i) * POINTS * mp + image * OC;
          const float *at = in + tx.first[i] * OC;
          if (tx.outs[i] == 4) for (int32_t c = 0; c < OC; c += LANES) outs_to_points(4, at + c, OC, to + c, mp);
          else for (int32_t c = 0; c < OC; c += LANES) outs_to_points(3, at + c, OC, to + c, mp);
        }
      }
    }
    for (int32_t b = 0; b < POINTS; b++)
      for (int32_t p = 0; p < PHASES; p++)
        for (int32_t q = 0; q < PHASES; q++)
          for (int32_t panel = 0; panel < C; panel += PANEL)
            for (int32_t j = 0; j < ty.count; j++)
              for (int32_t i = 0; i < tx.count; i++) {
                if (slot(ty.outs[j] + 2 - p, a) < 0 || slot(tx.outs[i] + 2 - q, b) < 0) continue;
                const struct run run = {m + ((j * tx.count + i) * POINTS + b) * mp, u + weight_at(g, a, b, p, q) + (int64_t)panel * OC};
                products[images - 1](&run, 1, OC, v + ((((j * PHASES + p) * tx.count + i) * PHASES + q) * POINTS + b) * vp + panel, C);
              }
    for (int32_t j = 0; j < ty.count; j++)
      for (int32_t p = 0; p < PHASES; p++) {
        if (slot(ty.outs[j] + 2 - p, a) < 0) continue;
        for (int32_t image = 0; image < images; image++) {
          float *to = t + (((j * PHASES + p) * POINTS + a) * images + image) * row + 4 * C;
          for (int32_t i = 0; i < tx.count; i++)
            for (int32_t q = 0; q < PHASES; q++) {
              const int32_t n = tx.outs[i] + 2 - q;
              const float *from = v + (((j * PHASES + p) * tx.count + i) * PHASES + q) * POINTS * vp + image * C;
              float *at = to + (2 * tx.first[i] + q - g->pad_left) * C;
              // Inputs that the tile before has too: its last taps - 1.
#define INPUTS(n, merged) for (int32_t c = 0; c < C; c += LANES) to_inputs_##n(from + c, vp, at + c, 2 * C, merged)
              if (n == 6) { if (i) INPUTS(6, 2); else INPUTS(6, 0); }
              else if (n == 5 && q == 0) { if (i) INPUTS(5, 2); else INPUTS(5, 0); }
              else if (n == 5) { if (i) INPUTS(5, 1); else INPUTS(5, 0); }
              else { if (i) INPUTS(4, 1); else INPUTS(4, 0); }
            }
        }
      }
  }
  for (int32_t image = 0; image < images; image++)
    for (int32_t r = 0; r < g->H; r++) {
      float *to = x + ((int64_t)image * g->H + r) * wide;
      const int32_t p = (r + g->pad_top) % 2, i = (r + g->pad_top) / 2;
      const float *from[2 * POINTS];
      float factor[2 * POINTS];
      int32_t terms = 0;
      for (int32_t j = 0; j < ty.count; j++) {
        const int32_t n = ty.outs[j] + 2 - p, l = i - ty.first[j];
        if (l < 0 || l >= n) continue;
        for (int32_t a = 0; a < POINTS; a++) {
          const int32_t at = slot(n, a);
          if (at < 0 || row_of_b(n, at)[l] == 0) continue;
          from[terms] = t + (((j * PHASES + p) * POINTS + a) * images + image) * row + 4 * C;
          factor[terms++] = row_of_b(n, at)[l];
        }
      }
      for (int32_t k = 0; k < wide; k += 2 * LANES) {
        vf s = {}, s2 = {};
        for (int32_t e = 0; e < terms; e++) {
          s += load(from[e] + k) * splat(factor[e]);
          s2 += load(from[e] + k + LANES) * splat(factor[e]);
        }
        store(to + k, s);
        store(to + k + LANES, s2);
      }
    }
}

// Blocks of images and, on each while it is warm, what follows.
static void each_block(const struct worker *me, const struct geometry *g, const float *from, float *to, float *pack,
                       const int input, const int32_t *follower) {
  const int64_t in = (int64_t)g->H * g->W * g->C, out = (int64_t)g->OH * g->OW * g->OC, made = input ? in : out;
  float *space = dcgan_space(me, input ? space_input(g) : space_forward(g));
  struct program program;
  struct registers registers;
  if (follower) dcgan_program_elementwise(me, follower, &program);
  const int32_t threads = me->job->threads, turns = (g->N + TILE_ROWS * threads - 1) / (TILE_ROWS * threads);
  const int32_t blocks = turns * threads;
  for (int32_t block; (block = dcgan_claim(me, blocks)) >= 0;) {
    const int32_t first = (int32_t)((int64_t)g->N * block / blocks), past = (int32_t)((int64_t)g->N * (block + 1) / blocks);
    if (past == first) continue;
    if (input) images_input(g, from + first * out, pack, to + first * in, past - first, space);
    else images_forward(g, from + first * in, pack, to + first * out, past - first, space);
    if (follower) dcgan_stretch(me, &program, (int32_t)(first * made), (int32_t)(past * made), &registers);
  }
}

void dcgan_winograd_conv2d(const struct worker *me, const struct geometry *g, const float *x, const float *w, float *y,
                           float *pack, const int32_t *follower) {
  transform_weights(me, g, w, pack);
  dcgan_sync(me);
  each_block(me, g, x, y, pack, 0, follower);
}

void dcgan_winograd_conv_input(const struct worker *me, const struct geometry *g, const float *y, const float *w,
                               float *x, float *pack, const int32_t *follower) {
  transform_weights_input(me, g, w, pack);
  dcgan_sync(me);
  each_block(me, g, y, x, pack, 1, follower);
}

// The filter's gradient, the adjoint once more: the filter's values at the points gather the products of x's and y's,
// over tiles and images, and come back to taps once.
enum { FILTER_IMAGES = 24 };

struct segment {
  const float *x, *y;
};

INLINE void outer(const int rows, const struct segment *segment, int32_t segments, int32_t count, int32_t C, int32_t OC,
                  float *w, int fresh) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = fresh ? (vf){} : load(w + (int64_t)r * OC + v * LANES);
  for (int32_t i = 0; i < segments; i++) {
    const float *x = segment[i].x, *y = segment[i].y;
#pragma GCC unroll 1
    for (int32_t k = 0; k < count; k++, x += C, y += OC) {
      vf value[TILE_VECTORS];
#pragma GCC unroll 16
      for (int v = 0; v < TILE_VECTORS; v++) value[v] = load(y + v * LANES);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf factor = splat(x[r]);
#pragma GCC unroll 16
        for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = multiply_add(factor, value[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < TILE_VECTORS; v++) store(w + (int64_t)r * OC + v * LANES, sum[r][v]);
}

typedef void outer_function(const struct segment *segment, int32_t segments, int32_t count, int32_t C, int32_t OC,
                            float *w, int fresh);
#define OUTER(R, V)                                                                                                  \
  static void outer_##R##_1(const struct segment *segment, int32_t segments, int32_t count, int32_t C, int32_t OC,   \
                            float *w, int fresh) {                                                                   \
    outer(R, segment, segments, count, C, OC, w, fresh);                                                             \
  }
FOR_ROWS(OUTER)
static outer_function *const outers[TILE_ROWS] = ROW_TABLE(outer);

static int64_t space_filter(const struct geometry *g) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  const int64_t rows = (int64_t)tx.count * ty.count * FILTER_IMAGES;
  return (int64_t)(g->W + 8) * g->C + (int64_t)g->OW * g->OC + rows * POINTS * (PHASES * g->C + g->OC);
}

// Values [b][q] at row a of phase p, from images of x and y.
static void sum_filter(const struct geometry *g, int32_t a, int32_t p, const float *x, const float *y, int32_t images,
                       float *to, int fresh, float *space) {
  const struct cover ty = cover_of(g->OH), tx = cover_of(g->OW);
  const int32_t C = g->C, OC = g->OC, wide = g->W * C, narrow = g->OW * OC;
  int32_t count = 0;
  for (int32_t j = 0; j < ty.count; j++)
    if (slot(ty.outs[j] + 2 - p, a) >= 0) count += images;
  if (!count) return;
  float *line = space + 4 * C, *short_line = space + wide + 8 * C, *v = short_line + narrow;
  // [q][b][tile of columns][tile of rows, image]
  const int64_t v_tile = (int64_t)count * C, v_point = v_tile * tx.count, v_phase = v_point * POINTS;
  float *m = v + v_phase * PHASES;
  const int64_t m_tile = (int64_t)count * OC, m_point = m_tile * tx.count;
  for (int32_t i = -4 * C; i < 0; i++) line[i] = 0;
  for (int32_t i = 0; i < 4 * C; i++) line[wide + i] = 0;
  int32_t place = 0;
  for (int32_t j = 0; j < ty.count; j++) {
    const int32_t outs = ty.outs[j], n = outs + 2 - p, at = slot(n, a);
    if (at < 0) continue;
    const float *factors = row_of_b(n, at);
    int32_t rows = 0, offset[POINTS];
    float f[POINTS];
    for (int32_t l = 0; l < n; l++) {
      const int32_t row = 2 * (ty.first[j] + l) + p - g->pad_top;
      if (row < 0 || row >= g->H || factors[l] == 0) continue;
      offset[rows] = row * wide;
      f[rows++] = factors[l];
    }
    for (int32_t image = 0; image < images; image++, place++) {
      const float *from = x + (int64_t)image * g->H * wide;
      for (int32_t k = 0; k < wide; k += 2 * LANES) {
        vf s = (vf){}, s2 = (vf){};
        for (int32_t l = 0; l < rows; l++) {
          s += load(from + offset[l] + k) * splat(f[l]);
          s2 += load(from + offset[l] + k + LANES) * splat(f[l]);
        }
        store(line + k, s);
        store(line + k + LANES, s2);
      }
      for (int32_t i = 0; i < tx.count; i++)
        for (int32_t q = 0; q < PHASES; q++) {
          const int32_t n = tx.outs[i] + 2 - q;
          const float *in = line + (2 * tx.first[i] + q - g->pad_left) * C;
          float *to = v + q * v_phase + i * v_tile + (int64_t)place * C;
          if (n == 6) for (int32_t c = 0; c < C; c += LANES) to_points_6(in + c, 2 * C, to + c, v_point);
          else if (n == 5) for (int32_t c = 0; c < C; c += LANES) to_points_5(in + c, 2 * C, to + c, v_point);
          else for (int32_t c = 0; c < C; c += LANES) to_points_4(in + c, 2 * C, to + c, v_point);
        }
      const float *lines = y + ((int64_t)image * g->OH + ty.first[j]) * narrow, *in = short_line;
      if (a == 0) in = lines;
      else if (a == POINTS - 1) in = lines + (outs - 1) * narrow;
      else for (int32_t k = 0; k < narrow; k += LANES) {
        vf s = load(lines + k);
        for (int32_t l = 1; l < outs; l++) s += load(lines + l * narrow + k) * splat(A[l][a]);
        store(short_line + k, s);
      }
      for (int32_t i = 0; i < tx.count; i++) {
        float *to = m + i * m_tile + (int64_t)place * OC;
        const float *at = in + tx.first[i] * OC;
        if (tx.outs[i] == 4) for (int32_t c = 0; c < OC; c += LANES) outs_to_points(4, at + c, OC, to + c, m_point);
        else for (int32_t c = 0; c < OC; c += LANES) outs_to_points(3, at + c, OC, to + c, m_point);
      }
    }
  }
  const int32_t blocks = (C + TILE_ROWS - 1) / TILE_ROWS;
  for (int32_t b = 0; b < POINTS; b++)
    for (int32_t q = 0; q < PHASES; q++) {
      struct segment segment[MOST_TILES];
      int32_t segments = 0;
      for (int32_t i = 0; i < tx.count; i++) {
        if (slot(tx.outs[i] + 2 - q, b) < 0) continue;
        segment[segments++] = (struct segment){v + q * v_phase + b * v_point + i * v_tile, m + b * m_point + i * m_tile};
      }
      if (!segments) continue;
      float *w = to + ((int64_t)b * PHASES + q) * C * OC;
      for (int32_t panel = 0; panel < OC; panel += PANEL)
        for (int32_t block = 0; block < blocks; block++) {
          const int32_t first = C * block / blocks, last = C * (block + 1) / blocks;
          struct segment part[MOST_TILES];
          for (int32_t i = 0; i < segments; i++) part[i] = (struct segment){segment[i].x + first, segment[i].y + panel};
          outers[last - first - 1](part, segments, count, C, OC, w + (int64_t)first * OC + panel, fresh);
        }
    }
}

// Values at points of all groups, `group` floats apart, to taps of one vector.
INLINE void taps_phase(const int ty, const int tx, const struct geometry *g, int32_t p, int32_t q, const float *from,
                       int32_t groups, int64_t group, float *w) {
  vf tap[3 * 3];
  const int64_t each = (int64_t)g->C * g->OC;
  for (int i = 0; i < ty * tx; i++) tap[i] = (vf){};
  for (int a = 0; a < POINTS; a++) {
    if (ty == 2 && a == 4) continue;
    vf half[3] = {};
    for (int b = 0; b < POINTS; b++) {
      if (tx == 2 && b == 4) continue;
      const float *at = from + (((a * PHASES + p) * POINTS + b) * PHASES + q) * each;
      vf s = load(at);
      for (int32_t i = 1; i < groups; i++) s += load(at + i * group);
      for (int k = 0; k < tx; k++) half[k] += s * splat(tx == 3 ? G3[b][k] : G2[b][k]);
    }
    for (int y = 0; y < ty; y++)
      for (int k = 0; k < tx; k++) tap[y * tx + k] += half[k] * splat(ty == 3 ? G3[a][y] : G2[a][y]);
  }
  for (int y = 0; y < ty; y++)
    for (int k = 0; k < tx; k++) store(w + ((p + 2 * y) * 5 + q + 2 * k) * each, tap[y * tx + k]);
}

void dcgan_winograd_conv_filter(const struct worker *me, const struct geometry *g, const float *x, const float *y,
                                float *w, float *partials, int32_t groups) {
  const int64_t each = (int64_t)g->C * g->OC, group_floats = 144 * each;
  const int32_t per_group = (g->N + groups - 1) / groups;
  float *space = dcgan_space(me, space_filter(g));
  // Those of fewer tiles last.
  static const int32_t order[12][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}, {3, 0}, {5, 0}, {5, 1}, {3, 1}, {4, 0}};
  for (int32_t unit; (unit = dcgan_claim(me, groups * 11)) >= 0;) {
    const int32_t group = unit / 11, a = order[unit % 11][0], p = order[unit % 11][1];
    const int32_t first = least(g->N, group * per_group), last = least(g->N, first + per_group);
    float *to = partials + group * group_floats + (a * PHASES + p) * POINTS * PHASES * each;
    if (first == last)
      for (int64_t i = 0; i < POINTS * PHASES * each; i++) to[i] = 0;
    for (int32_t at = first; at < last; at += FILTER_IMAGES)
      sum_filter(g, a, p, x + (int64_t)at * g->H * g->W * g->C, y + (int64_t)at * g->OH * g->OW * g->OC,
                 least(FILTER_IMAGES, last - at), to, at == first, space);
  }
  dcgan_sync(me);
  int64_t begin, end;
  dcgan_share(me, each / LANES, &begin, &end);
  for (int64_t i = begin * LANES; i < end * LANES; i += LANES) {
    taps_phase(3, 3, g, 0, 0, partials + i, groups, group_floats, w + i);
    taps_phase(3, 2, g, 0, 1, partials + i, groups, group_floats, w + i);
    taps_phase(2, 3, g, 1, 0, partials + i, groups, group_floats, w + i);
    taps_phase(2, 2, g, 1, 1, partials + i, groups, group_floats, w + i);
  }
}
