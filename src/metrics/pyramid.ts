// The Laplacian pyramid (Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983)
// splits an image into its details at each scale. A level is the image minus its blurred half,
// which is brought back to full size. The last level is what remains.

/** Images [count, height, width, channels] in [-1, 1]. */
export interface ImageSet {
  readonly images: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Images are halved while both sides are even and both halves have at least this many pixels, which
 * is the size of two patches.
 */
const LEAST = 14;
/** Burt and Adelson's kernel for a = 3/8, the binomial one. */
const KERNEL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;

/** Returns the levels, finest first. */
export function laplacianPyramid(set: ImageSet): ImageSet[] {
  const levels: ImageSet[] = [];
  let rest = set;
  while ([rest.height, rest.width].every((side) => side % 2 === 0 && side / 2 >= LEAST)) {
    const half = reduced(rest);
    const back = expanded(half);
    const details = rest.images.map((value, i) => value - back.images[i]!);
    levels.push({ ...rest, images: details });
    rest = half;
  }
  return [...levels, rest];
}

/** Blurs, then keeps every other pixel. */
function reduced(set: ImageSet): ImageSet {
  return along(set, 1 / 2, (out) => KERNEL.map((weight, k) => [2 * out + k - 2, weight] as const));
}

/**
 * Puts a zero between any two pixels, then blurs with four times the strength (twice along each
 * axis).
 */
function expanded(set: ImageSet): ImageSet {
  return along(set, 2, (out) => {
    const at = Math.floor(out / 2);
    if (out % 2 === 1) return [at, at + 1].map((pixel) => [pixel, 8 / 16] as const);
    return [at - 1, at, at + 1].map((pixel, k) => [pixel, [2 / 16, 12 / 16, 2 / 16][k]!] as const);
  });
}

/** The pixels and weights along one axis that make an output. */
type Filter = (out: number) => readonly (readonly [pixel: number, weight: number])[];

/**
 * Applies a filter along columns, then along rows; both sides become `factor` times as long. Beyond
 * an edge the image is reflected.
 */
function along({ images, count, height, width, channels }: ImageSet, factor: number, filter: Filter): ImageSet {
  const [high, wide] = [factor * height, factor * width];
  const [across, down] = [tapsOf(width, wide, filter), tapsOf(height, high, filter)];
  const narrow = new Float32Array(count * height * wide * channels);
  for (let line = 0; line < count * height; line++)
    weigh(images, line * width * channels, narrow, line * wide * channels, across, channels);
  const row = wide * channels;
  const out = new Float32Array(count * high * row);
  for (let n = 0; n < count; n++) weigh(narrow, n * height * row, out, n * high * row, down, row);
  return { images: out, count, height: high, width: wide, channels };
}

/** Returns the pixels of a line of `side` pixels that each of `length` outputs is made of. */
function tapsOf(side: number, length: number, filter: Filter): Tap[][] {
  const reflect = (at: number): number => (at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at);
  return Array.from({ length }, (_, out) => filter(out).map(([pixel, weight]) => ({ pixel: reflect(pixel), weight })));
}

interface Tap {
  readonly pixel: number;
  readonly weight: number;
}

/** Computes each output (`width` values) from pixels of one line. */
function weigh(
  from: Float32Array,
  first: number,
  to: Float32Array,
  begin: number,
  taps: readonly (readonly Tap[])[],
  width: number,
): void {
  for (let out = 0; out < taps.length; out++) {
    const own = taps[out]!;
    for (let i = 0; i < width; i++) {
      let total = 0;
      for (let t = 0; t < own.length; t++) total += own[t]!.weight * from[first + own[t]!.pixel * width + i]!;
      to[begin + out * width + i] = total;
    }
  }
}
