// Runs plans on kernels that were built for another system, where Node is not at hand.
//   foreign IN OUT THREADS
// IN holds, for each plan, as int32, the number of words, the floats of the arena and the control
// address; then the words; then the arena. OUT gets the arenas as the runs leave them.
#include "driver.h"

int main(int count, char **arguments) {
  must(count == 4, "usage: foreign IN OUT THREADS");
  FILE *in = fopen(arguments[1], "rb"), *out = fopen(arguments[2], "wb");
  must(in && out, "a file cannot be opened");
  struct pool *pool = dcgan_pool_open(atoi(arguments[3]));
  must(pool != NULL, "no pool");
  int32_t header[3], plans = 0;
  for (; fread(header, 4, 3, in) == 3; plans++) {
    const size_t words = (size_t)header[0], floats = (size_t)header[1];
    int32_t *code = malloc(4 * words);
    float *arena = dcgan_memory(4 * floats), *state = dcgan_memory(0);
    must(code && arena && state, "no memory");
    must(fread(code, 4, words, in) == words && fread(arena, 4, floats, in) == floats, "a plan is short");
    must(dcgan_pool_run(pool, code, header[0], state, 0, arena, (uint32_t)header[2]) == 0, "a run failed");
    must(fwrite(arena, 4, floats, out) == floats, "the arena cannot be written");
    dcgan_memory_free(arena, 4 * floats);
    dcgan_memory_free(state, 0);
    free(code);
  }
  dcgan_pool_close(pool);
  must(fclose(out) == 0, "the arenas cannot be written");
  printf("%d plans by %s\n", (int)plans, dcgan_variant());
  return 0;
}
