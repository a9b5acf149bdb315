// This is the interpreter of register programs. It uses contiguous operands in place and lays out
// repeating ones once, so most loads cost nothing. It computes all of a block before it stores any
// of it, because results may overwrite operands.
#include "program.h"
#include "vmath.h"

enum { LINE_WORDS = 8 };

static float float_of(int32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

static int is_contiguous(const struct program *p, const int32_t *strides) {
  int64_t expected = 1;
  for (int32_t d = p->dims - 1; d >= 0; d--) {
    if (p->sizes[d] != 1 && strides[d] != expected) return 0;
    expected *= p->sizes[d];
  }
  return 1;
}

// Returns after how many points an operand's values begin again: the points of the innermost
// dimensions that move it.
static int64_t period_of(const struct program *p, const int32_t *strides) {
  int64_t period = 1, inner = 1;
  for (int32_t d = p->dims - 1; d >= 0; d--) {
    inner *= p->sizes[d];
    if (strides[d] != 0 && p->sizes[d] != 1) period = inner;
  }
  return period;
}

const int32_t *dcgan_program(const struct worker *me, const int32_t *words, struct program *p) {
  p->count = *words++;
  p->dims = *words++;
  p->sizes = words;
  words += p->dims;
  p->operands = *words++;
  for (int32_t k = 0; k < p->operands; k++, words += 1 + p->dims) {
    struct operand *o = &p->operand[k];
    o->base = dcgan_at(me, words[0]);
    o->strides = words + 1;
  }
  p->lines = words[1];
  p->code = words + 2;
  return p->code + p->lines * LINE_WORDS;
}

int64_t dcgan_program_work(const int32_t *words, int32_t draw_lines) {
  const int32_t count = words[0], dims = words[1], operands = words[2 + dims];
  const int32_t *code = words + 3 + dims + operands * (1 + dims) + 1;
  int64_t lines = 0;
  for (int32_t n = 0; n < code[0]; n++) {
    const int32_t op = code[1 + n * LINE_WORDS];
    lines += op == OP_UNIFORM || op == OP_NORMAL || op == OP_MASK ? draw_lines : 1;
  }
  return count * lines;
}

void dcgan_program_results(struct program *p, const int32_t *words, int32_t step, int32_t *places) {
  p->results = *words;
  p->result = words + 1;
  p->is_result = 0;
  p->last = -1;
  for (int32_t r = 0; r < p->results; r++) {
    p->is_result |= 1u << p->result[2 * r];
    if (p->result[2 * r] == p->code[(p->lines - 1) * LINE_WORDS + 1]) p->last = r;
  }
  for (int32_t k = 0; k < p->operands; k++) {
    struct operand *o = &p->operand[k];
    o->ready = 0;
    const int64_t period = period_of(p, o->strides);
    o->period = period <= BLOCK ? (int32_t)period : 0;
    const int repeats = o->period && step % o->period == 0 && *places < REPEATS_MOST;
    o->access = is_contiguous(p, o->strides) ? PLAIN : repeats ? REPEATS : STRIDED;
    if (o->access == REPEATS) o->place = (*places)++;
  }
}

// Returns an operand's values at points [start, start + count). When one contiguous run holds them
// all, they are used where they lie. Otherwise they are copied to `to`, one run of the innermost
// dimension after another.
static const float *lay_out(const struct program *p, const struct operand *o, int32_t start, int32_t count, float *to) {
  int32_t index[MAX_DIMS];
  int64_t offset = 0;
  for (int32_t d = p->dims - 1, rest = start; d >= 0; d--) {
    index[d] = rest % p->sizes[d];
    rest /= p->sizes[d];
    offset += (int64_t)index[d] * o->strides[d];
  }
  const int32_t inner = p->dims - 1;
  const int64_t stride = o->strides[inner];
  if (stride == 1 && count <= p->sizes[inner] - index[inner]) return o->base + offset;
  for (int32_t done = 0; done < count;) {
    const int32_t run = least(count - done, p->sizes[inner] - index[inner]);
    const float *from = o->base + offset;
    if (stride == 0)
      for (int32_t i = 0; i < run; i++) to[done + i] = *from;
    else if (stride == 1)
      for (int32_t i = 0; i < run; i++) to[done + i] = from[i];
    else
      for (int32_t i = 0; i < run; i++) to[done + i] = from[i * stride];
    done += run;
    index[inner] += run;
    offset += run * stride;
    for (int32_t d = inner; d > 0 && index[d] == p->sizes[d]; d--) {
      index[d] = 0;
      index[d - 1]++;
      offset += o->strides[d - 1] - (int64_t)o->strides[d] * p->sizes[d];
    }
  }
  return to;
}

// Prefetches values that the next block will read or write. A block reads a piece at a time from
// several places, with all its arithmetic between them, and hardware that follows one stream does
// not prefetch that far ahead.
enum { LINE_FLOATS = 16 };

#define AHEAD(from, count, write) \
  for (int32_t i = 0; i < (count); i += LINE_FLOATS) __builtin_prefetch((from) + i, write)

static void copy(float *to, const float *from, int32_t count) {
  __builtin_memcpy(to, from, sizeof(float) * (uint32_t)count);
}

// Returns where an operand's values at points [start, start + count) lie, when they are to be in
// register `own`.
static const float *values_of(struct program *p, int32_t k, int32_t start, int32_t count, float *own,
                              struct registers *regs) {
  struct operand *o = &p->operand[k];
  if (o->access == PLAIN) {
    AHEAD(o->base + start + count, count, 0);
    return o->base + start;
  }
  if (o->access == STRIDED) return lay_out(p, o, start, count, own);
  float *to = regs->laid_out[o->place];
  if (!o->ready) {
    const int32_t all = least(BLOCK, p->count);
    const float *from = lay_out(p, o, 0, all, to);
    // A run that holds a whole block was left where it is.
    if (from != to) copy(to, from, all);
  }
  o->ready = 1;
  return to + start % o->period;
}

// Loops over a block in whole vectors. `x`, `y` and `z` are the operands' vectors.
#define EACH(expression)                                                    \
  _Pragma("GCC unroll 2")                                                  \
  for (int32_t i = 0; i < count; i += LANES) {                              \
    const vf x = load(a + i), y = load(b + i), z = load(c + i);             \
    (void)x, (void)y, (void)z;                                              \
    store(d + i, expression);                                               \
  }                                                                         \
  break

#define ROOTS(expression)                                                   \
  for (int32_t i = 0; i < whole; i++) d[i] = expression;                    \
  break

void dcgan_block(const struct worker *me, struct program *p, int32_t start, int32_t count, float *last,
                 struct registers *regs) {
  const uint32_t *control = me->job->control;
  const int32_t whole = (count + LANES - 1) / LANES * LANES;
  const vf one = splat(1), zero = {};
  const int32_t *line = p->code;
  for (int32_t n = 0; n < p->lines; n++, line += LINE_WORDS) {
    const int32_t op = line[0], dst = line[1];
    float *d = last && n == p->lines - 1 ? last : regs->own[dst];
    const int32_t random = op == OP_UNIFORM || op == OP_NORMAL || op == OP_MASK;
    if (op == OP_LOAD || (random && control[4] >> line[3] & 1)) {
      const float *from = values_of(p, line[2], start, count, regs->own[dst], regs);
      // A result's register is copied, because another result may be stored first over its source.
      // So is a block that ends within a vector: vectors are read whole, and another thread may be
      // writing what follows the block.
      const int copied = p->is_result >> dst & 1 || count % LANES;
      if (copied && from != d) copy(d, from, count);
      regs->value[dst] = copied ? d : from;
      continue;
    }
    const uint32_t stream = (uint32_t)line[5];
    const float number = float_of(op == OP_MASK ? line[7] : line[5]);
    const vf k = splat(number);
    // Registers that a line does not use are read as register 0, which may be unset. They are read
    // as the destination in that case.
    const float *a = random || op == OP_CONSTANT ? d : regs->value[line[2]];
    const float *b = op <= OP_GREATER || op == OP_SELECT ? regs->value[line[3]] : a;
    const float *c = op == OP_SELECT ? regs->value[line[4]] : a;
    if (op == OP_CONSTANT) b = a;
    switch (op) {
      case OP_CONSTANT: EACH(k);
      case OP_ADD: EACH(x + y);
      case OP_SUB: EACH(x - y);
      case OP_MUL: EACH(x * y);
      case OP_DIV: EACH(x / y);
      // NaN on either side gives NaN, like Math.max.
      case OP_MAXIMUM: EACH(choose(x != x, x, choose(x > y, x, y)));
      case OP_MINIMUM: EACH(choose(x != x, x, choose(x < y, x, y)));
      case OP_GREATER: EACH(choose(x > y, one, zero));
      case OP_NEG: EACH(-x);
      case OP_ABS: EACH(magnitude(x));
      case OP_SQUARE: EACH(x * x);
      case OP_SQRT: ROOTS(__builtin_sqrtf(a[i]));
      case OP_RSQRT: ROOTS(1 / __builtin_sqrtf(a[i]));
      case OP_EXP: EACH(vexp(x));
      case OP_LOG: EACH(vlog(x));
      case OP_TANH: EACH(vtanh(x));
      case OP_SIGMOID: EACH(vsigmoid(x));
      case OP_SOFTPLUS: EACH(vsoftplus(x));
      case OP_SCALE: EACH(x * k);
      case OP_SHIFT: EACH(x + k);
      case OP_LEAKY_RELU: EACH(choose(x > zero, x, k * x));
      case OP_LEAKY_MASK: EACH(choose(x > zero, one, k));
      case OP_SELECT: EACH(choose(x != zero, y, z));
      case OP_UNIFORM: dcgan_draw_uniform(control, stream, (uint32_t)start, count, d); break;
      case OP_NORMAL: dcgan_draw_normal(control, stream, (uint32_t)start, count, d); break;
      case OP_MASK: dcgan_draw_mask(control, stream, (uint32_t)line[6], number, (uint32_t)start, count, d); break;
      default: dcgan_unknown_opcode(me, op);
    }
    regs->value[dst] = d;
  }
}

void dcgan_stretch(const struct worker *me, struct program *p, int32_t begin, int32_t end, struct registers *regs) {
  // The first block may be short, so that all others start at multiples of BLOCK.
  for (int32_t start = begin; start < end;) {
    const int32_t count = least(BLOCK - start % BLOCK, end - start);
    // The last line may write to memory at once. It reads at i what it overwrites at i, and nothing
    // is read after it.
    float *last = p->last >= 0 && count % LANES == 0 ? dcgan_at(me, p->result[2 * p->last + 1]) + start : 0;
    dcgan_block(me, p, start, count, last, regs);
    for (int32_t r = 0; r < p->results; r++) {
      float *to = dcgan_at(me, p->result[2 * r + 1]) + start;
      AHEAD(to + count, count, 1);
      if (!last || r != p->last) copy(to, regs->value[p->result[2 * r]], count);
    }
    start += count;
  }
}

// A unit of work has at most this many blocks.
enum { UNIT_BLOCKS = 64 };

int32_t dcgan_unit(const struct worker *me, int32_t count) {
  const int32_t blocks = (count + BLOCK - 1) / BLOCK;
  return most(1, least(UNIT_BLOCKS, blocks / (8 * me->job->threads))) * BLOCK;
}

void dcgan_elementwise(const struct worker *me, const int32_t *words) {
  struct program p;
  struct registers regs;
  int32_t places = 0;
  dcgan_program_results(&p, dcgan_program(me, words, &p), BLOCK, &places);
  const int32_t unit = dcgan_unit(me, p.count);
  const int32_t units = (p.count + unit - 1) / unit;
  for (int32_t i; (i = dcgan_claim(me, units)) >= 0;)
    dcgan_stretch(me, &p, i * unit, least(p.count - i * unit, unit) + i * unit, &regs);
}
