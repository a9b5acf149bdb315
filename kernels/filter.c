// convFilter computes the gradient of a convolution's filter. For one tap the gradient is an outer
// product summed over pixels. A tile of input channels x vectors of output channels stays in
// registers while the products of the tap's pixels are added to it. The pixels come as a list, so
// padding never occurs and the loop does not end at every short image row. Pixels are taken in runs
// that fit the cache. Between two runs a tile is stored in memory. The shape alone decides the
// order of a sum. With few input channels all taps of a kernel row take the place of channels,
// wherever all of them are inside the image. With one output channel x and y change roles, and
// vectors run over input channels.
#include "job.h"
#if defined(__wasm__)
// Here registers suffice for a fifth row, because V8 does not unroll this loop as it does conv.c's.
// So a kernel row of five taps is one tile.
#define TILE_ROWS 5
#endif
#include "amx.h"
#include "winograd.h"

// A run has at most RUN_PIXELS pixels. It has about RUN_FLOATS floats of x and y, which are a part
// of a second-level cache.
enum { RUN_PIXELS = 1024, RUN_FLOATS = 131072 };

// Lists where a tap's pixels are in x and y, as offsets in floats from the run's first image.
struct pixels {
  int32_t count;
  struct {
    int32_t x, y;
  } at[RUN_PIXELS];
};

INLINE void tile(const int words, const int rows, const int vectors, const int swapped, const struct pixels *p,
                 const float *x, const float *y, float *w, int64_t w_row, int32_t live, int fresh) {
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
  const int32_t count = p->count;
#pragma GCC unroll 1
  for (int32_t i = 0; i < count; i++) {
    const float *wide = swapped ? x + p->at[i].x : y + p->at[i].y;
    const float *narrow = swapped ? y + p->at[i].y : x + p->at[i].x;
    vf value[TILE_VECTORS];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) value[v] = load(wide + v * LANES);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const vf factor = splat_at(words, narrow + r);
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) sum[r][v] = add_product(words, factor, value[v], sum[r][v]);
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

typedef void tile_function(const struct pixels *p, const float *x, const float *y, float *w, int64_t w_row,
                           int32_t live, int fresh);

#define TILE_OF(name, words, R, V)                                                                               \
  static void name##_##R##_##V(const struct pixels *p, const float *x, const float *y, float *w, int64_t w_row,  \
                               int32_t live, int fresh) {                                                        \
    tile(words, R, V, 0, p, x, y, w, w_row, live, fresh);                                                        \
  }
#define TILE(R, V) TILE_OF(tile, 0, R, V)
#define WORD_TILE(R, V) TILE_OF(word_tile, 1, R, V)
FOR_TILES(TILE)
IF_BF16(FOR_TILES(WORD_TILE))
static tile_function *const tiles[1 + BF16][TILE_ROWS][TILE_VECTORS] = {TILE_TABLE(tile)
                                                                            IF_BF16(, TILE_TABLE(word_tile))};

static void tile_swapped(const struct pixels *p, const float *x, const float *y, float *w, int32_t live, int fresh) {
  tile(0, 1, TILE_VECTORS, 1, p, x, y, w, 0, live, fresh);
}

// Holds outputs [first, end) along one axis.
struct interval {
  int32_t first, end;
};

// Returns the outputs that a tap reaches: 0 <= output * stride + tap - pad < length.
static struct interval reach(int32_t tap, int32_t pad, int32_t length, int32_t stride, int32_t outs) {
  const int32_t low = pad - tap, high = length - 1 + pad - tap;
  const int32_t first = low > 0 ? (low + stride - 1) / stride : 0;
  const int32_t end = high < 0 ? 0 : least(outs, high / stride + 1);
  return (struct interval){first, most(first, end)};
}

// Adds the columns of one image row that are in `columns` and in [from, to).
static void list_columns(const struct geometry *g, struct interval columns, int32_t from, int32_t to, int32_t x_left,
                         int32_t y_row, struct pixels *p) {
  int32_t count = p->count;
  for (int32_t ox = most(columns.first, from); ox < least(columns.end, to); ox++, count++) {
    p->at[count].x = (x_left + ox * g->stride) * g->C;
    p->at[count].y = (y_row + ox) * g->OC;
  }
  p->count = count;
}

