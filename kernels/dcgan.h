// This is the interface of the kernels: any number of threads walk over a plan's words together.
// src/engine/encode.ts describes the words, and src/engine/plan.ts the meaning of each instruction.
// The same sources build for this machine, where pool.c adds threads and memory, and for
// WebAssembly, where JavaScript brings workers and shared memory.
#pragma once
#include <stdint.h>

// Describes one run of a plan to all of its threads. The caller zeroes it, then calls
// dcgan_job_init.
struct job;

// Returns the bytes of a struct job, for callers that place it themselves.
int32_t dcgan_job_bytes(void);

// code: `words` words of a plan. state, scratch: the two halves of the arena. control: the address
// of the plan's control words.
void dcgan_job_init(struct job *job, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                    float *scratch, uint32_t control, int32_t threads);

// Every thread 0..threads-1 calls this once for each run. It returns when the whole plan is done,
// with the same result in every thread. The result is 0 for success; or 1 + the index of the first
// instruction that this build does not know, where the run ended; or -1 - the number of an opcode
// that this build does not know and that computed nothing.
int32_t dcgan_walk(struct job *job, int32_t thread);

// Returns the floats of scratch (`pack` or `partials`) that this build uses for a convolution of
// this kind; `words` is its instruction's body. It returns 0 for other kinds. A test compares it
// with the room that the planner gives (src/engine/room.ts).
int64_t dcgan_room(int32_t kind, const int32_t *words);

// Describes the build: vector width, register tile, instruction set.
const char *dcgan_variant(void);

// WebAssembly only: every thread sets once the place of its own SPACE_FLOATS floats (job.h).
void dcgan_workspace(float *space);
