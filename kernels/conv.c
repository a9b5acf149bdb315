// One kernel computes conv2d and convInput. For an output pixel, both multiply a few contiguous
// runs of the source by the same runs of packed weights. A run is a row of taps with all of its
// channels, without taps on padding. convInput is split by phase: the taps that reach an input
// pixel are those congruent to it modulo the stride. They are packed in descending order, because
// their sources then ascend. A register tile holds several images x several channel vectors at one
// pixel. So all of its rows have the same taps, and an odd image size leaves no remainder. In
// contrast, libxsmm's direct convolutions tile over the pixels of one image (Georganas et al.,
// "Anatomy of high-performance deep learning convolutions on SIMD architectures", 2018).
#include "amx.h"
#include "follow.h"
#include "winograd.h"

// Describes a convolution by its output: out [N, rows, columns, M] is computed from source images
// of depth K. With `words`, source and pack hold words of two bf16 numbers (bf16.h) that are
// neighbours in depth, and all counts of their floats below are counts of words.
struct side {
  int32_t images, rows, columns, M, words;
  const float *source;
  float *out;
  const float *pack;
  int64_t source_image, out_image;
  // The number of source floats that one output value is computed from.
  int64_t depth;
  // The words of one product of the matrix unit, which divide every run's length. It is 0 when
  // the matrix unit is not used.
  int32_t step;
};

// Describes what one output pixel reads: `count` runs of `length` source floats. Each run lies a
// step after the one before it.
struct runs {
  int32_t count, length;
  int64_t source, source_step;
  int64_t pack, pack_step;
};

// Three rows share a base pointer: x86 can form the addresses base, base + image and base + 2 image
// without a register.
#define GROUP 3

INLINE void tile(const int words, const int rows, const int vectors, struct runs t, const float *source, int64_t image,
                 const float *pack, float *out, int64_t out_image, int32_t live) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) sum[r][v] = (vf){};
  source += t.source;
  pack += t.pack * PANEL;
  for (int32_t run = 0; run < t.count; run++) {
    const float *base[(TILE_ROWS + GROUP - 1) / GROUP];
#pragma GCC unroll 16
    for (int g = 0; g * GROUP < rows; g++) base[g] = source + g * GROUP * image;
    const float *w = pack;
#pragma GCC unroll 1
    for (int32_t k = 0; k < t.length; k++) {
      vf weight[TILE_VECTORS];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) weight[v] = load(w + v * LANES);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf x = splat_at(words, base[r / GROUP] + (r % GROUP * image + k));
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) sum[r][v] = add_product(words, x, weight[v], sum[r][v]);
      }
      w += PANEL;
    }
    source += t.source_step;
    pack += t.pack_step * PANEL;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    float *to = out + r * out_image;
    if (live == vectors * LANES) {
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) store(to + v * LANES, sum[r][v]);
    } else {
      float last[TILE_VECTORS * LANES];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) store(last + v * LANES, sum[r][v]);
      for (int32_t m = 0; m < live; m++) to[m] = last[m];
    }
  }
}

typedef void tile_function(struct runs t, const float *source, int64_t image, const float *pack, float *out,
                           int64_t out_image, int32_t live);

#define TILE_OF(name, words, R, V)                                                                               \
  static void name##_##R##_##V(struct runs t, const float *source, int64_t image, const float *pack, float *out, \
                               int64_t out_image, int32_t live) {                                                \
    tile(words, R, V, t, source, image, pack, out, out_image, live);                                             \
  }
#define TILE(R, V) TILE_OF(tile, 0, R, V)
#define WORD_TILE(R, V) TILE_OF(word_tile, 1, R, V)
FOR_TILES(TILE)
IF_BF16(FOR_TILES(WORD_TILE))
static tile_function *const tiles[1 + BF16][TILE_ROWS][TILE_VECTORS] = {TILE_TABLE(tile)
                                                                            IF_BF16(, TILE_TABLE(word_tile))};

// With few output channels, lanes run along the source instead, whose runs are contiguous. The
// lanes are added up at the end. With one channel a tile has as many images as usual. With more
// channels it has fewer images.
enum { DOT_MOST = 4, DOT_ROWS = TILE_ROWS / 3 };

