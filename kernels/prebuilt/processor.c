// What this processor can do, and what the system lets it do. Prebuilt libraries hold kernels for
// several processors, and JavaScript asks here which of them may run. The processor alone knows:
// names of models say too little, and a virtual machine may hide features. Intel, "Intel 64 and
// IA-32 Architectures Software Developer's Manual", volume 1, chapters 13 and 14.
#include <stdint.h>

// A bit for each step up; scripts/prebuild names them. The levels are those of the x86-64 psABI.
enum { LEVEL_3 = 1, LEVEL_4 = 2, BF16_PAIRS = 4, BF16_UNIT = 8 };

int32_t dcgan_processor(void);

#if defined(__x86_64__)
#include <cpuid.h>

struct registers {
  uint32_t a, b, c, d;
};

static struct registers ask(uint32_t leaf, uint32_t part) {
  struct registers r = {0};
  __get_cpuid_count(leaf, part, &r.a, &r.b, &r.c, &r.d);
  return r;
}

// The registers that the system saves when it switches threads. Without its promise they may not be
// used, whatever the processor has.
static uint64_t saved_by_system(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int has(uint64_t bits, uint64_t wanted) { return (bits & wanted) == wanted; }
#define BIT(n) ((uint64_t)1 << (n))

int32_t dcgan_processor(void) {
  const struct registers basic = ask(1, 0), more = ask(7, 0), newest = ask(7, 1), other = ask(0x80000001, 0);
  if (!has(basic.c, BIT(27))) return 0;  // no xgetbv
  const uint64_t saved = saved_by_system();
  int32_t can = 0;
  // FMA, MOVBE, F16C, LZCNT; BMI1, AVX2, BMI2; the system saves 128- and 256-bit registers.
  if (has(basic.c, BIT(12) | BIT(22) | BIT(29)) && has(other.c, BIT(5)) &&
      has(more.b, BIT(3) | BIT(5) | BIT(8)) && has(saved, BIT(1) | BIT(2)))
    can |= LEVEL_3;
  // AVX512F, DQ, CD, BW, VL; the system saves masks and 512-bit registers.
  if (can && has(more.b, BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31)) && has(saved, BIT(5) | BIT(6) | BIT(7)))
    can |= LEVEL_4;
  if (can & LEVEL_4 && has(newest.a, BIT(5))) can |= BF16_PAIRS;
  // AMX-BF16 and AMX-TILE; the system saves the tiles and their configuration.
  if (can & BF16_PAIRS && has(more.d, BIT(22) | BIT(24)) && has(saved, BIT(17) | BIT(18))) can |= BF16_UNIT;
  return can;
}
#else
int32_t dcgan_processor(void) { return 0; }
#endif
