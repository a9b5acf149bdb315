// The Laplacian pyramid (Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983): an image as its details
// at each scale. A level is the image less its blurred half, brought back to full size; the last is what remains.

/** Images [count, side, side, channels] in [-1, 1]. */
export interface ImageSet {
  readonly images: Float32Array;
  readonly count: number;
  readonly side: number;
  readonly channels: number;
}

/** Images are halved while they are even and their half has at least so many pixels a side: two patches' worth. */
const LEAST = 14;
/** Burt and Adelson's kernel for a = 3/8, the binomial one. */
const KERNEL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;

/** Finest level first. */
export function laplacianPyramid(set: ImageSet): ImageSet[] {
  const levels: ImageSet[] = [];
  let rest = set;
  while (rest.side % 2 === 0 && rest.side / 2 >= LEAST) {
    const half = reduced(rest);
    const back = expanded(half);
    const details = rest.images.map((value, i) => value - back.images[i]!);
    levels.push({ ...rest, images: details });
    rest = half;
  }
  return [...levels, rest];
}

/** Blurred, then every other pixel. */
function reduced(set: ImageSet): ImageSet {
  const side = set.side / 2;
  const narrow = along(set.images, set, side, 'columns', (out, read) =>
    KERNEL.reduce((total, weight, k) => total + weight * read(2 * out + k - 2), 0),
  );
  const shape = { ...set, width: side };
  const images = along(narrow, shape, side, 'rows', (out, read) =>
    KERNEL.reduce((total, weight, k) => total + weight * read(2 * out + k - 2), 0),
  );
  return { ...set, side, images };
}

/** A zero between any two pixels, then blurred at four times the strength. */
function expanded(set: ImageSet): ImageSet {
  const side = 2 * set.side;
  const spread = (out: number, read: (at: number) => number): number =>
    out % 2 === 0
      ? (2 / 16) * (read(out / 2 - 1) + 6 * read(out / 2) + read(out / 2 + 1))
      : (8 / 16) * (read((out - 1) / 2) + read((out + 1) / 2));
  const wide = along(set.images, set, side, 'columns', spread);
  const images = along(wide, { ...set, width: side }, side, 'rows', spread);
  return { ...set, side, images };
}

type Filter = (out: number, read: (at: number) => number) => number;

/** A filter along one axis of images [count, side, width, channels]; beyond an edge the image is reflected. */
function along(
  images: Float32Array,
  { count, side, channels, width = side }: Omit<ImageSet, 'images'> & { readonly width?: number },
  length: number,
  axis: 'rows' | 'columns',
  filter: Filter,
): Float32Array {
  const [height, across] = axis === 'rows' ? [length, width] : [side, length];
  const out = new Float32Array(count * height * across * channels);
  const extent = axis === 'rows' ? side : width;
  const reflect = (at: number): number => (at < 0 ? -at : at >= extent ? 2 * (extent - 1) - at : at);
  let to = 0;
  for (let n = 0; n < count; n++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < across; x++)
        for (let c = 0; c < channels; c++) {
          const read =
            axis === 'rows'
              ? (at: number) => images[((n * side + reflect(at)) * width + x) * channels + c]!
              : (at: number) => images[((n * side + y) * width + reflect(at)) * channels + c]!;
          out[to++] = filter(axis === 'rows' ? y : x, read);
        }
  return out;
}