// Lists the pixels of [begin, end), counted over images, rows and columns, that kernel row `ky`
// reaches and whose column is in `left` or `right`. kx belongs to the offsets in x, which count
// from the run's first image.
static void list_pixels(const struct geometry *g, int32_t ky, int32_t kx, struct interval left, struct interval right,
                        int64_t begin, int64_t end, struct pixels *p) {
  const struct interval rows = reach(ky, g->pad_top, g->H, g->stride, g->OH);
  const int32_t rest = (int32_t)(begin % (g->OH * g->OW));
  int32_t left_over = (int32_t)(end - begin), image = 0, oy = rest / g->OW, from = rest % g->OW;
  p->count = 0;
  while (left_over > 0) {
    const int32_t to = least(g->OW, from + left_over);
    if (oy >= rows.first && oy < rows.end) {
      const int32_t x_left = (image * g->H + oy * g->stride + ky - g->pad_top) * g->W + kx - g->pad_left;
      const int32_t y_row = (image * g->OH + oy) * g->OW;
      list_columns(g, left, from, to, x_left, y_row, p);
      list_columns(g, right, from, to, x_left, y_row, p);
    }
    left_over -= to - from;
    from = 0;
    if (++oy < g->OH) continue;
    oy = 0;
    image++;
  }
}

// Describes how the filter is cut into tiles. They are counted over positions, panels of lanes, and
// blocks of rows.
struct cut {
  // A position is a tap. With `joined` a position is a kernel row, and its taps are the rows of one
  // tile.
  int32_t joined, positions, panels, blocks;
  // Whether rows are y's channels and lanes are x's.
  int32_t swapped;
  // Whether values of x and y are words of two bf16 numbers (bf16.h), one from each of two images.
  int32_t words;
};

static struct cut cut_of(const struct geometry *g) {
  const int32_t swapped = g->OC == 1 && g->C >= LANES;
  const int32_t joined = !swapped && g->KW > 1 && g->KW * g->C <= TILE_ROWS;
  return (struct cut){
      .joined = joined,
      .positions = joined ? g->KH : g->KH * g->KW,
      .panels = ((swapped ? g->C : g->OC) + PANEL - 1) / PANEL,
      .blocks = swapped ? 1 : (g->C + TILE_ROWS - 1) / TILE_ROWS,
      .swapped = swapped,
      .words = dcgan_in_words(g),
  };
}

// Adds the products of listed pixels to tiles [begin, end) of one position. w is the position's
// part of the filter, with this many rows.
static void add_pixels(const struct geometry *g, const struct cut *cut, const struct pixels *p, int32_t rows,
                       int32_t begin, int32_t end, const float *x, const float *y, float *w, int fresh) {
  for (int32_t i = begin; i < end; i++) {
    const int32_t block = i % cut->blocks, lane = i / cut->blocks * PANEL;
    if (cut->swapped) {
      tile_swapped(p, x + lane, y, w + lane, least(PANEL, g->C - lane), fresh);
      continue;
    }
    const int32_t live = least(PANEL, g->OC - lane);
    const int32_t first = dcgan_cut(rows, block, cut->blocks), last = dcgan_cut(rows, block + 1, cut->blocks);
    tiles[cut->words][last - first - 1][(live - 1) / LANES](p, x + first, y + lane, w + (int64_t)first * g->OC + lane,
                                                            g->OC, live, fresh);
  }
}

