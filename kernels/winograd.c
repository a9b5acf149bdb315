// Fast 5 x 5 convolutions (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray,
// "Fast algorithms for convolutional neural networks", 2016). Outputs are cut into tiles of 4 and
// 3. Because 7 = 4 + 3, no output is computed in vain. Along each axis the filter is cut into parts
// of 3 and 2 taps. With stride 2 these meet inputs of one parity each, both with stride 1. The
// value of a point does not depend on tile or part. Denominators go with the inputs, so that
// filters and outputs are values of plain polynomials. Then tiles of all sizes share a filter's
// values, and the products of all parts are added before one map from points to outputs. The
// gradients are the adjoints of the same three maps. Of 25 products a pixel, 8.2 remain. Whole
// filters of 5 taps with stride 1 would need 8 points and 4.6 products, and lose three times as
// much precision (docs/benchmarks.md).
//
// A block of images goes through three stages: values at the points, one matrix product for each
// point, and back. In the second stage a panel of weights stays in the first-level cache while all
// images and tiles of the block pass, so all weights are read once for each block. Unlike in the
// direct kernels, an infinite weight or input affects all outputs of its tile.
#include "winograd.h"

#include "amx.h"
#include "follow.h"
#include "winograd_points.h"
#include "winograd_products.h"

// A batch must have at least this many images. Tests build with -DWINO_LEAST=1.
#if !defined(WINO_LEAST)
#define WINO_LEAST FAST_LEAST_IMAGES
#endif

// A block has at most this many images, because their values at the points should not leave the
// caches. FAST_LEAST_BLOCK is the fewest that are worthwhile, in a block and in a run of the
// filter's gradient.
enum { BLOCK_MOST = 12 };
// Parts that are read or written together are an odd number of cache lines apart. Otherwise they
// would fall on few sets of a cache.
enum { LINE = FAST_LINE };
INLINE int64_t odd_lines(int64_t floats) { return ((floats + LINE - 1) / LINE | 1) * LINE; }

// Rounded weights and rounded values take half as many floats.
INLINE int32_t in_words(const struct cut *c, int32_t floats) { return floats >> c->words; }

// Returns the floats of an image's values at all points.
INLINE int64_t inputs_floats(const struct cut *c) { return (int64_t)c->y.inputs * c->x.inputs * c->C; }
INLINE int64_t outputs_floats(const struct cut *c) { return (int64_t)c->y.outputs * c->x.outputs * c->OC; }
INLINE int64_t slabs_spare(const struct cut *c) {
  return 2 * LINE * ((int64_t)c->y.inputs * c->x.inputs + (int64_t)c->y.outputs * c->x.outputs);
}

// Returns the floats of one or two images' values before they are rounded.
INLINE int64_t rounding_floats(const struct cut *c) {
  const int64_t x = inputs_floats(c), y = outputs_floats(c);
  return c->words ? 2 * (x > y ? x : y) : 0;
}

// Returns the number of images of a block for which this thread's space suffices.
static int32_t block_images(const struct cut *c) {
  const int64_t room = (SPACE_FLOATS - dcgan_strip_floats(c) - slabs_spare(c) - rounding_floats(c)) /
                       (inputs_floats(c) + outputs_floats(c));
  return room < BLOCK_MOST ? (int32_t)room : BLOCK_MOST;
}

// Returns the floats from one row of channels of an image to the next, when whole columns are read.
INLINE int64_t filter_row(int32_t channels) { return odd_lines(channels); }
static int64_t filter_image_floats(const struct cut *c) {
  return (int64_t)c->y.inputs * c->x.inputs * filter_row(c->C) +
         (int64_t)c->y.outputs * c->x.outputs * filter_row(c->OC);
}
static int32_t filter_images(const struct cut *c) {
  return most(FAST_LEAST_BLOCK, (int32_t)(FAST_RUN_FLOATS / filter_image_floats(c)));
}

