// The few functions of MPI that a run over several processes needs, without any of MPI's types, so
// that one program works with Open MPI, MPICH and their kin. It is compiled by the machine's own
// mpicc at first use (src/ranks/mpicc.ts) and called from one thread. MPI only moves numbers: sums
// are added here, in one order, so that they do not depend on the number of ranks.
//
// Ranks also form a ring. Each sends a beat to the next one every second, while it waits for others
// and while it has nothing to do here. A rank that hears no beat of the one before it knows that
// this one was killed, was paused or cannot be reached. A beat also carries the wish to stop.
// Source: MPI: A Message-Passing Interface Standard, version 3.1.
#define _GNU_SOURCE
#include <mpi.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECOND = 1000000000, BEAT = SECOND, LOOK = SECOND / 20, TAG_BEAT = 1, TAG_DATA = 2, TAG_BACK = 3 };
// What a beat says.
enum { ALIVE = 1, STOP = 2, LAST = 3 };
// Results: all is well, the rank before this one is silent, or a call of MPI failed.
enum { FINE = 0, SILENT = 1, FAILED = 2 };
// A message has at most so many bytes, because MPI counts in int.
enum { MOST = 1 << 30 };
// Up to so many floats, every rank gets all parts and adds them itself, which takes one exchange
// where otherwise two follow each other.
enum { FEW = 2048 };

static MPI_Comm data, ring;
static int rank, size;
static int64_t limit;
static MPI_Request in = MPI_REQUEST_NULL, out = MPI_REQUEST_NULL;
static int heard, said;
static int64_t looked, sent, silence;
static int stop, told, closing, last;
// Words that the program's main thread shares with this one (src/ranks/words.ts): it asks for an
// end of all ranks with an exit code, it wishes to stop, and it learns that a rank wishes so.
static _Atomic int32_t *control;
enum { ABORT = 1, WISH = 2, STOPPING = 3 };
static float *room;
static uint64_t roomFloats;
static MPI_Request *requests;
static char why[MPI_MAX_ERROR_STRING + 1];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static int failed(int code) {
  int length = 0;
  if (MPI_Error_string(code, why, &length) != MPI_SUCCESS) length = 0;
  why[length] = 0;
  return FAILED;
}

#define TRY(call) do { int code_ = (call); if (code_ != MPI_SUCCESS) return failed(code_); } while (0)

static int send_beat(int word) {
  int done = 1;
  if (out != MPI_REQUEST_NULL) TRY(MPI_Test(&out, &done, MPI_STATUS_IGNORE));
  if (!done) return FINE;
  said = word;
  told = stop;
  sent = now();
  TRY(MPI_Isend(&said, 1, MPI_INT, (rank + 1) % size, TAG_BEAT, ring, &out));
  return FINE;
}

static int listen(void) {
  TRY(MPI_Irecv(&heard, 1, MPI_INT, (rank + size - 1) % size, TAG_BEAT, ring, &in));
  return FINE;
}

// Sends a beat where one is due, and takes those that have come.
int32_t dcgan_mpi_beat(void) {
  if (size == 1) return FINE;
  int64_t t = now();
  if (t - looked < LOOK) return FINE;
  // A process that was paused itself has heard nobody meanwhile.
  silence += t - looked < SECOND ? t - looked : SECOND;
  looked = t;
  if (control[ABORT] != 0) MPI_Abort(MPI_COMM_WORLD, control[ABORT]);
  if (control[WISH] != 0) stop = 1;
  for (int done = 0; in != MPI_REQUEST_NULL; done = 0) {
    TRY(MPI_Test(&in, &done, MPI_STATUS_IGNORE));
    if (!done) break;
    silence = 0;
    if (heard == STOP) stop = 1;
    if (heard == LAST) last = 1;
    else if (listen() != FINE) return FAILED;
  }
  if (stop) control[STOPPING] = 1;
  if (!closing && (t - sent >= BEAT || told != stop) && send_beat(stop ? STOP : ALIVE) != FINE) return FAILED;
  return silence > limit && !last ? SILENT : FINE;
}

// Waits until all requests are done. A rank that waits long lets others have the core.
static int wait_all(int count) {
  for (uint32_t turn = 0;; turn++) {
    int done = 0;
    TRY(MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE));
    if (done) return FINE;
    int state = dcgan_mpi_beat();
    if (state != FINE) return state;
    if (turn < 2000) continue;
    if (turn < 20000) sched_yield();
    else nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  }
}

// Joins the ranks. `seconds` is the silence after which a rank counts as lost. `shared` has four
// words (see `control`) and stays where it is. ranks = [own rank, number of ranks].
int32_t dcgan_mpi_open(int32_t seconds, int32_t *shared, int32_t *ranks) {
  control = (_Atomic int32_t *)shared;
  int level, joined = 0;
  TRY(MPI_Initialized(&joined));
  if (!joined) TRY(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level));
  TRY(MPI_Comm_dup(MPI_COMM_WORLD, &data));
  TRY(MPI_Comm_dup(MPI_COMM_WORLD, &ring));
  TRY(MPI_Comm_set_errhandler(data, MPI_ERRORS_RETURN));
  TRY(MPI_Comm_set_errhandler(ring, MPI_ERRORS_RETURN));
  TRY(MPI_Comm_rank(data, &rank));
  TRY(MPI_Comm_size(data, &size));
  limit = (int64_t)seconds * SECOND;
  requests = malloc(2 * (size_t)size * sizeof *requests);
  ranks[0] = rank;
  ranks[1] = size;
  looked = now();
  return requests == NULL || size == 1 ? FINE : listen();
}

