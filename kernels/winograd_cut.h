// This file says how the fast algorithms cut a convolution. Along each axis outputs come in tiles
// of 4 and 3. Inputs come in phases, one for each remainder of the position modulo the stride. Each
// phase has its own taps of the filter: 5 for stride 1, 3 and 2 for stride 2. A tile of m outputs
// reads m + r - 1 inputs in a phase of r taps, and needs as many points. The last point is always
// infinity. Values at points lie in slabs, one for each pair of a line of rows and a line of
// columns: [line of y][line of x][image][channel].
#pragma once
#include "bf16.h"

enum {
  TAPS = FAST_TAPS,
  MOST_POINTS = FAST_POINTS_STRIDE_1,
  MOST_TILES = 8,
  MOST_PHASES = 2,
  MOST_OUTS = 4,
  MARGIN = 4
};

struct axis {
  int32_t length, stride, pad, points, tiles;
  int32_t first[MOST_TILES], outs[MOST_TILES];
  // These are the numbers of the first lines. Inputs have one line for each tile, phase and point,
  // and outputs have one for each tile and point.
  int32_t input[MOST_TILES][MOST_PHASES], output[MOST_TILES];
  int32_t inputs, outputs;
};

struct cut {
  struct axis y, x;
  int32_t C, OC, phases, points;
  // Whether products multiply words of two bf16 numbers (bf16.h). Values at the points are then
  // rounded, and the two numbers are neighbours in depth or in images.
  int32_t words;
};

INLINE int32_t taps_of(int32_t stride, int32_t phase) { return stride == 1 ? TAPS : 3 - phase; }
INLINE int32_t inputs_of(const struct axis *a, int32_t tile, int32_t phase) {
  return a->outs[tile] + taps_of(a->stride, phase) - 1;
}
INLINE int32_t outputs_of(const struct axis *a, int32_t tile) { return inputs_of(a, tile, 0); }

// Returns the position of point `id` among the first n - 1 of `points` and the last one, or -1.
INLINE int32_t place_of(int32_t points, int32_t n, int32_t id) {
  return id == points - 1 ? n - 1 : id < n - 1 ? id : -1;
}

// Returns the line of a point, or -1.
INLINE int32_t input_line(const struct axis *a, int32_t tile, int32_t phase, int32_t id) {
  const int32_t place = place_of(a->points, inputs_of(a, tile, phase), id);
  return place < 0 ? -1 : a->input[tile][phase] + place;
}
INLINE int32_t output_line(const struct axis *a, int32_t tile, int32_t id) {
  const int32_t place = place_of(a->points, outputs_of(a, tile), id);
  return place < 0 ? -1 : a->output[tile] + place;
}

INLINE struct axis axis_of(int32_t length, int32_t outs, int32_t stride, int32_t pad) {
  struct axis a = {.length = length,
                   .stride = stride,
                   .pad = pad,
                   .points = stride == 1 ? FAST_POINTS_STRIDE_1 : FAST_POINTS_STRIDE_2};
  for (int32_t at = 0; at < outs; a.tiles++) {
    const int32_t left = outs - at, take = left % 4 == 0 || left - 4 >= 6 || left == 7 ? 4 : 3;
    a.first[a.tiles] = at;
    a.outs[a.tiles] = take;
    for (int32_t phase = 0; phase < stride; phase++) {
      a.input[a.tiles][phase] = a.inputs;
      a.inputs += inputs_of(&a, a.tiles, phase);
    }
    a.output[a.tiles] = a.outputs;
    a.outputs += outputs_of(&a, a.tiles);
    at += take;
  }
  return a;
}

INLINE struct cut cut_of(const struct geometry *g) {
  const struct axis y = axis_of(g->H, g->OH, g->stride, g->pad_top);
  return (struct cut){y, axis_of(g->W, g->OW, g->stride, g->pad_left), g->C, g->OC, g->stride, y.points,
                      dcgan_in_words(g)};
}
