// How a tensor's values are spread, as TensorBoard shows it.
import type { EventHistogram } from './event-file.ts';

const PARTS = 30;

/** Counts values in equal parts of their range. */
export function histogramOf(values: Float32Array): EventHistogram {
  let [least, most, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    sumOfSquares += value * value;
  }
  const all = { least, most, count: values.length, sum, sumOfSquares };
  // All values are equal, as those of a bias are at the start.
  if (!(most > least)) return { ...all, limits: [most], counts: [values.length] };
  const part = (most - least) / PARTS;
  const counts = new Array<number>(PARTS).fill(0);
  for (const value of values) counts[Math.min(PARTS - 1, Math.floor((value - least) / part))]!++;
  const limits = counts.map((_, i) => (i === PARTS - 1 ? most : least + (i + 1) * part));
  return { ...all, limits, counts };
}
