// convFilter: the gradient of a convolution's filter. For one tap it is an outer product summed over pixels: a register
// tile of input channels x vectors of output channels stays in registers while the pixels that the tap reaches (an
// interval of rows and columns, so padding is never met) pass by. Images go by in small runs that fit the cache; between
// runs a tile rests in memory. The order of every sum is image, row, column, whatever the run or the threads.
#include "job.h"
#include "vec.h"

struct geometry {
  int32_t N, H, W, C, KH, KW, OC, OH, OW, stride, pad_top, pad_left;
};

// The pixels one tap meets in a run of images, as strides in floats.
struct span {
  int32_t images, rows, columns;
  int64_t x_image, x_row, x_column;
  int64_t y_image, y_row, y_column;
};

INLINE void tile(const int rows, const int vectors, const struct span *s, const float *x, const float *y, float *w,
                 int64_t w_row, int32_t live, int fresh) {
  vf sum[TILE_ROWS][TILE_VECTORS];
  float edge[TILE_VECTORS * LANES];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    const float *from = w + r * w_row;
    if (live < vectors * LANES && !fresh) {
      for (int32_t m = 0; m < vectors * LANES; m++) edge[m] = m < live ? from[m] : 0;
      from = edge;
    }
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) sum[r][v] = fresh ? (vf){} : load(from + v * LANES);
  }
  for (int32_t image = 0; image < s->images; image++)
    for (int32_t row = 0; row < s->rows; row++) {
      const float *xp = x + image * s->x_image + row * s->x_row;
      const float *yp = y + image * s->y_image + row * s->y_row;
#pragma GCC unroll 1
      for (int32_t column = 0; column < s->columns; column++) {
        vf value[TILE_VECTORS];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) value[v] = load(yp + v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
          const vf factor = splat(xp[r]);
#pragma GCC unroll 16
          for (int v = 0; v < vectors; v++) sum[r][v] += factor * value[v];
        }
        xp += s->x_column;
        yp += s->y_column;
      }
    }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    float *to = w + r * w_row;
    if (live == vectors * LANES) {
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) store(to + v * LANES, sum[r][v]);
    } else {
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) store(edge + v * LANES, sum[r][v]);
      for (int32_t m = 0; m < live; m++) to[m] = edge[m];
    }
  }
}

typedef void tile_function(const struct span *s, const float *x, const float *y, float *w, int64_t w_row, int32_t live,
                           int fresh);

#define TILE(R, V)                                                                                              \
  static void tile_##R##_##V(const struct span *s, const float *x, const float *y, float *w, int64_t w_row,     \
                             int32_t live, int fresh) {                                                         \
    tile(R, V, s, x, y, w, w_row, live, fresh);                                                                 \
  }
#if TILE_VECTORS == 4
#define TILES(R) TILE(R, 1) TILE(R, 2) TILE(R, 3) TILE(R, 4)
#define NAMES(R) {tile_##R##_1, tile_##R##_2, tile_##R##_3, tile_##R##_4},
#else
#define TILES(R) TILE(R, 1) TILE(R, 2)
#define NAMES(R) {tile_##R##_1, tile_##R##_2},
#endif
#if TILE_ROWS == 12
#define FOR_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#elif TILE_ROWS == 6
#define FOR_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#else
#define FOR_ROWS(X) X(1) X(2) X(3) X(4)
#endif
FOR_ROWS(TILES)
static tile_function *const tiles[TILE_ROWS][TILE_VECTORS] = {FOR_ROWS(NAMES)};

// Outputs [*first, *end) along one axis that a tap reaches: 0 <= out * stride + tap - pad < length.
static void reach(int32_t tap, int32_t pad, int32_t length, int32_t stride, int32_t outs, int32_t *first,
                  int32_t *end) {
  const int32_t low = pad - tap, high = length - 1 + pad - tap;
  *first = low > 0 ? (low + stride - 1) / stride : 0;
  *end = high < 0 ? 0 : least(outs, high / stride + 1);
  if (*end < *first) *end = *first;
}

// Floats of x and y that a run of images may have: about half a second-level cache.
enum { RUN_FLOATS = 65536 };