INLINE void dot(const int rows, const int outs, struct runs t, const float *source, int64_t image, const float *pack,
                int64_t depth, float *out, int64_t out_image) {
  enum { SUMS = (TILE_ROWS > DOT_ROWS * DOT_MOST ? TILE_ROWS : DOT_ROWS * DOT_MOST) + LANES };
  vf sum[SUMS];
#pragma GCC unroll 32
  for (int i = 0; i < SUMS; i++) sum[i] = (vf){};
  source += t.source;
  pack += t.pack;
  const int32_t whole = t.length / LANES * LANES;
  const vi rest = lane_numbers() < t.length - whole;
  for (int32_t run = 0; run < t.count; run++) {
    const float *base[(TILE_ROWS + GROUP - 1) / GROUP];
#pragma GCC unroll 16
    for (int g = 0; g * GROUP < rows; g++) base[g] = source + g * GROUP * image;
#pragma GCC unroll 1
    for (int32_t k = 0; k < whole; k += LANES) {
      vf weight[DOT_MOST];
#pragma GCC unroll 4
      for (int m = 0; m < outs; m++) weight[m] = load(pack + m * depth + k);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf x = load(base[r / GROUP] + r % GROUP * image + k);
#pragma GCC unroll 4
        for (int m = 0; m < outs; m++) sum[r * outs + m] = multiply_add(x, weight[m], sum[r * outs + m]);
      }
    }
    if (whole < t.length) {
      // Values past the run must not enter the sum, not even multiplied by zero.
      vf weight[DOT_MOST];
#pragma GCC unroll 4
      for (int m = 0; m < outs; m++) weight[m] = (vf)((vi)load(pack + m * depth + whole) & rest);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const vf x = (vf)((vi)load(base[r / GROUP] + r % GROUP * image + whole) & rest);
#pragma GCC unroll 4
        for (int m = 0; m < outs; m++) sum[r * outs + m] = multiply_add(x, weight[m], sum[r * outs + m]);
      }
    }
    source += t.source_step;
    pack += t.pack_step;
  }
#pragma GCC unroll 16
  for (int first = 0; first < rows * outs; first += LANES) {
    const vf total = totals(sum + first);
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
      if (first + i < rows * outs) out[(first + i) / outs * out_image + (first + i) % outs] = total[i];
  }
}

typedef void dot_function(struct runs t, const float *source, int64_t image, const float *pack, int64_t depth,
                          float *out, int64_t out_image);

#define DOT(R, M)                                                                                                \
  static void dot_##R##_##M(struct runs t, const float *source, int64_t image, const float *pack, int64_t depth, \
                            float *out, int64_t out_image) {                                                     \
    dot(R, M, t, source, image, pack, depth, out, out_image);                                                    \
  }
FOR_ROWS(DOT)
static dot_function *const dots[TILE_ROWS] = ROW_TABLE(dot);
#define DOTS(R) DOT(R, 2) DOT(R, 3) DOT(R, 4)
#define DOT_LINE(R) {dot_##R##_2, dot_##R##_3, dot_##R##_4}
DOTS(1)
#if TILE_ROWS == 12
DOTS(2) DOTS(3) DOTS(4)
static dot_function *const joint_dots[DOT_ROWS][DOT_MOST - 1] = {DOT_LINE(1), DOT_LINE(2), DOT_LINE(3), DOT_LINE(4)};
#elif TILE_ROWS == 6
DOTS(2)
static dot_function *const joint_dots[DOT_ROWS][DOT_MOST - 1] = {DOT_LINE(1), DOT_LINE(2)};
#else
static dot_function *const joint_dots[DOT_ROWS][DOT_MOST - 1] = {DOT_LINE(1)};
#endif

// Computes all output channels (at most DOT_MOST) of one pixel in a block of images.
static void dot_pixel(struct runs t, int32_t images, int32_t outs, const float *source, int64_t image,
                      const float *pack, int64_t depth, float *out, int64_t out_image) {
  if (outs == 1) {
    dots[images - 1](t, source, image, pack, depth, out, out_image);
    return;
  }
  for (int32_t first = 0; first < images; first += DOT_ROWS)
    joint_dots[least(DOT_ROWS, images - first) - 1][outs - 2](t, source + first * image, image, pack, depth,
                                                              out + first * out_image, out_image);
}

