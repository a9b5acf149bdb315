// Moves and cuts images (src/engine/ops/shift-cut.ts): each row of pixels is copied from its source
// or made blank.
#include "job.h"
#include "vec.h"

// Maps u in [0, 1) to one of the numbers 0 to count - 1, each equally likely.
static int32_t pick(float u, int32_t count) {
  const int32_t at = (int32_t)(u * (float)count);
  return at < count ? at : count - 1;
}

void dcgan_shift_cut(const struct worker *me, const int32_t *words) {
  const float *x = dcgan_at(me, words[0]), *u = dcgan_at(me, words[1]);
  float *y = dcgan_at(me, words[2]);
  const int32_t N = words[3], H = words[4], W = words[5], C = words[6];
  const int32_t reach = words[7], hole = words[8], adjoint = words[9];
  int64_t begin, end;
  dcgan_share(me, (int64_t)N * H, &begin, &end);
  for (int64_t row = begin; row < end; row++) {
    const int32_t n = (int32_t)(row / H), h = (int32_t)(row % H);
    const float *mine = u + 4 * (int64_t)n;
    const int32_t sign = adjoint ? -1 : 1;
    const int32_t down = sign * (pick(mine[0], 2 * reach + 1) - reach);
    const int32_t right = sign * (pick(mine[1], 2 * reach + 1) - reach);
    const int32_t top = pick(mine[2], H + 1 - hole % 2) - hole / 2;
    const int32_t left = pick(mine[3], W + 1 - hole % 2) - hole / 2;
    const int32_t from_h = h - down, at_h = adjoint ? from_h : h;
    const int in_rows = from_h >= 0 && from_h < H, in_hole = at_h >= top && at_h < top + hole;
    for (int32_t w = 0; w < W; w++) {
      const int32_t from_w = w - right, at_w = adjoint ? from_w : w;
      const int cut = in_hole && at_w >= left && at_w < left + hole;
      const int inside = in_rows && from_w >= 0 && from_w < W && !cut;
      const float *from = x + (((int64_t)n * H + from_h) * W + from_w) * C;
      for (int32_t c = 0; c < C; c++) y[(row * W + w) * C + c] = inside ? from[c] : 0.0f;
    }
  }
}
