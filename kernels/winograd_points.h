// These are the three linear maps of the fast algorithms and their adjoints, for one image or one
// vector of weights (winograd_points.c).
#pragma once
#include "winograd_cut.h"

// Returns the room for an image's lines at the points of one row of tiles, and for one blank row.
// dcgan_strip_clear prepares it.
int64_t dcgan_strip_floats(const struct cut *c);
void dcgan_strip_clear(const struct cut *c, float *strip);

// Maps x [H, W, C] to its values at the points, and y [OH, OW, OC]. Slabs are `slab` floats apart.
void dcgan_spread_inputs(const struct cut *c, const float *x, float *to, int64_t slab, float *strip);
void dcgan_spread_outputs(const struct cut *c, const float *y, float *to, int64_t slab, float *strip);
// Maps values at the points to y, and to x: the adjoints of dcgan_spread_outputs and
// dcgan_spread_inputs.
void dcgan_gather_outputs(const struct cut *c, const float *from, int64_t slab, float *y, float *strip);
void dcgan_gather_inputs(const struct cut *c, const float *from, int64_t slab, float *x, float *strip);

// Maps one vector of a filter's taps, `tap` floats apart, to its values at the points, and back.
// The value of (a, b, phases p, q) lies point_step * (a * POINTS + b) + phase_step * (p * PHASES +
// q) floats further on.
void dcgan_spread_weights(const struct cut *c, const float *w, int64_t tap, float *to, int64_t point_step,
                          int64_t phase_step);
void dcgan_gather_weights(const struct cut *c, const float *from, int64_t point_step, int64_t phase_step, float *w,
                          int64_t tap);