#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
// Computes a tile of the matrix unit: up to 32 images at one pixel by up to 32 channels.
INLINE void amx_runs(struct amx *unit, const int second_row, const int second_lane, struct runs t, int32_t step,
                     const float *source, int64_t image, const float *pack) {
  for (int32_t run = 0; run < t.count; run++) {
    for (int32_t k = 0; k < t.length; k += step)
      amx_add(unit, second_row, second_lane, source + k, image, pack + k * AMX_LANES, AMX_LANES);
    source += t.source_step;
    pack += t.pack_step * AMX_LANES;
  }
}

static void amx_pixel(struct amx *unit, struct runs t, int32_t images, int32_t step, const float *source, int64_t image,
                      const float *pack, float *out, int64_t out_image, int32_t live) {
  source += t.source;
  pack += t.pack * AMX_LANES;
  amx_configure(unit, amx_shape_of(images, step));
  amx_clear(unit);
  if (images > AMX_SIDE && live > AMX_SIDE) amx_runs(unit, 1, 1, t, step, source, image, pack);
  else if (images > AMX_SIDE) amx_runs(unit, 1, 0, t, step, source, image, pack);
  else if (live > AMX_SIDE) amx_runs(unit, 0, 1, t, step, source, image, pack);
  else amx_runs(unit, 0, 0, t, step, source, image, pack);
  amx_store_sums(unit, out, out_image, live);
}
#endif

// Returns what output pixel (oy, ox) of conv2d reads.
static struct runs forward_runs(const struct geometry *g, int32_t oy, int32_t ox) {
  const int32_t top = oy * g->stride - g->pad_top, left = ox * g->stride - g->pad_left;
  const int32_t ky = most(0, -top), ky_end = least(g->KH, g->H - top);
  const int32_t kx = most(0, -left), kx_end = least(g->KW, g->W - left);
  return (struct runs){
      .count = kx_end > kx ? most(0, ky_end - ky) : 0,
      .length = (kx_end - kx) * g->C,
      .source = ((int64_t)(top + ky) * g->W + left + kx) * g->C,
      .source_step = (int64_t)g->W * g->C,
      .pack = ((int64_t)ky * g->KW + kx) * g->C,
      .pack_step = (int64_t)g->KW * g->C,
  };
}

// Returns the taps of a phase along one axis, and how many belong to the phases before it.
static int32_t phase_taps(int32_t kernel, int32_t stride, int32_t phase) {
  return phase < kernel ? (kernel - phase + stride - 1) / stride : 0;
}

static int32_t phase_start(int32_t kernel, int32_t stride, int32_t phase) {
  int32_t start = 0;
  for (int32_t p = 0; p < phase; p++) start += phase_taps(kernel, stride, p);
  return start;
}

// Returns what input pixel (iy, ix) gathers in convInput. Tap ky = phase + j stride meets output
// row top - j.
static struct runs input_runs(const struct geometry *g, int32_t iy, int32_t ix) {
  const int32_t s = g->stride;
  const int32_t top = (iy + g->pad_top) / s, phase_y = (iy + g->pad_top) % s;
  const int32_t left = (ix + g->pad_left) / s, phase_x = (ix + g->pad_left) % s;
  const int32_t taps_y = phase_taps(g->KH, s, phase_y), taps_x = phase_taps(g->KW, s, phase_x);
  const int32_t first_y = most(0, top - g->OH + 1), last_y = least(taps_y - 1, top);
  const int32_t first_x = most(0, left - g->OW + 1), last_x = least(taps_x - 1, left);
  const int32_t packed_x = phase_start(g->KW, s, phase_x) + taps_x - 1 - last_x;
  return (struct runs){
      .count = last_x >= first_x ? most(0, last_y - first_y + 1) : 0,
      .length = (last_x - first_x + 1) * g->OC,
      .source = ((int64_t)(top - first_y) * g->OW + left - last_x) * g->OC,
      .source_step = -(int64_t)g->OW * g->OC,
      .pack = ((int64_t)(phase_y + first_y * s) * g->KW + packed_x) * g->OC,
      .pack_step = (int64_t)s * g->KW * g->OC,
  };
}

// Converts the runs to words. All of their numbers are even, because channels are.
static struct runs in_words(struct runs r) {
  return (struct runs){r.count, r.length / 2, r.source / 2, r.source_step / 2, r.pack / 2, r.pack_step / 2};
}

