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

// Every thread 0..threads-1 calls this once per run; it returns when the whole plan is done, with 0, or, in every
// thread, 1 + the index of an instruction that this build does not know.
int32_t dcgan_walk(struct job *job, int32_t thread);

// Names the build: vector width, register tile, instruction set.
const char *dcgan_variant(void);

// WebAssembly only: every thread tells once where its own SPACE_FLOATS floats (job.h) lie.
void dcgan_workspace(float *space);
