// Only native kernels need this file. Its threads sleep until a plan is to be run and at barriers,
// and it allocates the arena. The calling thread only waits. JavaScript calls from a thread of its
// own, so its event loop stays free. On Linux pool threads have a slightly lower priority than the
// process, so that its timers and signals are on time while every core computes. They block all
// signals, which belong to the process' main thread.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <malloc.h>
#include <windows.h>
#else
#include <signal.h>
#include <sys/mman.h>
#endif
#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include "job.h"

struct pool;
void *dcgan_memory(uint64_t bytes);
void dcgan_memory_free(void *memory, uint64_t bytes);

struct seat {
  struct pool *pool;
  int32_t thread;
  pthread_t id;
  // The kernels' workspace, which is allocated when it is first asked for.
  float *space;
  int64_t space_floats;
};

struct pool {
  struct job job;
  pthread_mutex_t mutex;
  pthread_cond_t asked, done;
  // The number of runs so far. -1 tells threads to end.
  int64_t run;
  int32_t threads, started, working, result;
  struct seat seats[];
};

static pthread_mutex_t sleep_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sleep_ended = PTHREAD_COND_INITIALIZER;

void dcgan_sleep(int32_t *word, int32_t value) {
  pthread_mutex_lock(&sleep_mutex);
  while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) pthread_cond_wait(&sleep_ended, &sleep_mutex);
  pthread_mutex_unlock(&sleep_mutex);
}

void dcgan_wake(int32_t *word) {
  (void)word;
  pthread_mutex_lock(&sleep_mutex);
  pthread_cond_broadcast(&sleep_ended);
  pthread_mutex_unlock(&sleep_mutex);
}

float *dcgan_space(const struct worker *me, int64_t floats) {
  // A pool's job is its first member.
  struct seat *seat = &((struct pool *)me->job)->seats[me->thread];
  if (seat->space_floats < floats) {
    if (seat->space) dcgan_memory_free(seat->space, (uint64_t)seat->space_floats * 4);
    seat->space = dcgan_memory((uint64_t)floats * 4);
    if (!seat->space) abort();
    seat->space_floats = floats;
  }
  return seat->space;
}

#if defined(DCGAN_AMX) && defined(__linux__) && defined(__x86_64__)
// Linux lets a process use the matrix unit's registers once it has asked. Without permission the
// first use of the unit ends the process, so matrix-unit.ts asks before these kernels are loaded.
enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
static void ask_for_unit(void) { syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA); }
#else
static void ask_for_unit(void) {}
#endif

#if defined(_WIN32)
static void *aligned(size_t bytes) { return _aligned_malloc(bytes, 64); }
static void release(void *memory) { _aligned_free(memory); }

// Windows brings no signals to threads.
typedef int signals;
static signals block_signals(void) { return 0; }
static void restore_signals(signals before) { (void)before; }
#else
static void *aligned(size_t bytes) {
  void *memory;
  return posix_memalign(&memory, 64, bytes) ? NULL : memory;
}
static void release(void *memory) { free(memory); }

typedef sigset_t signals;
static signals block_signals(void) {
  signals all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  return before;
}
static void restore_signals(signals before) { pthread_sigmask(SIG_SETMASK, &before, NULL); }
#endif

static void *serve(void *argument) {
  struct seat *seat = argument;
  struct pool *pool = seat->pool;
#if defined(__linux__)
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 1);
#endif
  pthread_mutex_lock(&pool->mutex);
  for (int64_t known = 0;;) {
    while (pool->run == known) pthread_cond_wait(&pool->asked, &pool->mutex);
    known = pool->run;
    if (known < 0) break;
    pthread_mutex_unlock(&pool->mutex);
    const int32_t result = dcgan_walk(&pool->job, seat->thread);
    pthread_mutex_lock(&pool->mutex);
    pool->result = result;
    if (--pool->working == 0) pthread_cond_signal(&pool->done);
  }
  pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

