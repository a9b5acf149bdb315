// Which images are compared: parts of a data set chosen by a seed, in the form that measures take.
import type { Dataset } from '../data/dataset.ts';
import { permutation } from '../engine/random.ts';
import { DcganError } from '../platform/errors.ts';
import type { Extractor, Features } from './extractor.ts';
import type { ImageSet } from './pyramid.ts';

/** Images looked at together. */
const AT_ONCE = 2000;
/** Most values of the images whose patches are compared: 10,000 of MNIST's, 1,300 of 64 x 64 in colour. */
const SLICED_VALUES = 2 ** 24;
/** Stream of the choice of images. */
const CHOICE = 0;

/** The numbers below `count` in an order that the seed decides. */
export function orderOf(count: number, seed: number): Uint32Array {
  return permutation(count, { seed, step: 0 }, CHOICE);
}

/** What samples are compared with: all of the data, or their first half where no other images of the kind can be the floor's. */
export function comparedPart(data: Dataset, heldOut: Dataset | null): Dataset {
  if (heldOut) return data;
  if (data.count < 4)
    throw new DcganError({ what: `data set ${data.name}`, expected: 'four images or more', got: String(data.count) });
  return data.limit(Math.ceil(data.count / 2));
}

/** Up to `count` images that no samples can be expected to beat: other images of the same kind, or the rest of the data. */
export function heldOutPart(
  data: Dataset,
  heldOut: Dataset | null,
  { seed, count }: { readonly seed: number; readonly count: number },
): { readonly name: string; readonly set: ImageSet } {
  const used = comparedPart(data, heldOut).count;
  const rest = heldOut ? orderOf(heldOut.count, seed) : orderOf(data.count - used, seed).map((i) => i + used);
  const name = heldOut?.name ?? `the other half of ${data.name}`;
  return { name, set: setOf(heldOut ?? data, rest.subarray(0, Math.min(count, used))) };
}

/** Most images of this size whose patches are compared. */
export function slicedCount(side: number, channels: number): number {
  return Math.floor(SLICED_VALUES / (side * side * channels));
}

export function setOf(data: Dataset, indices: ArrayLike<number>): ImageSet {
  return { images: data.batch(indices), count: indices.length, side: data.height, channels: data.channels };
}

export function firstOf(set: ImageSet, count: number): ImageSet {
  return { ...set, count, images: set.images.subarray(0, count * set.side * set.side * set.channels) };
}

/** Features of all images, a few thousand at a time. */
export async function featuresOf(data: Dataset, extractor: Extractor): Promise<Features> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < data.count; from += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, data.count - from) }, (_, i) => from + i);
    parts.push((await extractor.extract(data.batch(indices), indices.length)).features.values);
  }
  const values = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { count: data.count, width: values.length / data.count, values };
}
