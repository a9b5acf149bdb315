// This file says how the fast algorithms cut a convolution. Along each axis outputs come in tiles
// of 4 and 3, and the filter's 5 taps in two phases of 3 and 2 taps. With stride 2 these are the
// even and the odd taps, and with stride 1 the first 3 and the last 2. A tile of m outputs reads
// m + r - 1 inputs, a stride apart, for a phase of r taps, and needs as many points. The last point
// is always infinity. Values at points lie in slabs, one for each pair of a line of rows and a line
// of columns: [line of y][line of x][image][channel].
#pragma once
#include "bf16.h"

enum {
  TAPS = FAST_TAPS,
  POINTS = FAST_POINTS,
  MOST_TILES = 8,
  PHASES = 2,
  PARTS = PHASES * PHASES,
  MOST_OUTS = 4,
  MARGIN = 4
};

struct axis {
  int32_t length, stride, pad, tiles;
  int32_t first[MOST_TILES], outs[MOST_TILES];
  // These are the numbers of the first lines. Inputs have one line for each tile, phase and point,
  // and outputs have one for each tile and point.
  int32_t input[MOST_TILES][PHASES], output[MOST_TILES];
  int32_t inputs, outputs;
};

struct cut {
  struct axis y, x;
  int32_t C, OC;
  // Whether products multiply words of two bf16 numbers (bf16.h). Values at the points are then
  // rounded, and the two numbers are neighbours in depth or in images.
  int32_t words;
};

INLINE int32_t taps_of(int32_t phase) { return 3 - phase; }
// Returns the first tap of a phase. Its taps are a stride apart.
INLINE int32_t first_tap(int32_t stride, int32_t phase) { return stride == 1 ? 3 * phase : phase; }
INLINE int32_t inputs_of(const struct axis *a, int32_t tile, int32_t phase) {
  return a->outs[tile] + taps_of(phase) - 1;
}
INLINE int32_t outputs_of(const struct axis *a, int32_t tile) { return inputs_of(a, tile, 0); }

// Returns the position of point `id` among the first n - 1 points and the last one, or -1.
INLINE int32_t place_of(int32_t n, int32_t id) { return id == POINTS - 1 ? n - 1 : id < n - 1 ? id : -1; }

// Returns the line of a point, or -1.
INLINE int32_t input_line(const struct axis *a, int32_t tile, int32_t phase, int32_t id) {
  const int32_t place = place_of(inputs_of(a, tile, phase), id);
  return place < 0 ? -1 : a->input[tile][phase] + place;
}
INLINE int32_t output_line(const struct axis *a, int32_t tile, int32_t id) {
  const int32_t place = place_of(outputs_of(a, tile), id);
  return place < 0 ? -1 : a->output[tile] + place;
}

INLINE struct axis axis_of(int32_t length, int32_t outs, int32_t stride, int32_t pad) {
  struct axis a = {.length = length,
                   .stride = stride,
                   .pad = pad};
  for (int32_t at = 0; at < outs; a.tiles++) {
    const int32_t left = outs - at, take = left % 4 == 0 || left - 4 >= 6 || left == 7 ? 4 : 3;
    a.first[a.tiles] = at;
    a.outs[a.tiles] = take;
    for (int32_t phase = 0; phase < PHASES; phase++) {
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
  return (struct cut){axis_of(g->H, g->OH, g->stride, g->pad_top), axis_of(g->W, g->OW, g->stride, g->pad_left), g->C,
                      g->OC, dcgan_in_words(g)};
}