static int is_thin(int32_t M) { return M <= DOT_MOST; }

// Returns how many channels lie side by side in the packed weights: a panel's or, for dot products,
// one.
static int32_t panel_width(int words) { return AMX && words ? AMX_LANES : PANEL; }
static int32_t pack_width(int32_t M, int words) { return is_thin(M) ? 1 : panel_width(words); }

// Returns the most images of a tile.
static int32_t tile_images(const struct side *s) { return AMX && s->step ? AMX_ROWS : TILE_ROWS; }

// Packs w [tap, c][oc] as pack [panel][tap, c][width], with zeros past the last output channel.
// With words there are half as many rows.
static void pack_forward(const struct worker *me, const struct geometry *g, int words, const float *w, float *pack) {
  const int64_t depth = ((int64_t)g->KH * g->KW * g->C) >> words;
  const int32_t width = pack_width(g->OC, words);
  int64_t begin, end;
  dcgan_share(me, (g->OC + width - 1) / width * depth, &begin, &end);
  for (int64_t i = begin; i < end; i++) {
    const int32_t first = (int32_t)(i / depth) * width;
    const int32_t live = least(width, g->OC - first);
    const float *from = w + (i % depth << words) * g->OC + first;
    float *to = pack + i * width;
    if (words) bf16_rows(from, from + g->OC, to, live);
    else for (int32_t m = 0; m < live; m++) to[m] = from[m];
    for (int32_t m = live; m < width; m++) to[m] = 0;
  }
}

// Packs w [ky, kx, c][oc] as pack [panel][ky, kx by phase and descending, oc][width], with zeros
// past the last input channel.
static void pack_input(const struct worker *me, const struct geometry *g, int words, const float *w, float *pack) {
  const int32_t taps = g->KH * g->KW, width = pack_width(g->C, words);
  int64_t begin, end;
  dcgan_share(me, (int64_t)(g->C + width - 1) / width * taps, &begin, &end);
  for (int64_t i = begin; i < end; i++) {
    const int32_t tap = (int32_t)(i % taps), first = (int32_t)(i / taps) * width;
    const int32_t kx = tap % g->KW, phase = kx % g->stride;
    const int32_t place =
        phase_start(g->KW, g->stride, phase) + phase_taps(g->KW, g->stride, phase) - 1 - kx / g->stride;
    const int32_t live = least(width, g->C - first);
    float *to = pack + (i - kx + place) * (g->OC >> words) * width;
    const float *from = w + ((int64_t)tap * g->C + first) * g->OC;
    for (int32_t o = 0; o < g->OC; o += 1 + words, to += width) {
      if (words)
        for (int32_t m = 0; m < live; m++)
          to[m] = bf16_pair(from[(int64_t)m * g->OC + o], from[(int64_t)m * g->OC + o + 1]);
      else
        for (int32_t m = 0; m < live; m++) to[m] = from[(int64_t)m * g->OC + o];
      for (int32_t m = live; m < width; m++) to[m] = 0;
    }
  }
}

typedef struct runs runs_function(const struct geometry *g, int32_t row, int32_t column);

// Output lines are prefetched this many pixels before they are written. They are scattered over
// images, so the hardware does not foresee them.
enum { AHEAD = 2, LINE_FLOATS = 16 };

// Computes one row of output pixels of panels [panel, end) for a block of images.
static void compute_row(const struct geometry *g, const struct side *s, runs_function *runs_of, int32_t first,
                        int32_t images, int32_t panel, int32_t end, int32_t row, struct amx *unit) {
  const int32_t width = panel_width(s->words), written = least(s->M, end * width) - panel * width;
  (void)unit;
  const float *source = s->source + first * s->source_image;
  float *out = s->out + first * s->out_image + (int64_t)row * s->columns * s->M;
  for (int32_t column = 0; column < s->columns; column++, out += s->M) {
    const struct runs floats = runs_of(g, row, column), runs = s->words ? in_words(floats) : floats;
    for (int32_t image = 0; image < images; image++)
      for (int32_t m = 0; m < written; m += LINE_FLOATS)
        __builtin_prefetch(out + image * s->out_image + AHEAD * s->M + panel * width + m, 1);
    if (is_thin(s->M)) {
      dot_pixel(runs, images, s->M, source, s->source_image, s->pack, s->depth, out, s->out_image);
      continue;
    }
    for (int32_t p = panel; p < end; p++) {
      const int32_t live = least(width, s->M - p * width);
#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
      if (s->step) {
        amx_pixel(unit, runs, images, s->step, source, s->source_image, s->pack + p * s->depth * width, out + p * width,
                  s->out_image, live);
        continue;
      }
#endif
      tiles[s->words][images - 1][(live - 1) / LANES](runs, source, s->source_image, s->pack + p * s->depth * PANEL,
                                            out + p * PANEL, s->out_image, live);
    }
  }
}

