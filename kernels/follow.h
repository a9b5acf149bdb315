// An instruction has others attached to it: elementwise programs at the points that it has just
// computed, and sums over each image.
#pragma once
#include "program.h"

// When an elementwise program leads a run of attached ones, it is the first of them.
enum { FOLLOWERS_MOST = 1 + MAX_ATTACHED };
_Static_assert((int)MOST_ATTACHED_CHANNELS <= (int)BLOCK, "a block holds a pixel's channels");

struct follower {
  struct program program;
  // The number of channels of a sum, or 0 without one.
  int32_t inner;
};

struct followers {
  int32_t count;
  // The number of points of an image when there are sums, otherwise 0.
  int32_t image;
  // Whether a follower reads another's sum, which requires whole images.
  int whole;
  struct follower each[FOLLOWERS_MOST];
};

// Reads the run of attached instructions that begins with the body `first`.
void dcgan_follow_begin(const struct worker *me, const int32_t *first, struct followers *f);

// Runs the followers for points [begin, end), which are whole pixels. The points of an image must
// come in order, and all to one thread.
void dcgan_follow(const struct worker *me, struct followers *f, int32_t begin, int32_t end, struct registers *regs);

// Runs the followers for all points, shared among the threads.
void dcgan_follow_all(const struct worker *me, const int32_t *first);
