// A worker that measures the float32 peak: answers each line, a number of threads, with GFLOP/s.
#define _GNU_SOURCE
#include <stdio.h>
#include "peak.h"

// One measurement takes some tens of milliseconds.
enum { STEPS = 1 << 24 };

int main(void) {
  int threads;
  while (scanf("%d", &threads) == 1 && threads > 0 && threads <= MOST_THREADS) {
    printf("%.3f\n", peak(threads, STEPS));
    fflush(stdout);
  }
}
