// Chooses which images are compared: parts of a dataset, chosen by a seed, in the form that
// measures take.
import type { Dataset } from '../data/dataset.ts';
import { permutation } from '../engine/random.ts';
import { DcganError } from '../platform/errors.ts';
import type { Extracted, Extractor, Features } from './extractor.ts';
import type { ImageSet } from './pyramid.ts';

/** This many images are processed together. */
const AT_ONCE = 500;
/**
 * The most values of the images whose patches are compared: 10,000 images of MNIST, or 1,300 of 64
 * x 64 in colour.
 */
const SLICED_VALUES = 2 ** 24;
/** The random stream that chooses images. */
const CHOICE = 0;

/** Returns the numbers below `count` in an order that the seed decides. */
export function orderOf(count: number, seed: number): Uint32Array {
  return permutation(count, { seed, step: 0 }, CHOICE);
}

/**
 * Returns the data that samples are compared with: all of them, or their first half when no other
 * images of the kind can give the floor.
 */
export function comparedPart(data: Dataset, heldOut: Dataset | null): Dataset {
  if (heldOut) return data;
  if (data.count < 4)
    throw new DcganError({
      what: `dataset ${data.name} has too few images`,
      expected: 'four images or more',
      got: String(data.count),
    });
  return data.limit(Math.ceil(data.count / 2));
}

/**
 * Returns up to `count` images that no samples can be expected to beat: other images of the same
 * kind, or the rest of the data.
 */
export function heldOutPart(
  data: Dataset,
  heldOut: Dataset | null,
  { seed, count }: { readonly seed: number; readonly count: number },
): { readonly name: string; readonly data: Dataset; readonly indices: Uint32Array } {
  const used = comparedPart(data, heldOut).count;
  const rest = heldOut ? orderOf(heldOut.count, seed) : orderOf(data.count - used, seed).map((i) => i + used);
  const name = heldOut?.name ?? `the other half of ${data.name}`;
  return { name, data: heldOut ?? data, indices: rest.subarray(0, Math.min(count, used)) };
}

/** Returns the most images of this size whose patches are compared. */
export function slicedCount({ height, width, channels }: Omit<ImageSet, 'images' | 'count'>): number {
  return Math.floor(SLICED_VALUES / (height * width * channels));
}

export function setOf(data: Dataset, indices: ArrayLike<number>): ImageSet {
  const { height, width, channels } = data;
  return { images: data.batch(indices), count: indices.length, height, width, channels };
}

export function firstOf(set: ImageSet, count: number): ImageSet {
  return { ...set, count, images: set.images.subarray(0, count * set.height * set.width * set.channels) };
}

/** Returns the indices of all images. */
export function allOf({ count }: Dataset): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** Called while features of a set are extracted. */
export type ExtractionProgress = (progress: {
  /** The name of the set: the samples, the data, or the held-out images. */
  readonly name: string;
  /** The number of images whose features are extracted. */
  readonly done: number;
  /** The number of images in the set. */
  readonly total: number;
}) => void;

/** Images that are read when they are needed. */
interface Source {
  readonly name: string;
  readonly count: number;
  images(first: number, last: number): Float32Array;
}

/** Extracts features of images, some hundred at a time. */
export async function extractInParts(
  extractor: Extractor,
  { name, count, images }: Source,
  onProgress?: ExtractionProgress,
): Promise<Extracted> {
  const parts: Extracted[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    onProgress?.({ name, done: first, total: count });
    const last = Math.min(count, first + AT_ONCE);
    parts.push(await extractor.extract(images(first, last), last - first));
  }
  const logits = parts.map((part) => part.logits).filter((part) => part !== null);
  return {
    features: joined(parts.map(({ features }) => features)),
    logits: logits.length === parts.length ? joined(logits) : null,
  };
}

/** Extracts features of a set in memory. */
export function extractSet(
  extractor: Extractor,
  { images, count, height, width, channels }: ImageSet,
  name: string,
  onProgress?: ExtractionProgress,
): Promise<Extracted> {
  const size = height * width * channels;
  const part = (first: number, last: number): Float32Array => images.subarray(first * size, last * size);
  return extractInParts(extractor, { name, count, images: part }, onProgress);
}

function joined(parts: readonly Features[]): Features {
  const { width } = parts[0]!;
  const count = parts.reduce((total, part) => total + part.count, 0);
  const values = new Float32Array(count * width);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { count, width, values };
}

/** Returns the rows with these indices. */
export function chosen({ width, values }: Features, indices: Uint32Array): Features {
  const own = new Float32Array(indices.length * width);
  indices.forEach((row, i) => {
    own.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return { count: indices.length, width, values: own };
}
