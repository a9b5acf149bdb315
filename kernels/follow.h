// What is attached to an instruction: elementwise programs at the points it has just computed, and sums over each image.
#pragma once
#include "program.h"

// An elementwise program that leads a run of attached ones is the first of them.
enum { FOLLOWERS_MOST = 1 + MAX_ATTACHED };
_Static_assert((int)MOST_ATTACHED_CHANNELS <= (int)BLOCK, "a block holds a pixel's channels");

struct follower {
  struct program program;
  // Channels of a sum, else 0.
  int32_t inner;
};

struct followers {
  int32_t count;
  // Points of an image where there are sums, else 0.
  int32_t image;
  // Whether one reads another's sum: then images must come whole.
  int whole;
  struct follower each[FOLLOWERS_MOST];
};

// Reads the run of attached instructions that begins with the body `first`.
void dcgan_follow_begin(const struct worker *me, const int32_t *first, struct followers *f);

// Does what follows for points [begin, end), whole pixels. An image's points come in order, and all to one thread.
void dcgan_follow(const struct worker *me, struct followers *f, int32_t begin, int32_t end, struct registers *regs);

// The same for all points, shared among the threads.
void dcgan_follow_all(const struct worker *me, const int32_t *first);