// room.ts gives room for exactly these shapes. The requirements of the register tile are added
// here.
int dcgan_winograd_fits(const struct geometry *g) {
  if (!(!g->direct && g->N >= WINO_LEAST && g->KH == TAPS && g->KW == TAPS && (g->stride == 1 || g->stride == 2) &&
        g->OH >= FAST_LEAST_OUTPUTS && g->OH <= FAST_MOST_OUTPUTS && g->OW >= FAST_LEAST_OUTPUTS &&
        g->OW <= FAST_MOST_OUTPUTS && (int64_t)g->C * g->OC <= FAST_MOST_PAIRS && g->pad_top <= 2 && g->pad_left <= 2 &&
        g->H <= g->stride * g->OH && g->W <= g->stride * g->OW && g->C % PANEL == 0 && g->OC % PANEL == 0))
    return 0;
  // A matrix unit multiplies so fast that direct products cost less, and lose nothing at points.
  if (AMX && dcgan_in_words(g)) return 0;
  const struct cut c = cut_of(g);
  // Rounding values at the points costs more than products of rounded values gain with stride 1.
  if (c.words && g->stride == 1) return 0;
  return block_images(&c) >= FAST_LEAST_BLOCK;
}

// Holds the weights at the points, [a][b][panel][p][q][depth][PANEL]. With words, `depth` counts
// words.
struct weights {
  const float *at;
  int32_t depth;
};

INLINE int64_t point_step(const struct cut *c) { return odd_lines((int64_t)PARTS * c->C * c->OC); }

INLINE const float *weights_at(const struct cut *c, const struct weights *w, int32_t a, int32_t b, int32_t p, int32_t q,
                               int32_t panel) {
  return w->at + (a * POINTS + b) * point_step(c) +
         ((int64_t)(panel * PHASES + p) * PHASES + q) * w->depth * PANEL;
}

// Maps one vector of a row of weights to its values at the points. With words it also maps the row
// that is `next` floats further on. `values` has room for both.
enum { VALUES_MOST = POINTS * POINTS * PARTS * LANES };
static void spread_vector(const struct cut *c, const float *w, int64_t next, int64_t tap, float *to, int64_t phase_step,
                          float values[2][VALUES_MOST]) {
  if (!c->words) {
    dcgan_spread_weights(c, w, tap, to, point_step(c), phase_step);
    return;
  }
  for (int i = 0; i < 2; i++) dcgan_spread_weights(c, w + i * next, tap, values[i], PARTS * LANES, LANES);
  for (int32_t point = 0; point < POINTS * POINTS; point++)
    for (int32_t phase = 0; phase < PARTS; phase++) {
      const int32_t at = (point * PARTS + phase) * LANES;
      bf16_rows(values[0] + at, values[1] + at, to + point * point_step(c) + phase * phase_step, LANES);
    }
}

// Maps the weights of conv2d, where depth is x's channels.
static void spread_weights(const struct worker *me, const struct cut *c, const float *w, float *to) {
  int64_t begin, end;
  float values[2][VALUES_MOST] = {0};
  const int32_t depth = in_words(c, c->C);
  dcgan_share(me, (int64_t)depth * (c->OC / LANES), &begin, &end);
  const int64_t phase_step = (int64_t)depth * PANEL, panel_step = phase_step * PARTS;
  for (int64_t i = begin; i < end; i++) {
    const int64_t k = i / TILE_VECTORS % depth,
                  lane = (i / TILE_VECTORS / depth * TILE_VECTORS + i % TILE_VECTORS) * LANES;
    spread_vector(c, w + (k << c->words) * c->OC + lane, c->OC, (int64_t)c->C * c->OC,
                  to + lane / PANEL * panel_step + k * PANEL + lane % PANEL, phase_step, values);
  }
}

// Maps the weights of convInput. There depth is y's channels, so squares of weights are transposed.
static void spread_weights_turned(const struct worker *me, const struct cut *c, const float *w, float *to) {
  float turned[TAPS * TAPS * LANES * LANES], values[2][VALUES_MOST] = {0};
  int64_t begin, end;
  dcgan_share(me, (int64_t)(c->OC / LANES) * (c->C / LANES), &begin, &end);
  const int64_t phase_step = (int64_t)in_words(c, c->OC) * PANEL, panel_step = phase_step * PARTS;
  for (int64_t i = begin; i < end; i++) {
    const int64_t first = i % (c->OC / LANES) * LANES, lane = i / (c->OC / LANES) * LANES;
    for (int32_t tap = 0; tap < TAPS * TAPS; tap++)
      for (int32_t k = 0; k < LANES; k++)
        for (int32_t o = 0; o < LANES; o++)
          turned[(tap * LANES + o) * LANES + k] = w[((int64_t)tap * c->C + lane + k) * c->OC + first + o];
    for (int32_t o = 0; o < LANES; o += 1 + c->words)
      spread_vector(c, turned + o * LANES, LANES, LANES * LANES,
                    to + lane / PANEL * panel_step + in_words(c, first + o) * PANEL + lane % PANEL, phase_step, values);
  }
}

