// All threads walk over the plan: each reads every instruction, does its share, and waits for the
// others before the next one. Some instructions are so small that waiting would take longer than
// the work. The last thread to arrive does those alone. DCGAN_GENERATE leaves out the kernels
// that a trained generator does not need; their instructions are then unknown ones.
#include "bf16.h"
#include "follow.h"

// A thread checks the barrier this often, for some 100 microseconds, before it sleeps. Waking takes
// as long, and a thread that wakes late makes the others sleep at the next meeting.
enum { SPINS = 5000 };

INLINE void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__wasm__)
static _Thread_local float *workspace;

void dcgan_workspace(float *space) { workspace = space; }

float *dcgan_space(const struct worker *me, int64_t floats) {
  (void)me, (void)floats;
  return workspace;
}

void dcgan_sleep(int32_t *word, int32_t value) {
#if defined(__wasm_atomics__)
  __builtin_wasm_memory_atomic_wait32(word, value, -1);
#else
  (void)word, (void)value;
#endif
}

void dcgan_wake(int32_t *word) {
#if defined(__wasm_atomics__)
  __builtin_wasm_memory_atomic_notify(word, ~0u);
#else
  (void)word;
#endif
}
#endif

// Returns true in the last thread that comes to a meeting. The others wait until it lets them go.
static int arrive(struct job *job, int32_t turn) {
  if (__atomic_add_fetch(&job->arrived, 1, __ATOMIC_ACQ_REL) == job->threads) return 1;
  for (int i = 0; i < SPINS; i++) {
    if (__atomic_load_n(&job->turn, __ATOMIC_ACQUIRE) != turn) return 0;
    relax();
  }
  __atomic_add_fetch(&job->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&job->turn, __ATOMIC_SEQ_CST) == turn) dcgan_sleep(&job->turn, turn);
  __atomic_sub_fetch(&job->sleepers, 1, __ATOMIC_SEQ_CST);
  return 0;
}

static void release(struct job *job) {
  __atomic_store_n(&job->claimed, 0, __ATOMIC_RELAXED);
  if (job->threads == 1) return;
  __atomic_store_n(&job->arrived, 0, __ATOMIC_RELAXED);
  // This is sequentially consistent with the sleepers' count: either we see a sleeper, or it sees
  // the new turn.
  __atomic_add_fetch(&job->turn, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&job->sleepers, __ATOMIC_SEQ_CST) > 0) dcgan_wake(&job->turn);
}

static int is_last(const struct worker *me) {
  struct job *job = me->job;
  return job->threads == 1 || arrive(job, __atomic_load_n(&job->turn, __ATOMIC_ACQUIRE));
}

void dcgan_sync(const struct worker *me) {
  if (is_last(me)) release(me->job);
}

int32_t dcgan_job_bytes(void) { return sizeof(struct job); }

void dcgan_job_init(struct job *job, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                    float *scratch, uint32_t control, int32_t threads) {
  job->code = code;
  job->words = words;
  job->threads = threads;
  job->state = state;
  job->scratch = scratch;
  job->state_floats = state_floats;
  const struct worker anyone = {job, 0};
  job->control = (const uint32_t *)dcgan_at(&anyone, (int32_t)control);
}

static int is_attached(const struct job *job, int32_t at) {
  return at < job->words && job->code[at + 2] & FLAG_ATTACHED;
}

// An instruction of up to this many values of program lines is not worth a meeting. The last thread
// to arrive runs it before all continue. A line that draws counts as DRAW_LINES lines.
enum { SMALL = 1 << 17, DRAW_LINES = 64 };

static int is_small(const int32_t *words) {
  if (words[0] != KIND_ELEMENTWISE && words[0] != KIND_REDUCE) return 0;
  return dcgan_program_work(words + HEADER_WORDS, DRAW_LINES) <= SMALL;
}