// Sums one run of pixels [from, to) for tiles [begin, end) of one position.
static void sum_run(const struct geometry *g, const struct cut *cut, int32_t position, int32_t begin, int32_t end,
                    int64_t from, int64_t to, const float *x, const float *y, float *w, int fresh) {
  struct pixels p;
  const struct interval none = {0, 0};
  const int64_t per_tap = (int64_t)g->C * g->OC;
  const int64_t image = from / g->OW / g->OH;
  x += image * g->H * g->W * g->C;
  y += image * g->OH * g->OW * g->OC;
  if (!cut->joined) {
    const int32_t ky = position / g->KW, kx = position % g->KW;
    list_pixels(g, ky, kx, reach(kx, g->pad_left, g->W, g->stride, g->OW), none, from, to, &p);
    add_pixels(g, cut, &p, g->C, begin, end, x, y, w + position * per_tap, fresh);
    return;
  }
  // These are the columns that all taps reach. On the left the first tap is the last to enter the
  // image, and on the right the last tap is the first to leave it.
  struct interval inside = {reach(0, g->pad_left, g->W, g->stride, g->OW).first,
                            reach(g->KW - 1, g->pad_left, g->W, g->stride, g->OW).end};
  if (inside.end <= inside.first) inside = (struct interval){g->OW, g->OW};
  w += position * g->KW * per_tap;
  list_pixels(g, position, 0, inside, none, from, to, &p);
  add_pixels(g, cut, &p, g->KW * g->C, begin, end, x, y, w, fresh);
  for (int32_t kx = 0; kx < g->KW; kx++) {
    const struct interval all = reach(kx, g->pad_left, g->W, g->stride, g->OW);
    const struct interval left = {all.first, least(all.end, inside.first)};
    const struct interval right = {most(all.first, inside.end), all.end};
    list_pixels(g, position, kx, left, right, from, to, &p);
    add_pixels(g, cut, &p, g->C, begin, end, x, y, w + kx * per_tap, 0);
  }
}

// Sums tiles [begin, end) over one run of images.
static void sum_tiles(const struct geometry *g, const struct cut *cut, int64_t begin, int64_t end, int32_t first,
                      int32_t last, const float *x, const float *y, float *w) {
  const int32_t each = cut->panels * cut->blocks;
  const int64_t pixels = (int64_t)g->OH * g->OW, from = first * pixels, to = most(first, last) * pixels;
  const int32_t run = most(64, least(RUN_PIXELS, RUN_FLOATS / (g->stride * g->stride * g->C + g->OC)));
  for (int64_t at = from; at == from || at < to; at += run)
    for (int64_t position = begin / each; position * each < end; position++) {
      const int64_t low = begin - position * each, high = end - position * each;
      sum_run(g, cut, (int32_t)position, (int32_t)(low > 0 ? low : 0), (int32_t)(high < each ? high : each), at,
              to - at < run ? to : at + run, x, y, w, at == from);
    }
}

// Rounds images of `floats` values each to half as many images of words. The last one is paired
// with zeros when it has no partner.
static void round_images(const struct worker *me, int32_t images, int64_t floats, const float *from, float *words) {
  int64_t begin, end;
  dcgan_share(me, (images + 1) / 2, &begin, &end);
  for (int64_t i = begin; i < end; i++) {
    const float *lower = from + 2 * i * floats;
    bf16_rows(lower, 2 * i + 1 < images ? lower + floats : 0, words + i * floats, floats);
  }
}

#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
// With the matrix unit a tile's rows are channels of x and its lanes those of y. The words of a
// product are pairs of images at one pixel. Pairs come in chunks of 16, so that a chunk of both
// tensors fits a second-level cache:
//   x [chunk][pixel][channel][pair of the chunk], y [chunk][pixel][pair of the chunk][channel].
static int32_t chunk_pairs(int32_t pairs, int32_t chunk) { return least(AMX_WORDS, pairs - chunk * AMX_WORDS); }

