// Random draws for a stretch of indices; see src/engine/random.ts.
#pragma once
#include <stdint.h>

// The most values that one call draws.
enum { DRAW_MOST = 512 };

// Draws values [start, start + count) of a stream, count <= DRAW_MOST. It may write up to a vector
// past the last value.
void dcgan_draw_uniform(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to);
void dcgan_draw_normal(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to);
void dcgan_draw_mask(const uint32_t *control, uint32_t stream, uint32_t threshold, float value, uint32_t start,
                     int32_t count, float *to);
