// Runs attached work image by image. While an image is in the cache, the programs attached to the
// instruction that made it run on it, and its pixels are summed for each channel. A sum goes pixel
// after pixel, so its bits do not depend on how many points come at a time. Each image has its own
// sum, so the bits do not depend on which thread has which image. Another instruction then adds
// these sums over all images.
#include "follow.h"

void dcgan_follow_begin(const struct worker *me, const int32_t *first, struct followers *f) {
  const int32_t *end = me->job->code + me->job->words;
  int32_t places = 0;
  f->count = f->image = f->whole = 0;
  for (const int32_t *words = first - HEADER_WORDS;;) {
    struct follower *each = &f->each[f->count++];
    struct program *p = &each->program;
    const int32_t *results = dcgan_program(me, words + HEADER_WORDS, p);
    each->inner = 0;
    if (words[0] == KIND_REDUCE) {
      each->inner = results[2];
      f->image = results[1] * results[2];
      results += 5;
    }
    dcgan_program_results(p, results, each->inner ? each->inner : BLOCK, &places);
    for (int32_t before = 0; before < f->count - 1; before++) {
      const struct follower *other = &f->each[before];
      for (int32_t r = 0; other->inner && r < other->program.results; r++)
        for (int32_t k = 0; k < p->operands; k++)
          f->whole |= p->operand[k].base == dcgan_at(me, other->program.result[2 * r + 1]);
    }
    words += words[1];
    if (f->count == FOLLOWERS_MOST || words >= end || !(words[2] & FLAG_ATTACHED)) return;
  }
}

// Adds pixels [begin, end) of one image to its sums.
static void add_pixels(const struct worker *me, struct followers *f, struct follower *each, int32_t begin, int32_t end,
                       struct registers *regs) {
  struct program *p = &each->program;
  const int32_t inner = each->inner, step = BLOCK / inner * inner;
  float *to[MAX_RESULTS];
  for (int32_t r = 0; r < p->results; r++) {
    to[r] = dcgan_at(me, p->result[2 * r + 1]) + (int64_t)(begin / f->image) * inner;
    if (begin % f->image == 0)
      for (int32_t j = 0; j < inner; j++) to[r][j] = 0;
  }
  for (int32_t start = begin; start < end; start += step) {
    const int32_t count = least(step, end - start);
    dcgan_block(me, p, start, count, 0, regs);
    for (int32_t r = 0; r < p->results; r++) dcgan_add_rows(to[r], regs->value[p->result[2 * r]], count, inner);
  }
}

void dcgan_follow(const struct worker *me, struct followers *f, int32_t begin, int32_t end, struct registers *regs) {
  for (int32_t start = begin, past; start < end; start = past) {
    past = f->image ? least(end, (start / f->image + 1) * f->image) : end;
    for (int32_t i = 0; i < f->count; i++) {
      if (f->each[i].inner) add_pixels(me, f, &f->each[i], start, past, regs);
      else dcgan_stretch(me, &f->each[i].program, start, past, regs);
    }
  }
}

void dcgan_follow_all(const struct worker *me, const int32_t *first) {
  struct followers f;
  struct registers regs;
  dcgan_follow_begin(me, first, &f);
  const int32_t count = f.each[0].program.count;
  const int32_t unit = f.image ? f.image : dcgan_unit(me, count), units = (count + unit - 1) / unit;
  for (int32_t i; (i = dcgan_claim(me, units)) >= 0;)
    dcgan_follow(me, &f, i * unit, least(count - i * unit, unit) + i * unit, &regs);
}
