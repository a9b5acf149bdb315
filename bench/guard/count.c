// Runs one plan on one thread, so that callgrind can count its instructions:
//   count WORDS_FILE FLOATS CONTROL
// guard.mjs writes the plan's words. No number in memory is 0, infinite or NaN.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../kernels/dcgan.h"

// A single thread never calls the functions of the pool that start threads or sleep.
void dcgan_sleep(int32_t *word, int32_t value) { (void)word, (void)value; }
void dcgan_wake(int32_t *word) { (void)word; }
// The workspace is kept until the process ends.
struct worker;
float *dcgan_space(const struct worker *me, int64_t floats) {
  (void)me;
  return malloc((size_t)floats * sizeof(float));
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 2;
  fseek(file, 0, SEEK_END);
  const long bytes = ftell(file);
  rewind(file);
  int32_t *words = malloc((size_t)bytes);
  if (!words || fread(words, 1, (size_t)bytes, file) != (size_t)bytes) return 2;
  const size_t floats = (size_t)atol(argv[2]), spare = 4096;
  float *memory = aligned_alloc(64, (floats + spare) * sizeof(float));
  for (size_t i = 0; i < floats + spare; i++) memory[i] = (float)((i * 2654435761u >> 12) & 0xfff) / 4096.0f + 0.25f;
  const uint32_t control = (uint32_t)atol(argv[3]);
  memset(memory + control, 0, 8 * sizeof(float));
  struct job *job = aligned_alloc(64, ((size_t)dcgan_job_bytes() + 63) / 64 * 64);
  memset(job, 0, (size_t)dcgan_job_bytes());
  dcgan_job_init(job, words, (int32_t)(bytes / 4), memory, (uint32_t)floats, memory + floats, control, 1);
  return dcgan_walk(job, 0);
}