_Static_assert((int)PACK_CHANNELS % PANEL == 0, "room.ts rounds channels up to whole panels");

// Packed weights up to this size stay in the first-level cache while all panels of a row are
// computed.
enum { SMALL_PACK = 6144 };

// When there are few images for the threads, work is cut into (block, panel, row). The attached
// instructions then run after all of it.
static void compute_pieces(const struct worker *me, const struct geometry *g, const struct side *s,
                           runs_function *runs_of, int32_t panels) {
  const int32_t blocks = (s->images + tile_images(s) - 1) / tile_images(s);
  AMX_UNIT(matrix);
  for (int32_t unit; (unit = dcgan_claim(me, blocks * panels * s->rows)) >= 0;) {
    const int32_t block = unit / s->rows / panels, panel = unit / s->rows % panels, row = unit % s->rows;
    const int32_t first = dcgan_cut(s->images, block, blocks);
    const int32_t images = dcgan_cut(s->images, block + 1, blocks) - first;
    compute_row(g, s, runs_of, first, images, panel, panel + 1, row, &matrix);
  }
  if (AMX && s->step) amx_release(&matrix);
}

// When there are enough images, a thread takes a block of them at a time. The attached instructions
// run on each block, or on each row of it, while it is in the cache.
static void compute_images(const struct worker *me, const struct geometry *g, const struct side *s,
                           runs_function *runs_of, int32_t panels, const int32_t *follower) {
  struct followers followers;
  struct registers registers;
  if (follower) dcgan_follow_begin(me, follower, &followers);
  const int32_t small = s->M * s->depth <= SMALL_PACK;
  const int64_t line = (int64_t)s->columns * s->M;
  const int by_rows = follower && small && line >= BLOCK && !followers.whole;
  // Each thread gets the same number of blocks, so that equally fast threads end together.
  const int32_t threads = me->job->threads, most = tile_images(s) * threads, turns = (s->images + most - 1) / most;
  const int32_t blocks = turns * threads;
  AMX_UNIT(matrix);
  for (int32_t block; (block = dcgan_claim(me, blocks)) >= 0;) {
    const int32_t first = dcgan_cut(s->images, block, blocks);
    const int32_t past = dcgan_cut(s->images, block + 1, blocks);
    for (int32_t panel = 0; panel < panels; panel += small ? panels : 1)
      for (int32_t row = 0; row < s->rows; row++) {
        compute_row(g, s, runs_of, first, past - first, panel, small ? panels : panel + 1, row, &matrix);
        if (!by_rows) continue;
        for (int32_t image = first; image < past; image++) {
          const int64_t at = image * s->out_image + row * line;
          dcgan_follow(me, &followers, (int32_t)at, (int32_t)(at + line), &registers);
        }
      }
    if (follower && !by_rows)
      dcgan_follow(me, &followers, (int32_t)(first * s->out_image), (int32_t)(past * s->out_image), &registers);
  }
  if (AMX && s->step) amx_release(&matrix);
}

// Computes this thread's share of the convolution and of the attached instructions.
static void compute(const struct worker *me, const struct geometry *g, const struct side *s, runs_function *runs_of,
                    const int32_t *follower) {
  const int32_t width = panel_width(s->words), panels = (s->M + width - 1) / width;
  if (s->images >= me->job->threads * tile_images(s)) {
    compute_images(me, g, s, runs_of, panels, follower);
    return;
  }
  compute_pieces(me, g, s, runs_of, panels);
  if (!follower) return;
  dcgan_sync(me);
  dcgan_follow_all(me, follower);
}

