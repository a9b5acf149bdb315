// What the C programs that drive the kernels' pool without Node share: the pool's functions, and an
// end with a reason.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include "../../kernels/job.h"

struct pool;
struct pool *dcgan_pool_open(int32_t threads);
void dcgan_pool_close(struct pool *pool);
int32_t dcgan_pool_run(struct pool *pool, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                       float *scratch, uint32_t control);
void *dcgan_memory(uint64_t bytes);
void dcgan_memory_free(void *memory, uint64_t bytes);

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}
