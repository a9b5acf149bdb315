// What the kernels share: the job all threads walk, who "I" am in it, and the kernels' entry points. Each kernel is
// called by every thread with the same words and may meet the others at dcgan_sync. Between two meetings work is shared
// in one of two ways: in equal parts, or unit by unit to whoever is free, which costs little and keeps a thread that other
// programs slow down from being waited for. What a unit computes never depends on who computes it. Memory
// past a tensor's end may be read, never used, up to a panel's width: an arena ends with so much to spare.
#pragma once
#include "dcgan.h"
#include "isa.h"

struct job {
  const int32_t *code;
  int32_t words;
  int32_t threads;
  float *state;
  float *scratch;
  uint32_t state_floats;
  const uint32_t *control;
  // The barrier, on a cache line of its own: threads spin on `turn`.
  _Alignas(64) int32_t arrived;
  int32_t turn;
  int32_t sleepers;
  // Units claimed since the last meeting.
  _Alignas(64) int32_t claimed;
  // 0, or -1 - the number of the first opcode met that this build does not know (dcgan_unknown_opcode).
  int32_t fault;
};

struct worker {
  struct job *job;
  int32_t thread;
};

// A convolution's shape, as plan.ts has it.
struct geometry {
  int32_t N, H, W, C, KH, KW, OC, OH, OW, stride, pad_top, pad_left;
};

static inline struct geometry dcgan_geometry(const int32_t *w) {
  return (struct geometry){w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11]};
}

// Where a float of the arena lies.
static inline float *dcgan_at(const struct worker *me, int32_t address) {
  const struct job *job = me->job;
  const uint32_t a = (uint32_t)address;
  return a < job->state_floats ? job->state + a : job->scratch + (a - job->state_floats);
}

// My share [begin, end) of `units` equal pieces of work.
static inline void dcgan_share(const struct worker *me, int64_t units, int64_t *begin, int64_t *end) {
  *begin = units * me->thread / me->job->threads;
  *end = units * (me->thread + 1) / me->job->threads;
}

// Where part number `part` of `total` things begins, when they are cut into `parts`.
static inline int32_t dcgan_cut(int32_t total, int32_t part, int32_t parts) {
  return (int32_t)((int64_t)total * part / parts);
}

// The next of `units` units that nobody has, or -1. One count of units between two meetings.
static inline int32_t dcgan_claim(const struct worker *me, int32_t units) {
  const int32_t unit = __atomic_fetch_add(&me->job->claimed, 1, __ATOMIC_RELAXED);
  return unit < units ? unit : -1;
}

// Remembers an opcode that this build does not know; the run goes on and then fails with its number.
static inline void dcgan_unknown_opcode(const struct worker *me, int32_t opcode) {
  int32_t none = 0;
  const int32_t fault = -1 - (opcode & INT32_MAX);
  __atomic_compare_exchange_n(&me->job->fault, &none, fault, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// Floats that start the next slot: slots begin at multiples of 16.
static inline int64_t dcgan_slot(int64_t floats) { return (floats + 15) / 16 * 16; }

// Returns when every thread has called it.
void dcgan_sync(const struct worker *me);

// At least so many floats of memory of this thread's own, whose contents nobody keeps. At most SPACE_FLOATS may be asked for:
// WebAssembly's host has laid out as many for each thread.
float *dcgan_space(const struct worker *me, int64_t floats);

// Sleep while *word is `value`, wake all who sleep on it: the platform's part of the barrier.
void dcgan_sleep(int32_t *word, int32_t value);
void dcgan_wake(int32_t *word);

// Kernels. `words` is the instruction's body; all but the last barrier, which is the walk's, are inside. `follower` is the
// body of the first of the instructions attached to it, which are then done too, or null.
void dcgan_conv2d(const struct worker *me, const int32_t *words, const int32_t *follower);
void dcgan_conv_input(const struct worker *me, const int32_t *words, const int32_t *follower);
void dcgan_conv_filter(const struct worker *me, const int32_t *words);
void dcgan_elementwise(const struct worker *me, const int32_t *words);
void dcgan_reduce(const struct worker *me, const int32_t *words);
void dcgan_transpose(const struct worker *me, const int32_t *words);
void dcgan_shift_cut(const struct worker *me, const int32_t *words);

// Floats of `pack` and of `partials` that this build uses for a shape.
int64_t dcgan_conv2d_room(const struct geometry *g);
int64_t dcgan_conv_input_room(const struct geometry *g);
int64_t dcgan_conv_filter_room(const struct geometry *g, int32_t groups);

// How much work a program is: its points times its lines, where a line that draws counts as `draw_lines`.
int64_t dcgan_program_work(const int32_t *words, int32_t draw_lines);
