// Transposes a matrix in square blocks, so that both sides are accessed a cache line at a time.
#include "job.h"
#include "vec.h"

enum { SIDE = 16 };

void dcgan_transpose(const struct worker *me, const int32_t *words) {
  const float *x = dcgan_at(me, words[0]);
  float *y = dcgan_at(me, words[1]);
  const int32_t rows = words[2], columns = words[3];
  int64_t begin, end;
  dcgan_share(me, (rows + SIDE - 1) / SIDE, &begin, &end);
  for (int64_t block = begin; block < end; block++)
    for (int32_t left = 0; left < columns; left += SIDE)
      for (int32_t column = left; column < least(columns, left + SIDE); column++)
        for (int64_t row = block * SIDE; row < rows && row < (block + 1) * SIDE; row++)
          y[column * (int64_t)rows + row] = x[row * columns + column];
}
