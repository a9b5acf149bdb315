// Register programs (see src/engine/plan.ts) run block by block. Every register is a short array
// that stays in the first-level cache, and every line of code is one loop over it.
#pragma once
#include "job.h"
#include "random.h"
#include "vec.h"

// BLOCK points of the domain are computed together. A register begins REGISTER floats after the one
// before it. Registers whose addresses agree in the last 12 bits would collide in the processor's
// store buffer.
enum { BLOCK = DRAW_MOST, BLOCK_ROOM = BLOCK + 16 };
// At most this many operands are laid out once. Further ones are laid out for each block. The limit
// lets the registers fit a small stack.
enum { REPEATS_MOST = 8 };

struct operand {
  const float *base;
  const int32_t *strides;
  enum {
    PLAIN,   // read at the domain's linear index: used where it lies
    REPEATS, // the same in every block: laid out once
    STRIDED, // laid out for each block, in the register it is loaded to
  } access;
  // For REPEATS: after how many points it begins again, its place among those laid out, and whether
  // it is laid out already.
  int32_t period, place, ready;
};

struct program {
  int32_t count, dims, operands, lines, results;
  const int32_t *sizes;
  const int32_t *code;
  // Pairs of (register, address).
  const int32_t *result;
  uint32_t is_result;
  // The result that the last line makes, or -1.
  int32_t last;
  struct operand operand[MAX_OPERANDS];
};

// Holds one thread's registers. `value` says where a register's block is, here or in memory.
struct registers {
  const float *value[MAX_REGISTERS];
  float own[MAX_REGISTERS][BLOCK_ROOM] __attribute__((aligned(64)));
  float laid_out[REPEATS_MOST][BLOCK_ROOM] __attribute__((aligned(64)));
};

// Reads a program's words and returns the words after it.
const int32_t *dcgan_program(const struct worker *me, const int32_t *words, struct program *program);
// Reads the words of the program's results. `step` divides the start of every block. `places`
// counts the operands that are laid out, which programs that share registers also share.
void dcgan_program_results(struct program *program, const int32_t *words, int32_t step, int32_t *places);

// Computes points [start, start + count), count <= BLOCK. When the last line makes a result and
// `last` is not null, whole vectors of the result are put there.
void dcgan_block(const struct worker *me, struct program *program, int32_t start, int32_t count, float *last,
                 struct registers *registers);

// Computes and stores points [begin, end) of an elementwise program.
void dcgan_stretch(const struct worker *me, struct program *program, int32_t begin, int32_t end,
                   struct registers *registers);

// Returns the points of a unit of work when nothing else decides it.
int32_t dcgan_unit(const struct worker *me, int32_t count);

// Adds values[j] + values[j + row] + ... to sum[j], row after row over `count` values.
void dcgan_add_rows(float *sum, const float *values, int32_t count, int32_t row);