// Returns where the small instructions that begin at `at` end, and counts them.
static int32_t past_small(const struct job *job, int32_t at, int32_t *count) {
  for (*count = 0; at < job->words && is_small(job->code + at); at += job->code[at + 1]) ++*count;
  return at;
}

// Runs the instructions from `at` to `end` in one thread.
static void walk_alone(struct job *job, int32_t at, int32_t end) {
  struct job alone = {.threads = 1,
                      .state = job->state,
                      .scratch = job->scratch,
                      .state_floats = job->state_floats,
                      .control = job->control};
  const struct worker me = {&alone, 0};
  for (; at < end; at += job->code[at + 1]) {
    const int32_t *words = job->code + at;
    if (words[0] == KIND_ELEMENTWISE) dcgan_elementwise(&me, words + HEADER_WORDS);
    else dcgan_reduce(&me, words + HEADER_WORDS);
    dcgan_sync(&me);
  }
  if (alone.fault && !job->fault) job->fault = alone.fault;
}

// Returns how many of the instructions attached at `at` come before one that cannot be attached, or
// -1 when all can.
static int32_t unknown_attached(const struct job *job, int32_t at) {
  for (int32_t count = 0; is_attached(job, at); count++, at += job->code[at + 1])
    if (job->code[at] != KIND_ELEMENTWISE && job->code[at] != KIND_REDUCE) return count;
  return -1;
}

int64_t dcgan_room(int32_t kind, const int32_t *words) {
  const struct geometry g = dcgan_geometry(words + 4);
  switch (kind) {
    case KIND_CONV2D: return dcgan_conv2d_room(&g);
    case KIND_CONV_INPUT: return dcgan_conv_input_room(&g);
#if !defined(DCGAN_GENERATE)
    case KIND_CONV_FILTER: return dcgan_conv_filter_room(&g, words[17]);
#endif
    default: return 0;
  }
}

int32_t dcgan_walk(struct job *job, int32_t thread) {
  const struct worker me = {job, thread};
  int32_t small, index = 0;
  for (int32_t at = 0, end = past_small(job, 0, &small);; end = past_small(job, at, &small)) {
    if ((at > 0 || end > 0) && is_last(&me)) {
      walk_alone(job, at, end);
      release(job);
    }
    if (end >= job->words) return job->fault;
    index += small;
    const int32_t *words = job->code + end, *body = words + HEADER_WORDS;
    at = end + words[1];
    const int leads = words[0] == KIND_CONV2D || words[0] == KIND_CONV_INPUT || words[0] == KIND_ELEMENTWISE;
    const int32_t unknown = leads ? unknown_attached(job, at) : -1;
    if (unknown >= 0) return 2 + index + unknown;
    const int32_t *follower = leads && is_attached(job, at) ? job->code + at + HEADER_WORDS : 0;
    switch (words[0]) {
      case KIND_CONV2D: dcgan_conv2d(&me, body, follower); break;
      case KIND_CONV_INPUT: dcgan_conv_input(&me, body, follower); break;
#if !defined(DCGAN_GENERATE)
      case KIND_CONV_FILTER: dcgan_conv_filter(&me, body); break;
#endif
      case KIND_ELEMENTWISE: follower ? dcgan_follow_all(&me, body) : dcgan_elementwise(&me, body); break;
      case KIND_REDUCE: dcgan_reduce(&me, body); break;
#if !defined(DCGAN_GENERATE)
      case KIND_TRANSPOSE: dcgan_transpose(&me, body); break;
      case KIND_SHIFT_CUT: dcgan_shift_cut(&me, body); break;
#endif
      default: return 1 + index;
    }
    for (index++; leads && is_attached(job, at); index++) at += job->code[at + 1];
  }
}

const char *dcgan_variant(void) {
#if defined(DCGAN_BF16)
  return VECTOR_NAME " " PRECISION_NAME;
#else
  return VECTOR_NAME;
#endif
}
