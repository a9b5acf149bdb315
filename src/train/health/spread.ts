// Chooses a few images and classes of the data that stand for all of them.
import type { Dataset } from '../../data/dataset.ts';

/** Returns up to `most` of the numbers, evenly spread, because data may be sorted. */
export function evenly(numbers: readonly number[], most: number): number[] {
  const length = Math.min(most, numbers.length);
  return Array.from({ length }, (_, i) => numbers[Math.floor((i * numbers.length) / length)]!);
}

/** Returns the classes that the data have images of, in order. */
export function presentClasses({ labels = new Uint8Array() }: Dataset): number[] {
  return [...new Set(labels)].sort((a, b) => a - b);
}

/** Returns the indices of the images of these classes. */
export function indicesOf({ labels }: Dataset, classes: readonly number[]): number[] {
  const found: number[] = [];
  const wanted = new Set(classes);
  labels?.forEach((label, i) => {
    if (wanted.has(label)) found.push(i);
  });
  return found;
}