// Tiles [begin, end) of one group's sum over images [first, last), in the order panel, tap, block of channels.
static void sum_tiles(const struct geometry *g, const float *x, const float *y, float *w, int64_t begin, int64_t end,
                      int32_t first, int32_t last) {
  const int32_t blocks = (g->C + TILE_ROWS - 1) / TILE_ROWS, taps = g->KH * g->KW;
  struct span s = {
      .x_image = (int64_t)g->H * g->W * g->C, .x_row = (int64_t)g->stride * g->W * g->C, .x_column = (int64_t)g->stride * g->C,
      .y_image = (int64_t)g->OH * g->OW * g->OC, .y_row = (int64_t)g->OW * g->OC, .y_column = g->OC,
  };
  const int32_t run = most(1, (int32_t)(RUN_FLOATS / (s.x_image + s.y_image)));
  for (int32_t image = first; image == first || image < last; image += run) {
    s.images = most(0, least(run, last - image));
    for (int64_t i = begin; i < end; i++) {
      const int32_t block = (int32_t)(i % blocks), tap = (int32_t)(i / blocks % taps);
      const int32_t o = (int32_t)(i / blocks / taps) * PANEL, ky = tap / g->KW, kx = tap % g->KW;
      const int32_t c = (int32_t)((int64_t)g->C * block / blocks);
      const int32_t rows = (int32_t)((int64_t)g->C * (block + 1) / blocks) - c;
      const int32_t live = least(PANEL, g->OC - o);
      int32_t oy, oy_end, ox, ox_end;
      reach(ky, g->pad_top, g->H, g->stride, g->OH, &oy, &oy_end);
      reach(kx, g->pad_left, g->W, g->stride, g->OW, &ox, &ox_end);
      s.rows = oy_end - oy;
      s.columns = ox_end - ox;
      const int64_t x_pixel = (int64_t)(oy * g->stride + ky - g->pad_top) * g->W + ox * g->stride + kx - g->pad_left;
      const int64_t y_pixel = (int64_t)oy * g->OW + ox;
      tiles[rows - 1][(live - 1) / LANES](&s, x + image * s.x_image + x_pixel * g->C + c,
                                          y + image * s.y_image + y_pixel * g->OC + o,
                                          w + ((int64_t)tap * g->C + c) * g->OC + o, g->OC, live, image == first);
    }
  }
}

void dcgan_conv_filter(const struct worker *me, const int32_t *words) {
  const int32_t *n = words + 4;
  const struct geometry g = {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]};
  const int32_t groups = n[12], per_group = (g.N + groups - 1) / groups;
  const int64_t floats = (int64_t)g.KH * g.KW * g.C * g.OC;
  float *w = dcgan_at(me, words[1]);
  float *partials = groups == 1 ? w : dcgan_at(me, words[3]);
  const int64_t each = (int64_t)((g.OC + PANEL - 1) / PANEL) * g.KH * g.KW * ((g.C + TILE_ROWS - 1) / TILE_ROWS);
  int64_t begin, end;
  dcgan_share(me, groups * each, &begin, &end);
  for (int32_t group = (int32_t)(begin / each); group * each < end; group++) {
    const int64_t from = begin > group * each ? begin - group * each : 0;
    const int64_t to = end - group * each < each ? end - group * each : each;
    sum_tiles(&g, dcgan_at(me, words[0]), dcgan_at(me, words[2]), partials + group * floats, from, to,
              least(g.N, group * per_group), least(g.N, (group + 1) * per_group));
  }
  if (groups == 1) return;
  dcgan_sync(me);
  dcgan_share(me, (floats + LANES - 1) / LANES, &begin, &end);
  for (int64_t i = begin * LANES; i < end * LANES && i < floats; i += LANES) {
    if (i + LANES <= floats) {
      vf sum = load(partials + i);
      for (int32_t group = 1; group < groups; group++) sum += load(partials + group * floats + i);
      store(w + i, sum);
    } else
      for (int64_t j = i; j < floats; j++) {
        float sum = partials[j];
        for (int32_t group = 1; group < groups; group++) sum += partials[group * floats + j];
        w[j] = sum;
      }
  }
}