// Multiplies the rows of a block by a panel of weights, a register tile at a time. Rows of `out`
// are `out_row` floats apart. `v_next` are the rows that the next call reads.
INLINE void rows_product(const struct cut *c, int32_t images, const float *v, const float *v_next, const float *u,
                         int32_t depth, float *out, int32_t out_row, int fresh) {
  const int32_t tiles = (images + TILE_ROWS - 1) / TILE_ROWS;
  for (int32_t t = 0; t < tiles; t++) {
    const int32_t first = images * t / tiles, past = images * (t + 1) / tiles;
    products[c->words][past - first - 1](v + (int64_t)first * depth,
                                         past < images ? v + (int64_t)past * depth : v_next, u, depth,
                                         out + (int64_t)first * out_row, out_row, fresh);
  }
}

// Holds the slabs of x and y at one point in one tile, by number.
struct pair {
  int64_t x, y;
};

// Lists the slabs of all tiles that have the point (a, b) of one part (p, q), and returns how many
// there are.
static int32_t pairs_at(const struct cut *c, int32_t a, int32_t b, int32_t p, int32_t q,
                        struct pair pairs[MOST_TILES * MOST_TILES]) {
  int32_t count = 0;
  for (int32_t j = 0; j < c->y.tiles; j++)
    for (int32_t i = 0; i < c->x.tiles; i++) {
      const int32_t row = input_line(&c->y, j, p, a), column = input_line(&c->x, i, q, b);
      if (row < 0 || column < 0) continue;
      pairs[count++] = (struct pair){(int64_t)row * c->x.inputs + column,
                                     (int64_t)output_line(&c->y, j, a) * c->x.outputs + output_line(&c->x, i, b)};
    }
  return count;
}

// Multiplies for conv2d, where x at the points becomes y, or for convInput, where y becomes x. One
// part's panel of weights stays in the first-level cache while all tiles pass.
static void multiply(const struct cut *c, const struct weights *w, int32_t images, const int input, float *x,
                     int64_t x_slab, float *y, int64_t y_slab) {
  const int32_t channels = input ? c->C : c->OC;
  struct pair pairs[PARTS][MOST_TILES * MOST_TILES];
  int32_t counts[PARTS];
  for (int32_t a = 0; a < POINTS; a++)
    for (int32_t b = 0; b < POINTS; b++) {
      for (int32_t part = 0; part < PARTS; part++)
        counts[part] = pairs_at(c, a, b, part / PHASES, part % PHASES, pairs[part]);
      for (int32_t panel = 0; panel < channels / PANEL; panel++)
        for (int32_t part = 0; part < PARTS; part++) {
          const float *u = weights_at(c, w, a, b, part / PHASES, part % PHASES, panel);
          for (int32_t t = 0; t < counts[part]; t++) {
            const struct pair at = pairs[part][t], next = pairs[part][t + 1 < counts[part] ? t + 1 : 0];
            float *to = input ? x + at.x * x_slab : y + at.y * y_slab;
            const float *from = input ? y + at.y * y_slab : x + at.x * x_slab;
            const float *from_next = input ? y + next.y * y_slab : x + next.x * x_slab;
            // Each of x's values has one product. Those of y have one for each part, of which the
            // first has every point that another has.
            rows_product(c, images, from, from_next, u, w->depth, to + panel * PANEL, channels, input || part == 0);
          }
        }
    }
}

// Rounds one image's values in pairs of channels; there are `channels` of them at each of `slabs`
// places.
static void round_values(const float *values, int32_t slabs, int32_t channels, float *to, int64_t slab) {
  for (int32_t s = 0; s < slabs; s++) bf16_neighbours(values + (int64_t)s * channels, to + s * slab, channels / 2);
}

