// What a classifier's answers say about samples: the Inception Score's form with any classifier
// (Salimans et al., "Improved techniques for training GANs", 2016, section 4), and how often each
// class occurs.
import type { Features } from '../extractor.ts';
import { figure } from './figure.ts';

/** Returns the probabilities [count, classes] of logits, in double precision. */
function probabilities({ count, width, values }: Features): Float64Array {
  const result = new Float64Array(count * width);
  for (let n = 0; n < count; n++) {
    const row = values.subarray(n * width, (n + 1) * width);
    const top = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let k = 0; k < width; k++) total += result[n * width + k] = Math.exp(row[k]! - top);
    for (let k = 0; k < width; k++) result[n * width + k]! /= total;
  }
  return result;
}

/**
 * Returns exp of the mean divergence of each sample's class distribution from the mean
 * distribution. It lies between 1 and the number of classes.
 */
export function classifierScore(logits: Features): number {
  const { count, width } = logits;
  const p = probabilities(logits);
  const mean = new Float64Array(width);
  p.forEach((value, i) => {
    mean[i % width]! += value / count;
  });
  let divergence = 0;
  p.forEach((value, i) => {
    if (value > 0) divergence += value * Math.log(value / mean[i % width]!);
  });
  return Math.exp(divergence / count);
}

/** Returns the class of each sample. */
export function predictions({ count, width, values }: Features): Uint32Array {
  return Uint32Array.from({ length: count }, (_, n) => {
    let best = 0;
    for (let k = 1; k < width; k++) if (values[n * width + k]! > values[n * width + best]!) best = k;
    return best;
  });
}

/** Returns how many samples are of each class. */
export function histogram(classes: Uint32Array, width: number): number[] {
  const counts = new Array<number>(width).fill(0);
  for (const each of classes) counts[each]!++;
  return counts;
}

export const scoreFigure = figure({
  key: 'score',
  group: 'classes',
  name: 'classifier score',
  better: 'higher is better',
  digits: 2,
  measure: async ({ logits }) => logits && classifierScore(logits),
});
