// Sums a program's registers over the middle of a domain [outer, length, inner]. A unit of work is
// one outer index or, when there is only one, one of the plan's parts of the middle. One thread
// sums a unit, in an order that the shape decides, so the number of threads changes nothing. Inside
// a unit values are added row on row in whole vectors. A short inner dimension is taken several
// times at once, so that even a total over everything has many independent sums.
#include "program.h"

// A row has at least ROW_LEAST sums side by side. With many outer indices CHANNELS_LEAST are
// enough, because follow.c may take those sums.
enum { ROW_LEAST = 64, ROW_MOST = 2 * ROW_LEAST, CHANNELS_LEAST = 16 };

// Returns how many rows are joined to a row that is long enough.
static int32_t joined_rows(int32_t outer, int32_t inner) {
  return inner < (outer > 1 ? CHANNELS_LEAST : ROW_LEAST) ? (ROW_LEAST + inner - 1) / inner : 1;
}

void dcgan_add_rows(float *sum, const float *values, int32_t count, int32_t row) {
  const int32_t whole = count / row, wide = row / LANES * LANES;
  for (int32_t j = 0; j < wide; j += LANES) {
    vf total = load(sum + j);
    for (int32_t r = 0; r < whole; r++) total += load(values + r * row + j);
    store(sum + j, total);
  }
  for (int32_t r = 0; r < whole; r++)
    for (int32_t j = wide; j < row; j++) sum[j] += values[r * row + j];
  for (int32_t j = 0; j < count - whole * row; j++) sum[j] += values[whole * row + j];
}

// Sums points [begin, end) of the domain into to[result], each of `inner` floats.
static void sum_unit(const struct worker *me, struct program *p, int32_t begin, int32_t end, int32_t inner,
                     int32_t times, int32_t step, float *const *to, struct registers *regs) {
  float rows[MAX_RESULTS][ROW_MOST];
  const int32_t row = inner * times;
  for (int32_t r = 0; r < p->results; r++) {
    float *sum = times > 1 ? rows[r] : to[r];
    for (int32_t j = 0; j < row; j++) sum[j] = 0;
  }
  for (int32_t start = begin, column = 0; start < end;) {
    // Long rows are cut into blocks, and a block holds several short rows. No block holds parts of
    // two rows.
    const int32_t count = least(end - start, row <= step ? step : least(step, row - column));
    dcgan_block(me, p, start, count, 0, regs);
    for (int32_t r = 0; r < p->results; r++) {
      const float *values = regs->value[p->result[2 * r]];
      if (row <= step) dcgan_add_rows(times > 1 ? rows[r] : to[r], values, count, row);
      else dcgan_add_rows(to[r] + column, values, count, count);
    }
    start += count;
    column = row <= step || column + count == row ? 0 : column + count;
  }
  if (times == 1) return;
  for (int32_t r = 0; r < p->results; r++)
    for (int32_t j = 0; j < inner; j++) {
      float total = rows[r][j];
      for (int32_t t = 1; t < times; t++) total += rows[r][t * inner + j];
      to[r][j] = total;
    }
}

void dcgan_reduce(const struct worker *me, const int32_t *words) {
  struct program p;
  struct registers regs;
  words = dcgan_program(me, words, &p);
  const int32_t outer = words[0], length = words[1], inner = words[2], parts = words[3];
  float *partials = dcgan_at(me, words[4]);
  const int32_t times = joined_rows(outer, inner);
  const int32_t row = inner * times, step = row <= BLOCK ? BLOCK / row * row : BLOCK;
  int32_t places = 0;
  dcgan_program_results(&p, words + 5, row <= BLOCK ? inner : 1, &places);
  const int32_t per_part = (length + parts - 1) / parts;
  float *to[MAX_RESULTS];
  // When there are many outer indices, a unit has several of them.
  const int32_t all = outer == 1 ? parts : outer, each = most(1, all / (8 * me->job->threads));
  for (int32_t claim; (claim = dcgan_claim(me, (all + each - 1) / each)) >= 0;)
    for (int32_t unit = claim * each; unit < least(all, (claim + 1) * each); unit++) {
      const int32_t first = outer == 1 ? least(length, unit * per_part) : unit * length;
      const int32_t last = outer == 1 ? least(length, (unit + 1) * per_part) : first + length;
      for (int32_t r = 0; r < p.results; r++) {
        float *whole = dcgan_at(me, p.result[2 * r + 1]);
        to[r] = outer == 1 ? partials + ((int64_t)unit * p.results + r) * inner : whole + (int64_t)unit * inner;
      }
      sum_unit(me, &p, first * inner, last * inner, inner, times, step, to, &regs);
    }
  if (outer != 1) return;
  dcgan_sync(me);
  int64_t begin, end;
  dcgan_share(me, inner, &begin, &end);
  for (int32_t r = 0; r < p.results; r++) {
    float *whole = dcgan_at(me, p.result[2 * r + 1]);
    for (int64_t j = begin; j < end; j++) {
      float total = partials[(int64_t)r * inner + j];
      for (int32_t part = 1; part < parts; part++) total += partials[((int64_t)part * p.results + r) * inner + j];
      whole[j] = total;
    }
  }
}
