// Measures the machine's float32 peak: independent chains of multiply-and-add in registers, as wide
// as the kernels' own vectors. Other programs and the processor's clock slow it exactly as they
// slow a kernel that is timed beside it.
#pragma once
#include <pthread.h>
#include <time.h>
#include "../../kernels/vec.h"

enum { CHAINS = 14, MOST_THREADS = 64 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

struct chain {
  int steps;
  float values[CHAINS + 1 + LANES];
};

static void *chains(void *argument) {
  vf sum[CHAINS];
  struct chain *chain = argument;
  float *out = chain->values;
  const int steps = chain->steps;
#pragma GCC unroll 16
  for (int i = 0; i < CHAINS; i++) sum[i] = splat(out[i]);
  const vf factor = splat(0.999f), term = splat(out[CHAINS]);
#pragma GCC unroll 1
  for (int step = 0; step < steps; step++) {
#pragma GCC unroll 16
    for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * factor + term;
  }
  vf total = {};
#pragma GCC unroll 16
  for (int i = 0; i < CHAINS; i++) total += sum[i];
  store(out, total);
  return NULL;
}

// Returns the GFLOP/s of all threads together in one try.
static double peak(int threads, int steps) {
  static struct chain chain[MOST_THREADS];
  for (int i = 0; i < threads; i++) {
    chain[i].steps = steps;
    for (int k = 0; k <= CHAINS; k++) chain[i].values[k] = (float)k;
  }
  pthread_t id[MOST_THREADS];
  const double start = now();
  for (int i = 0; i < threads; i++) pthread_create(&id[i], NULL, chains, &chain[i]);
  for (int i = 0; i < threads; i++) pthread_join(id[i], NULL);
  return 2e-9 * LANES * CHAINS * steps * threads / (now() - start);
}
