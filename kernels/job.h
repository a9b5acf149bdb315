// What the kernels share: the job that all threads walk, the thread's own number, and the kernels'
// entry points. Every thread calls each kernel with the same words and may meet the others at
// dcgan_sync. Between two meetings work is shared in one of two ways: in equal parts, or unit by
// unit to whoever is free. The second way costs little, and nobody waits for a thread that other
// programs slow down. The result of a unit never depends on who computes it. Kernels may read, but
// never use, memory up to a panel's width past a tensor's end, so an arena ends with that much
// spare room.
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
  // The barrier lies on its own cache line, because threads spin on `turn`.
  _Alignas(64) int32_t arrived;
  int32_t turn;
  int32_t sleepers;
  // The number of units claimed since the last meeting.
  _Alignas(64) int32_t claimed;
  // 0, or -1 - the number of the first opcode that this build does not know (dcgan_unknown_opcode).
  int32_t fault;
};

struct worker {
  struct job *job;
  int32_t thread;
};

// The shape of a convolution, as in plan.ts. With `direct` no fast algorithm may compute it.
struct geometry {
  int32_t N, H, W, C, KH, KW, OC, OH, OW, stride, pad_top, pad_left, direct;
};

static inline struct geometry dcgan_geometry(const int32_t *w) {
  return (struct geometry){w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11],
                           w[12]};
}

// Returns the place of a float of the arena.
static inline float *dcgan_at(const struct worker *me, int32_t address) {
  const struct job *job = me->job;
  const uint32_t a = (uint32_t)address;
  return a < job->state_floats ? job->state + a : job->scratch + (a - job->state_floats);
}

// Returns this thread's share [begin, end) of `units` equal pieces of work.
static inline void dcgan_share(const struct worker *me, int64_t units, int64_t *begin, int64_t *end) {
  *begin = units * me->thread / me->job->threads;
  *end = units * (me->thread + 1) / me->job->threads;
}

// Returns where part number `part` begins when `total` things are cut into `parts`.
static inline int32_t dcgan_cut(int32_t total, int32_t part, int32_t parts) {
  return (int32_t)((int64_t)total * part / parts);
}

// Returns the next of `units` units that nobody has taken, or -1. There is one count of units
// between two meetings.
static inline int32_t dcgan_claim(const struct worker *me, int32_t units) {
  const int32_t unit = __atomic_fetch_add(&me->job->claimed, 1, __ATOMIC_RELAXED);
  return unit < units ? unit : -1;
}

// Records an opcode that this build does not know. The run continues and then fails with its
// number.
static inline void dcgan_unknown_opcode(const struct worker *me, int32_t opcode) {
  int32_t none = 0;
  const int32_t fault = -1 - (opcode & INT32_MAX);
  __atomic_compare_exchange_n(&me->job->fault, &none, fault, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// Returns the floats up to the start of the next slot; slots begin at multiples of 16.
static inline int64_t dcgan_slot(int64_t floats) { return (floats + 15) / 16 * 16; }

// Returns when every thread has called it.
void dcgan_sync(const struct worker *me);

// Returns at least this many floats of memory that belong to this thread. Their contents are not
// kept. At most SPACE_FLOATS may be asked for, because WebAssembly's host has laid out that much
// for each thread.
float *dcgan_space(const struct worker *me, int64_t floats);

// The platform's part of the barrier: sleep while *word is `value`, and wake all who sleep on it.
void dcgan_sleep(int32_t *word, int32_t value);
void dcgan_wake(int32_t *word);

// The kernels. `words` is the instruction's body. A kernel contains all of its barriers except the
// last, which is the walk's. `follower` is the body of the first instruction attached to it, which
// the kernel then runs too; or it is null.
void dcgan_conv2d(const struct worker *me, const int32_t *words, const int32_t *follower);
void dcgan_conv_input(const struct worker *me, const int32_t *words, const int32_t *follower);
void dcgan_conv_filter(const struct worker *me, const int32_t *words);
void dcgan_elementwise(const struct worker *me, const int32_t *words);
void dcgan_reduce(const struct worker *me, const int32_t *words);
void dcgan_transpose(const struct worker *me, const int32_t *words);
void dcgan_shift_cut(const struct worker *me, const int32_t *words);

// Returns the floats of `pack` and of `partials` that this build uses for a shape.
int64_t dcgan_conv2d_room(const struct geometry *g);
int64_t dcgan_conv_input_room(const struct geometry *g);
int64_t dcgan_conv_filter_room(const struct geometry *g, int32_t image_runs);

// Returns the amount of work in a program: its points times its lines, where a line that draws
// counts as `draw_lines`.
int64_t dcgan_program_work(const int32_t *words, int32_t draw_lines);
