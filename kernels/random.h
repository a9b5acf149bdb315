// Random draws for a stretch of indices: see src/engine/random.ts.
#pragma once
#include <stdint.h>

// Most values one call draws.
enum { DRAW_MOST = 512 };

// Values [start, start + count) of a stream, count <= DRAW_MOST; up to a vector past the last may be written.
void dcgan_draw_uniform(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to);
void dcgan_draw_normal(const uint32_t *control, uint32_t stream, uint32_t start, int32_t count, float *to);
void dcgan_draw_mask(const uint32_t *control, uint32_t stream, uint32_t threshold, float value, uint32_t start,
                     int32_t count, float *to);
