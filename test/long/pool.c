// Drives the kernels' pool for ThreadSanitizer. A plan is read from a file and run many times on
// the same memory, by pools of 1 to 4 threads that are opened and closed. The state must end in the
// same bits whatever the number of threads.
//   pool FILE RUNS    FILE holds, as int32, the number of words, state floats, scratch floats and
//                     the control address; then the words; then the arena
#include <string.h>
#include "driver.h"

int main(int count, char **arguments) {
  must(count == 3, "usage: pool FILE RUNS");
  FILE *file = fopen(arguments[1], "rb");
  must(file != NULL, "the file cannot be read");
  int32_t header[4];
  must(fread(header, 4, 4, file) == 4, "the header is short");
  const int32_t words = header[0];
  const uint64_t state_bytes = 4 * (uint64_t)header[1], scratch_bytes = 4 * (uint64_t)header[2];
  int32_t *code = malloc(4 * (size_t)words);
  char *first = malloc(state_bytes + scratch_bytes), *want = malloc(state_bytes + scratch_bytes);
  must(fread(code, 4, (size_t)words, file) == (size_t)words, "the plan is short");
  must(fread(first, 1, state_bytes + scratch_bytes, file) == state_bytes + scratch_bytes, "the arena is short");
  fclose(file);
  float *state = dcgan_memory(state_bytes), *scratch = dcgan_memory(scratch_bytes);
  const int32_t runs = atoi(arguments[2]);
  for (int32_t threads = 1; threads <= 4; threads++) {
    struct pool *pool = dcgan_pool_open(threads);
    must(pool != NULL, "no pool");
    memcpy(state, first, state_bytes);
    memcpy(scratch, first + state_bytes, scratch_bytes);
    for (int32_t run = 0; run < runs; run++)
      must(dcgan_pool_run(pool, code, words, state, (uint32_t)header[1], scratch, (uint32_t)header[3]) == 0,
           "a run failed");
    dcgan_pool_close(pool);
    if (threads == 1) memcpy(want, state, state_bytes);
    must(memcmp(want, state, state_bytes) == 0, "the state depends on the number of threads");
  }
  dcgan_memory_free(state, state_bytes);
  dcgan_memory_free(scratch, scratch_bytes);
  free(want);
  free(first);
  free(code);
  puts("the same bits");
  return 0;
}