// Computes blocks of images, and runs the attached instructions on each image while it is in the
// cache.
static void each_block(const struct worker *me, const struct geometry *g, const struct cut *c, const struct weights *w,
                       const float *from, float *to, const int input, const int32_t *follower) {
  const int64_t in = (int64_t)g->H * g->W * g->C, out = (int64_t)g->OH * g->OW * g->OC, made = input ? in : out;
  float *strip = dcgan_space(me, SPACE_FLOATS), *values = strip + dcgan_strip_floats(c),
        *v = values + rounding_floats(c);
  const int32_t v_slabs = c->y.inputs * c->x.inputs, m_slabs = c->y.outputs * c->x.outputs;
  struct followers followers;
  struct registers registers;
  if (follower) dcgan_follow_begin(me, follower, &followers);
  dcgan_strip_clear(c, strip);
  // Each thread gets the same number of blocks, so that equally fast threads end together.
  const int32_t threads = me->job->threads, most = block_images(c) * threads, turns = (g->N + most - 1) / most;
  const int32_t blocks = turns * threads;
  for (int32_t block; (block = dcgan_claim(me, blocks)) >= 0;) {
    const int32_t first = (int32_t)((int64_t)g->N * block / blocks),
                  past = (int32_t)((int64_t)g->N * (block + 1) / blocks);
    const int32_t images = past - first;
    const int64_t v_slab = odd_lines((int64_t)images * c->C), m_slab = odd_lines((int64_t)images * c->OC);
    float *m = v + v_slabs * v_slab;
    if (input) {
      for (int32_t i = 0; i < images; i++) {
        float *to_m = m + i * in_words(c, c->OC);
        dcgan_spread_outputs(c, from + (first + i) * out, c->words ? values : to_m, c->words ? c->OC : m_slab, strip);
        if (c->words) round_values(values, m_slabs, c->OC, to_m, m_slab);
      }
      multiply(c, w, images, 1, v, v_slab, m, m_slab);
    } else {
      for (int32_t i = 0; i < images; i++) {
        float *to_v = v + i * in_words(c, c->C);
        dcgan_spread_inputs(c, from + (first + i) * in, c->words ? values : to_v, c->words ? c->C : v_slab, strip);
        if (c->words) round_values(values, v_slabs, c->C, to_v, v_slab);
      }
      multiply(c, w, images, 0, v, v_slab, m, m_slab);
    }
    for (int32_t i = 0; i < images; i++) {
      if (input) dcgan_gather_inputs(c, v + i * c->C, v_slab, to + (first + i) * in, strip);
      else dcgan_gather_outputs(c, m + i * c->OC, m_slab, to + (first + i) * out, strip);
      if (follower)
        dcgan_follow(me, &followers, (int32_t)((first + i) * made), (int32_t)((first + i + 1) * made), &registers);
    }
  }
}

void dcgan_winograd_conv2d(const struct worker *me, const struct geometry *g, const float *x, const float *w, float *y,
                           float *pack, const int32_t *follower) {
  const struct cut c = cut_of(g);
  const struct weights weights = {pack, in_words(&c, g->C)};
  spread_weights(me, &c, w, pack);
  dcgan_sync(me);
  each_block(me, g, &c, &weights, x, y, 0, follower);
}

void dcgan_winograd_conv_input(const struct worker *me, const struct geometry *g, const float *y, const float *w,
                               float *x, float *pack, const int32_t *follower) {
  const struct cut c = cut_of(g);
  const struct weights weights = {pack, in_words(&c, g->OC)};
  spread_weights_turned(me, &c, w, pack);
  dcgan_sync(me);
  each_block(me, g, &c, &weights, y, x, 1, follower);
}

// Sums one point (a, b) of one phase (p, q) of the filter over all tiles and rows. A row belongs to
// one image or, with words, to two images.
static void sum_point(const struct cut *c, int32_t a, int32_t b, int32_t p, int32_t q, int32_t rows, const float *v,
                      const float *m, float *w, int fresh) {
  const int64_t x_row = filter_row(c->C), y_row = filter_row(c->OC);
  struct pair pairs[MOST_TILES * MOST_TILES];
  const int32_t segments = pairs_at(c, a, b, p, q, pairs);
  if (!segments) {
    // No tile is large enough to have the point.
    for (int64_t i = 0; fresh && i < (int64_t)c->C * c->OC; i++) w[i] = 0;
    return;
  }
  const int32_t blocks = (c->C + TILE_ROWS - 1) / TILE_ROWS;
  for (int32_t lane = 0; lane < c->OC; lane += PANEL)
    for (int32_t block = 0; block < blocks; block++) {
      const int32_t first = c->C * block / blocks, past = c->C * (block + 1) / blocks;
      struct segment part[MOST_TILES * MOST_TILES];
      for (int32_t i = 0; i < segments; i++)
        part[i] = (struct segment){v + pairs[i].x * rows * x_row + first, m + pairs[i].y * rows * y_row + lane};
      const int64_t next = block + 1 < blocks ? (int64_t)past * c->OC + lane : lane + PANEL;
      outers[c->words][past - first - 1](part, segments, rows, x_row, y_row, w + (int64_t)first * c->OC + lane,
                                         w + next, c->OC, fresh);
    }
}

