// The kernels' face to the outside: one walk over a plan's words by any number of threads (see src/engine/encode.ts for
// the words, src/engine/plan.ts for what each instruction means). The same sources build for this machine (pool.c adds
// threads and memory) and for WebAssembly (JavaScript brings workers and shared memory).
#pragma once
#include <stdint.h>

// One run of a plan, shared by its threads. Made zero by the caller, then filled through dcgan_job_init.
struct job;

// Bytes of a struct job, for callers that place it themselves.
int32_t dcgan_job_bytes(void);

// code: `words` plan words. state, scratch: the two halves of the arena. control: the plan's control address.
void dcgan_job_init(struct job *job, const int32_t *code, int32_t words, float *state, uint32_t state_floats,
                    float *scratch, uint32_t control, int32_t threads);

// Every thread 0..threads-1 calls this once per run. It returns when the whole plan is done, the same in every thread:
// 0, or 1 + the index of the first instruction that this build does not know, where the run ended, or -1 - the number of
// an opcode that it does not know, which computed nothing.
int32_t dcgan_walk(struct job *job, int32_t thread);

// Floats of scratch (`pack` or `partials`) that this build uses for a convolution of this kind; `words` is its instruction's
// body. 0 for other kinds. A test holds it against the room that the planner gives (src/engine/room.ts).
int64_t dcgan_room(int32_t kind, const int32_t *words);

// Names the build: vector width, register tile, instruction set.
const char *dcgan_variant(void);

// WebAssembly only: every thread tells once where its own SPACE_FLOATS floats (job.h) lie.
void dcgan_workspace(float *space);
