// How much a run's pictures differ from each other, against how much the reals do: near 0 when the generator draws the same
// whatever noise it is given, about 1 when its pictures are as different as the data.
import type { Dataset } from '../data/dataset.ts';

/** Reals that are compared with each other. */
const REALS = 64;

/** The mean distance between two of some images, each `values` long; 0 for a single one. */
export function meanDistance(images: Float32Array, values: number): number {
  const count = images.length / values;
  let total = 0;
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) {
      let squares = 0;
      for (let i = 0; i < values; i++) squares += (images[a * values + i]! - images[b * values + i]!) ** 2;
      total += Math.sqrt(squares);
    }
  return count > 1 ? total / ((count * (count - 1)) / 2) : 0;
}

/** The mean distance between reals from all over the data, which may be sorted by class. */
export function distanceOfReals(data: Dataset): number {
  const count = Math.min(REALS, data.count);
  const indices = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * data.count) / count));
  const reals = data.batch(indices, new Float32Array(count * data.imageSize));
  return meanDistance(reals, data.imageSize);
}