// From here on sources and weights are words when the kernels are built for bf16 and the shape has
// pairs. All of the source is then rounded into the first part of the scratch, and weights are
// packed behind it.
static int round_source(const struct worker *me, const struct geometry *g, int32_t channels, struct side *s,
                        float **pack) {
  const int words = dcgan_in_words(g);
  s->words = words;
  if (!words) return 0;
  s->source_image /= 2;
  s->depth /= 2;
  if (AMX)
    for (s->step = AMX_WORDS; channels / 2 % s->step;) s->step--;
  const int64_t count = s->images * s->source_image;
  int64_t begin, end;
  dcgan_share(me, (count + BLOCK - 1) / BLOCK, &begin, &end);
  for (int64_t at = begin * BLOCK; at < end * BLOCK && at < count; at += BLOCK)
    bf16_neighbours(s->source + 2 * at, *pack + at, count - at < BLOCK ? count - at : BLOCK);
  s->source = *pack;
  s->pack = *pack += dcgan_slot(count);
  return words;
}

// Returns the floats of packed weights, and of the rounded source before them.
static int64_t room(const struct geometry *g, int32_t M, int64_t depth, int64_t source) {
  const int words = dcgan_in_words(g);
  const int32_t width = pack_width(M, words);
  return (words ? dcgan_slot(source / 2) : 0) + (M + width - 1) / width * width * (depth >> words);
}

int64_t dcgan_conv2d_room(const struct geometry *g) {
  if (dcgan_winograd_fits(g)) return dcgan_winograd_pack(g);
  return room(g, g->OC, (int64_t)g->KH * g->KW * g->C, (int64_t)g->N * g->H * g->W * g->C);
}

int64_t dcgan_conv_input_room(const struct geometry *g) {
  if (dcgan_winograd_fits(g)) return dcgan_winograd_pack(g);
  return room(g, g->C, (int64_t)g->KH * g->KW * g->OC, (int64_t)g->N * g->OH * g->OW * g->OC);
}

void dcgan_conv2d(const struct worker *me, const int32_t *words, const int32_t *follower) {
  const struct geometry g = dcgan_geometry(words + 4);
  if (dcgan_winograd_fits(&g)) {
    dcgan_winograd_conv2d(me, &g, dcgan_at(me, words[0]), dcgan_at(me, words[1]), dcgan_at(me, words[2]),
                          dcgan_at(me, words[3]), follower);
    return;
  }
  float *pack = dcgan_at(me, words[3]);
  struct side side = {
      .images = g.N, .rows = g.OH, .columns = g.OW, .M = g.OC,
      .source = dcgan_at(me, words[0]), .out = dcgan_at(me, words[2]), .pack = pack,
      .source_image = (int64_t)g.H * g.W * g.C, .out_image = (int64_t)g.OH * g.OW * g.OC,
      .depth = (int64_t)g.KH * g.KW * g.C,
  };
  const int rounded = round_source(me, &g, g.C, &side, &pack);
  pack_forward(me, &g, rounded, dcgan_at(me, words[1]), pack);
  dcgan_sync(me);
  compute(me, &g, &side, forward_runs, follower);
}

void dcgan_conv_input(const struct worker *me, const int32_t *words, const int32_t *follower) {
  const struct geometry g = dcgan_geometry(words + 4);
  if (dcgan_winograd_fits(&g)) {
    dcgan_winograd_conv_input(me, &g, dcgan_at(me, words[2]), dcgan_at(me, words[1]), dcgan_at(me, words[0]),
                              dcgan_at(me, words[3]), follower);
    return;
  }
  float *pack = dcgan_at(me, words[3]);
  struct side side = {
      .images = g.N, .rows = g.H, .columns = g.W, .M = g.C,
      .source = dcgan_at(me, words[2]), .out = dcgan_at(me, words[0]), .pack = pack,
      .source_image = (int64_t)g.OH * g.OW * g.OC, .out_image = (int64_t)g.H * g.W * g.C,
      .depth = (int64_t)g.KH * g.KW * g.OC,
  };
  const int rounded = round_source(me, &g, g.OC, &side, &pack);
  pack_input(me, &g, rounded, dcgan_at(me, words[1]), pack);
  dcgan_sync(me);
  compute(me, &g, &side, input_runs, follower);
}
