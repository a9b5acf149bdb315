// These convolutions need fewer products, for the shapes that they take. conv.c and filter.c take
// all other shapes.
#pragma once
#include "job.h"

// Returns whether these kernels take a shape. They take it for all three convolutions or for none,
// whatever the number of threads.
int dcgan_winograd_fits(const struct geometry *g);
// Returns the floats of `pack` and `partials` that such a shape needs.
int64_t dcgan_winograd_pack(const struct geometry *g);
int64_t dcgan_winograd_partials(const struct geometry *g);
void dcgan_winograd_conv2d(const struct worker *me, const struct geometry *g, const float *x, const float *w, float *y,
                           float *pack, const int32_t *follower);
void dcgan_winograd_conv_input(const struct worker *me, const struct geometry *g, const float *y, const float *w,
                               float *x, float *pack, const int32_t *follower);
void dcgan_winograd_conv_filter(const struct worker *me, const struct geometry *g, const float *x, const float *y,
                                float *w, float *partials);