const char *dcgan_mpi_library(void) {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING + 1];
  int length = 0;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) length = 0;
  text[length] = 0;
  return text;
}

// What MPI said of the call that failed.
const char *dcgan_mpi_why(void) { return why; }

// The first float of the range that rank `r` adds.
static uint64_t first_of(uint64_t floats, int r) {
  const uint64_t n = (uint64_t)size, at = (uint64_t)r;
  return floats / n * at + floats % n * at / n;
}

// parts [size][floats]: neighbours first, then their sums, until one is left. The sum lies in the
// first part.
static void add_in_tree(float *parts, uint64_t floats) {
  for (int apart = 1; apart < size; apart *= 2)
    for (int i = 0; i + apart < size; i += 2 * apart) {
      float *a = parts + (uint64_t)i * floats;
      const float *b = parts + (uint64_t)(i + apart) * floats;
      for (uint64_t k = 0; k < floats; k++) a[k] += b[k];
    }
}

static float *room_for(uint64_t floats) {
  if (floats > roomFloats) {
    free(room);
    room = malloc(floats * sizeof(float));
    roomFloats = room == NULL ? 0 : floats;
  }
  return room;
}

// Replaces `part` by the sum of all ranks' parts. A rank adds one range of it for all, and gives
// the others the result.
int32_t dcgan_mpi_sum(float *part, uint64_t floats) {
  if (size == 1) return FINE;
  const int whole = floats <= FEW;
  const uint64_t own = whole ? floats : first_of(floats, rank + 1) - first_of(floats, rank);
  float *parts = room_for(own * (uint64_t)size);
  if (parts == NULL || own > MOST / sizeof(float)) {
    strcpy(why, "a sum over ranks has no room in memory");
    return FAILED;
  }
  float *mine = part + (whole ? 0 : first_of(floats, rank));
  int count = 0, state;
  for (int r = 0; r < size; r++) {
    if (r == rank) continue;
    TRY(MPI_Irecv(parts + own * (uint64_t)r, (int)own, MPI_FLOAT, r, TAG_DATA, data, &requests[count++]));
  }
  // Each rank begins with the next one, so that they do not all send to the same.
  for (int away = 1; away < size; away++) {
    const int r = (rank + away) % size;
    const uint64_t first = whole ? 0 : first_of(floats, r), end = whole ? floats : first_of(floats, r + 1);
    TRY(MPI_Isend(part + first, (int)(end - first), MPI_FLOAT, r, TAG_DATA, data, &requests[count++]));
  }
  if ((state = wait_all(count)) != FINE) return state;
  memcpy(parts + own * (uint64_t)rank, mine, own * sizeof(float));
  add_in_tree(parts, own);
  memcpy(mine, parts, own * sizeof(float));
  if (whole) return FINE;
  count = 0;
  for (int away = 1; away < size; away++) {
    const int r = (rank + away) % size;
    const uint64_t first = first_of(floats, r), end = first_of(floats, r + 1);
    TRY(MPI_Irecv(part + first, (int)(end - first), MPI_FLOAT, r, TAG_BACK, data, &requests[count++]));
    TRY(MPI_Isend(mine, (int)own, MPI_FLOAT, r, TAG_BACK, data, &requests[count++]));
  }
  return wait_all(count);
}

// Gives rank 0's bytes to all.
int32_t dcgan_mpi_broadcast(uint8_t *bytes, uint64_t count) {
  for (uint64_t at = 0; at < count && size > 1; at += MOST) {
    const int part = (int)(count - at < MOST ? count - at : MOST);
    TRY(MPI_Ibcast(bytes + at, part, MPI_BYTE, 0, data, &requests[0]));
    const int state = wait_all(1);
    if (state != FINE) return state;
  }
  return FINE;
}

// Gives `each` bytes of every rank to all: all [size][each].
int32_t dcgan_mpi_gather(const uint8_t *mine, uint8_t *all, int32_t each) {
  TRY(MPI_Iallgather(mine, each, MPI_BYTE, all, each, MPI_BYTE, data, &requests[0]));
  return wait_all(1);
}

// Ends all ranks at once.
void dcgan_mpi_abort(int32_t code) { MPI_Abort(MPI_COMM_WORLD, code); }

// Leaves the ranks. Nobody leaves before all others have come here.
int32_t dcgan_mpi_close(void) {
  int state = FINE;
  if (size > 1) {
    TRY(MPI_Ibarrier(data, &requests[0]));
    if ((state = wait_all(1)) != FINE) return state;
    closing = 1;
    if (out != MPI_REQUEST_NULL) TRY(MPI_Wait(&out, MPI_STATUS_IGNORE));
    if (send_beat(LAST) != FINE) return FAILED;
    while (!last && (state = dcgan_mpi_beat()) == FINE) sched_yield();
    if (state != FINE) return state;
    TRY(MPI_Wait(&out, MPI_STATUS_IGNORE));
  }
  free(room);
  free(requests);
  return MPI_Finalize() == MPI_SUCCESS ? FINE : FAILED;
}