// Rounds two images' values in pairs, or one image's with zeros.
static void round_two(const float *values, int64_t second, int two, int32_t slabs, int32_t channels, float *to,
                      int64_t slab) {
  for (int32_t s = 0; s < slabs; s++, values += channels)
    bf16_rows(values, two ? values + second : 0, to + s * slab, channels);
}

// Returns the rows of the filter's gradient (with words, one row for two images), and the runs that
// they are cut into.
static int32_t filter_rows(const struct geometry *g, const struct cut *c) { return (g->N + c->words) >> c->words; }
static int32_t filter_runs(const struct geometry *g, const struct cut *c) {
  return (filter_rows(g, c) + filter_images(c) - 1) / filter_images(c);
}

int64_t dcgan_winograd_pack(const struct geometry *g) {
  const struct cut c = cut_of(g);
  return POINTS * POINTS * point_step(&c);
}

int64_t dcgan_winograd_partials(const struct geometry *g) {
  const struct cut c = cut_of(g);
  const int32_t runs = filter_runs(g, &c), longest = (filter_rows(g, &c) + runs - 1) / runs;
  const int64_t units = (int64_t)POINTS * POINTS * PARTS;
  return units * odd_lines((int64_t)g->C * g->OC) + longest * filter_image_floats(&c);
}

// The filter's gradient is again the adjoint. The products of x's and y's values at the points are
// summed over tiles and images, and the sums are mapped back to taps once. Images are taken in
// runs, and all threads share a run's values at the points. The shape alone decides how many runs
// there are.
void dcgan_winograd_conv_filter(const struct worker *me, const struct geometry *g, const float *x, const float *y,
                                float *w, float *partials) {
  const struct cut c = cut_of(g);
  const int64_t each = (int64_t)g->C * g->OC, in = (int64_t)g->H * g->W * g->C, out = (int64_t)g->OH * g->OW * g->OC;
  const int32_t units = POINTS * POINTS * PARTS;
  const int64_t sum = odd_lines(each);
  float *strip = dcgan_space(me, SPACE_FLOATS), *values = strip + dcgan_strip_floats(&c), *v = partials + units * sum;
  dcgan_strip_clear(&c, strip);
  const int32_t all = filter_rows(g, &c), runs = filter_runs(g, &c);
  const int32_t v_slabs = c.y.inputs * c.x.inputs, m_slabs = c.y.outputs * c.x.outputs;
  for (int32_t run = 0; run < runs; run++) {
    const int32_t first = (int32_t)((int64_t)all * run / runs),
                  rows = (int32_t)((int64_t)all * (run + 1) / runs) - first;
    const int64_t x_row = filter_row(g->C), y_row = filter_row(g->OC);
    float *m = v + v_slabs * rows * x_row;
    for (int32_t i; (i = dcgan_claim(me, rows)) >= 0;) {
      const int64_t image = (int64_t)(first + i) << c.words;
      if (!c.words) {
        dcgan_spread_inputs(&c, x + image * in, v + i * x_row, rows * x_row, strip);
        dcgan_spread_outputs(&c, y + image * out, m + i * y_row, rows * y_row, strip);
        continue;
      }
      const int two = image + 1 < g->N;
      for (int k = 0; k <= two; k++)
        dcgan_spread_inputs(&c, x + (image + k) * in, values + k * inputs_floats(&c), c.C, strip);
      round_two(values, inputs_floats(&c), two, v_slabs, c.C, v + i * x_row, rows * x_row);
      for (int k = 0; k <= two; k++)
        dcgan_spread_outputs(&c, y + (image + k) * out, values + k * outputs_floats(&c), c.OC, strip);
      round_two(values, outputs_floats(&c), two, m_slabs, c.OC, m + i * y_row, rows * y_row);
    }
    dcgan_sync(me);
    for (int32_t unit; (unit = dcgan_claim(me, units)) >= 0;) {
      const int32_t phase = unit % PARTS, point = unit / PARTS;
      sum_point(&c, point / POINTS, point % POINTS, phase / PHASES, phase % PHASES, rows, v, m, partials + unit * sum,
                run == 0);
    }
    dcgan_sync(me);
  }
  int64_t begin, end;
  dcgan_share(me, each / LANES, &begin, &end);
  for (int64_t i = begin * LANES; i < end * LANES; i += LANES)
    dcgan_gather_weights(&c, partials + i, PARTS * sum, sum, w + i, each);
}
