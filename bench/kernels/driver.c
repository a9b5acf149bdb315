// Times the convolution kernels on the layers of the tf2018 preset and compares them with the machine's peak, which is
// measured in between, on the same threads: other programs' load then falls on both. The least of several times counts.
// Usage: driver [threads] [rounds] [batch] [only this layer]. Build and run it with `node bench/kernels/run.mjs`.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../kernels/dcgan.h"
#include "../../kernels/isa.h"
#include "peak.h"

struct pool;
struct pool *dcgan_pool_open(int32_t threads);
void dcgan_pool_close(struct pool *pool);
int32_t dcgan_pool_run(struct pool *pool, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                       float *scratch, uint32_t control);
void *dcgan_memory(uint64_t bytes);

struct layer {
  const char *name;
  int32_t H, W, C, K, OC, stride;
};

static const struct layer layers[] = {
    {"D conv1 28x28x1 -> 14x14x64", 28, 28, 1, 5, 64, 2},
    {"D conv2 14x14x64 -> 7x7x128", 14, 14, 64, 5, 128, 2},
    {"D dense 6272 -> 1", 1, 1, 6272, 1, 1, 1},
    {"G dense 100 -> 3136", 1, 1, 100, 1, 3136, 1},
    {"G conv1 7x7x64 <- 7x7x64", 7, 7, 64, 5, 64, 1},
    {"G conv2 14x14x32 <- 7x7x64", 14, 14, 32, 5, 64, 2},
    {"G conv3 28x28x1 <- 14x14x32", 28, 28, 1, 5, 32, 2},
};
enum { LAYERS = sizeof layers / sizeof layers[0], KINDS = 3, PEAK_STEPS = 1 << 20 };
static const char *const kinds[KINDS] = {"conv2d", "convInput", "convFilter"};

// Taps of one axis inside the image, over all outputs.
static double inside(int32_t length, int32_t kernel, int32_t outs, int32_t stride, int32_t pad) {
  double taps = 0;
  for (int32_t o = 0; o < outs; o++)
    for (int32_t k = 0; k < kernel; k++) taps += o * stride + k - pad >= 0 && o * stride + k - pad < length;
  return taps;
}

static int32_t before(int32_t length, int32_t kernel, int32_t outs, int32_t stride) {
  const int32_t missing = (outs - 1) * stride + kernel - length;
  return missing > 0 ? missing / 2 : 0;
}

int main(int argc, char **argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 2, rounds = argc > 2 ? atoi(argv[2]) : 20;
  const int32_t N = argc > 3 ? atoi(argv[3]) : 256;
  const int only = argc > 4 ? atoi(argv[4]) : -1;
  struct pool *pool = dcgan_pool_open(threads);
  float *memory = dcgan_memory((uint64_t)1 << 29);
  const int32_t x = 64, w = 1 << 25, y = w + (1 << 23), scratch = y + (1 << 24);
  for (int32_t i = 16; i < scratch; i++) memory[i] = (float)(i * 2654435761u >> 8) * 0x1p-24f - 0.5f;
  double best[LAYERS][KINDS], top = 0;
  memset(best, 0x7f, sizeof best);
  double nominal[LAYERS], needed[LAYERS];
  for (int round = 0; round < rounds; round++)
    for (int l = 0; l < LAYERS; l++) {
      if (only >= 0 && l != only) continue;
      const double try = peak(threads, PEAK_STEPS);
      top = try > top ? try : top;
      const struct layer s = layers[l];
      const int32_t OH = (s.H + s.stride - 1) / s.stride, OW = (s.W + s.stride - 1) / s.stride;
      const int32_t top_pad = before(s.H, s.K, OH, s.stride), left_pad = before(s.W, s.K, OW, s.stride);
      int32_t groups = (int32_t)((double)N * OH * OW / 4096 + 0.5);
      groups = most(1, least(least(16, N), groups));
      nominal[l] = 2.0 * N * s.C * s.OC * OH * OW * s.K * s.K;
      needed[l] = 2.0 * N * s.C * s.OC * inside(s.H, s.K, OH, s.stride, top_pad) * inside(s.W, s.K, OW, s.stride, left_pad);
      for (int kind = 0; kind < KINDS; kind++) {
        const int32_t code[] = {KIND_CONV2D + kind, kind == 2 ? 20 : 19, 0, x, w, y, scratch, N, s.H, s.W, s.C, s.K, s.K,
                                s.OC, OH, OW, s.stride, top_pad, left_pad, groups};
        const double start = now();
        dcgan_pool_run(pool, code, code[1], memory, 0, memory, 0);
        const double time = now() - start;
        best[l][kind] = time < best[l][kind] ? time : best[l][kind];
      }
    }
  printf("%s, %d threads, batch %d, peak %.0f GFLOP/s\n", dcgan_variant(), threads, N, top);
  printf("%-30s %-11s %9s %9s %9s %7s\n", "layer", "kernel", "ms", "nominal", "needed", "% peak");
  for (int l = 0; l < LAYERS; l++)
    for (int kind = 0; kind < KINDS; kind++) {
      if (only >= 0 && l != only) continue;
      const double t = best[l][kind];
      printf("%-30s %-11s %9.3f %9.1f %9.1f %6.1f%%\n", layers[l].name, kinds[kind], 1e3 * t, 1e-9 * nominal[l] / t,
             1e-9 * needed[l] / t, 1e-7 * needed[l] / t / top);
    }
  dcgan_pool_close(pool);
  return 0;
}