// Rounds images to chunks, pixel by pixel. With `turned` they lie as x does, otherwise as y does.
static void round_chunks(const struct worker *me, int32_t images, int32_t pixels, int32_t channels, const int turned,
                         const float *from, float *words) {
  const int32_t pairs = (images + 1) / 2, chunks = (pairs + AMX_WORDS - 1) / AMX_WORDS;
  const int64_t image = (int64_t)pixels * channels;
  int64_t begin, end;
  dcgan_share(me, (int64_t)chunks * pixels, &begin, &end);
  for (int64_t unit = begin; unit < end; unit++) {
    const int32_t chunk = (int32_t)(unit / pixels), pixel = (int32_t)(unit % pixels), count = chunk_pairs(pairs, chunk);
    float *to = words + chunk * AMX_WORDS * image + (int64_t)pixel * channels * count;
    for (int32_t first = 0; first < channels; first += AMX_SIDE) {
      const int32_t live = least(AMX_SIDE, channels - first);
      float row[AMX_WORDS][AMX_SIDE];
      for (int32_t i = 0; i < count; i++) {
        const int64_t pair = chunk * AMX_WORDS + i;
        const float *lower = from + 2 * pair * image + (int64_t)pixel * channels + first;
        bf16_rows(lower, 2 * pair + 1 < images ? lower + image : 0, turned ? row[i] : to + i * channels + first, live);
      }
      for (int32_t c = 0; turned && c < live; c++)
        for (int32_t i = 0; i < count; i++) to[(first + c) * count + i] = row[i][c];
    }
  }
}

INLINE void amx_reach(struct amx *unit, const int second_row, const int second_lane, const struct geometry *g,
                      int32_t ky, int32_t kx, int32_t pairs, const float *x, const float *y) {
  const struct interval rows = reach(ky, g->pad_top, g->H, g->stride, g->OH);
  const struct interval columns = reach(kx, g->pad_left, g->W, g->stride, g->OW);
  for (int32_t oy = rows.first; oy < rows.end; oy++)
    for (int32_t ox = columns.first; ox < columns.end; ox++) {
      const int64_t at = (oy * g->stride + ky - g->pad_top) * g->W + ox * g->stride + kx - g->pad_left;
      amx_add(unit, second_row, second_lane, x + at * pairs * g->C, pairs,
              y + ((int64_t)oy * g->OW + ox) * pairs * g->OC, g->OC);
    }
}

static void amx_conv_filter(const struct worker *me, const struct geometry *g, const float *x, const float *y, float *w,
                            float *scratch) {
  const int64_t x_image = (int64_t)g->H * g->W * g->C, y_image = (int64_t)g->OH * g->OW * g->OC;
  const int32_t pairs = (g->N + 1) / 2, chunks = (pairs + AMX_WORDS - 1) / AMX_WORDS;
  float *x_words = scratch, *y_words = x_words + dcgan_slot(pairs * x_image);
  round_chunks(me, g->N, g->H * g->W, g->C, 1, x, x_words);
  round_chunks(me, g->N, g->OH * g->OW, g->OC, 0, y, y_words);
  dcgan_sync(me);
  const int32_t blocks = (g->C + AMX_ROWS - 1) / AMX_ROWS, panels = (g->OC + AMX_LANES - 1) / AMX_LANES;
  AMX_UNIT(unit);
  // The shares are equal, and a thread goes through all chunks with its own part of the filter.
  int64_t begin, end;
  dcgan_share(me, (int64_t)g->KH * g->KW * panels * blocks, &begin, &end);
  for (int32_t chunk = 0; chunk < chunks; chunk++) {
    const int32_t count = chunk_pairs(pairs, chunk);
    const float *x_chunk = x_words + chunk * AMX_WORDS * x_image, *y_chunk = y_words + chunk * AMX_WORDS * y_image;
    for (int64_t i = begin; i < end; i++) {
      const int32_t first = (int32_t)(i % blocks) * AMX_ROWS, lane = (int32_t)(i / blocks % panels) * AMX_LANES;
      const int32_t tap = (int32_t)(i / blocks / panels), ky = tap / g->KW, kx = tap % g->KW;
      const int32_t rows = least(AMX_ROWS, g->C - first), live = least(AMX_LANES, g->OC - lane);
      float *to = w + ((int64_t)tap * g->C + first) * g->OC + lane;
      const float *from_x = x_chunk + (int64_t)first * count, *from_y = y_chunk + lane;
      amx_configure(&unit, amx_shape_of(rows, count));
      if (chunk) amx_load_sums(&unit, to, g->OC, live);
      else amx_clear(&unit);
      if (rows > AMX_SIDE && live > AMX_SIDE) amx_reach(&unit, 1, 1, g, ky, kx, count, from_x, from_y);
      else if (rows > AMX_SIDE) amx_reach(&unit, 1, 0, g, ky, kx, count, from_x, from_y);
      else if (live > AMX_SIDE) amx_reach(&unit, 0, 1, g, ky, kx, count, from_x, from_y);
      else amx_reach(&unit, 0, 0, g, ky, kx, count, from_x, from_y);
      amx_store_sums(&unit, to, g->OC, live);
    }
  }
  amx_release(&unit);
}
#endif