// Ends the threads and frees the pool. No run may be under way.
void dcgan_pool_close(struct pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pool->run = -1;
  pthread_cond_broadcast(&pool->asked);
  pthread_mutex_unlock(&pool->mutex);
  for (int32_t i = 0; i < pool->started; i++) pthread_join(pool->seats[i].id, NULL);
  for (int32_t i = 0; i < pool->started; i++)
    if (pool->seats[i].space) dcgan_memory_free(pool->seats[i].space, (uint64_t)pool->seats[i].space_floats * 4);
  pthread_cond_destroy(&pool->asked);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->mutex);
  release(pool);
}

// Returns a pool of sleeping threads, or null when the system gives no more threads.
struct pool *dcgan_pool_open(int32_t threads) {
  ask_for_unit();
  const size_t bytes = sizeof(struct pool) + (size_t)threads * sizeof(struct seat);
  struct pool *pool = aligned(bytes);
  if (!pool) return NULL;
  memset(pool, 0, bytes);
  pool->threads = threads;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->asked, NULL);
  pthread_cond_init(&pool->done, NULL);
  // Threads inherit the mask. Signals are blocked here, so that a thread takes none even in its
  // first instant.
  const signals before = block_signals();
  for (; pool->started < threads; pool->started++) {
    struct seat *seat = &pool->seats[pool->started];
    *seat = (struct seat){.pool = pool, .thread = pool->started};
    if (pthread_create(&seat->id, NULL, serve, seat)) break;
  }
  restore_signals(before);
  if (pool->started == threads) return pool;
  dcgan_pool_close(pool);
  return NULL;
}

// Runs a plan and returns dcgan_walk's result. Only one run may be under way.
int32_t dcgan_pool_run(struct pool *pool, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                       float *scratch, uint32_t control) {
  pthread_mutex_lock(&pool->mutex);
  memset(&pool->job, 0, sizeof pool->job);
  dcgan_job_init(&pool->job, code, words, state, state_floats, scratch, control, pool->threads);
  pool->working = pool->threads;
  pool->run++;
  pthread_cond_broadcast(&pool->asked);
  while (pool->working > 0) pthread_cond_wait(&pool->done, &pool->mutex);
  const int32_t result = pool->result;
  pthread_mutex_unlock(&pool->mutex);
  return result;
}

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer puts guards around this memory. All of the spare bytes may be read.
void *dcgan_memory(uint64_t bytes) { return calloc(bytes + SPARE_BYTES, 1); }

void dcgan_memory_free(void *memory, uint64_t bytes) {
  (void)bytes;
  free(memory);
}
#elif defined(_WIN32)
void *dcgan_memory(uint64_t bytes) {
  return VirtualAlloc(NULL, bytes + SPARE_BYTES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void dcgan_memory_free(void *memory, uint64_t bytes) {
  (void)bytes;
  VirtualFree(memory, 0, MEM_RELEASE);
}
#else
static void *mapped(void *memory, size_t bytes) {
  if (memory == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
  // Large pages need fewer address translations. A small block would only be rounded up to one.
  if (bytes >= (size_t)1 << 24) madvise(memory, bytes, MADV_HUGEPAGE);
#else
  (void)bytes;
#endif
  return memory;
}

// Returns zeroed memory that costs nothing until it is touched, or null.
void *dcgan_memory(uint64_t bytes) {
  const size_t all = bytes + SPARE_BYTES;
  return mapped(mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), all);
}

void dcgan_memory_free(void *memory, uint64_t bytes) { munmap(memory, bytes + SPARE_BYTES); }
#endif

// Moves the contents to a larger block. Returns null when that fails, and then the old block
// remains.
void *dcgan_memory_grow(void *memory, uint64_t bytes, uint64_t wanted) {
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  // Pages move as they are, so what was never touched still costs nothing.
  return mapped(mremap(memory, bytes + SPARE_BYTES, wanted + SPARE_BYTES, MREMAP_MAYMOVE), wanted + SPARE_BYTES);
#else
  void *larger = dcgan_memory(wanted);
  if (!larger) return NULL;
  memcpy(larger, memory, bytes);
  dcgan_memory_free(memory, bytes);
  return larger;
#endif
}