int64_t dcgan_conv_filter_room(const struct geometry *g, int32_t image_runs) {
  if (dcgan_winograd_fits(g)) return dcgan_winograd_partials(g);
  const int64_t pairs = dcgan_in_words(g) ? (g->N + 1) / 2 : 0;
  const int64_t copies = image_runs == 1 ? 0 : (int64_t)image_runs * g->KH * g->KW * g->C * g->OC;
  return dcgan_slot(pairs * g->H * g->W * g->C) + dcgan_slot(pairs * g->OH * g->OW * g->OC) + copies;
}

void dcgan_conv_filter(const struct worker *me, const int32_t *words) {
  struct geometry g = dcgan_geometry(words + 4);
  const int32_t image_runs = words[17];
  const int64_t floats = (int64_t)g.KH * g.KW * g.C * g.OC;
  if (dcgan_winograd_fits(&g)) {
    dcgan_winograd_conv_filter(me, &g, dcgan_at(me, words[0]), dcgan_at(me, words[2]), dcgan_at(me, words[1]),
                               dcgan_at(me, words[3]));
    return;
  }
  const float *x = dcgan_at(me, words[0]), *y = dcgan_at(me, words[2]);
  float *w = dcgan_at(me, words[1]), *scratch = dcgan_at(me, words[3]);
#if defined(DCGAN_BF16) && defined(DCGAN_AMX)
  if (dcgan_in_words(&g)) {
    amx_conv_filter(me, &g, x, y, w, scratch);
    return;
  }
#endif
  const struct cut cut = cut_of(&g);
  if (cut.words) {
    const int64_t x_image = (int64_t)g.H * g.W * g.C, y_image = (int64_t)g.OH * g.OW * g.OC;
    float *x_words = scratch, *y_words = x_words + dcgan_slot((g.N + 1) / 2 * x_image);
    round_images(me, g.N, x_image, x, x_words);
    round_images(me, g.N, y_image, y, y_words);
    dcgan_sync(me);
    g.N = (g.N + 1) / 2;
    scratch = y_words + dcgan_slot(g.N * y_image);
    x = x_words;
    y = y_words;
  }
  float *partials = image_runs == 1 ? w : scratch;
  const int32_t per_run = (g.N + image_runs - 1) / image_runs;
  const int32_t each = cut.positions * cut.panels * cut.blocks;
  // The tiles of a run of images are taken in pieces, the same number for each thread. There are
  // few pieces, because each one loads all of its images into the cache again.
  const int32_t threads = me->job->threads, turns = (3 + image_runs - 1) / image_runs;
  const int32_t pieces = least(each, turns * threads);
  for (int32_t unit; (unit = dcgan_claim(me, image_runs * pieces)) >= 0;) {
    const int32_t run = unit / pieces, piece = unit % pieces, first = least(g.N, run * per_run);
    sum_tiles(&g, &cut, (int64_t)each * piece / pieces, (int64_t)each * (piece + 1) / pieces, first,
              least(g.N, first + per_run), x, y, partials + run * floats);
  }
  if (image_runs == 1) return;
  dcgan_sync(me);
  int64_t begin, end;
  dcgan_share(me, (floats + LANES - 1) / LANES, &begin, &end);
  for (int64_t i = begin * LANES; i < end * LANES && i < floats; i += LANES) {
    if (i + LANES <= floats) {
      vf sum = load(partials + i);
      for (int32_t run = 1; run < image_runs; run++) sum += load(partials + run * floats + i);
      store(w + i, sum);
    } else
      for (int64_t j = i; j < floats; j++) {
        float sum = partials[j];
        for (int32_t run = 1; run < image_runs; run++) sum += partials[run * floats + j];
        w[j] = sum;
      }
  }
}
