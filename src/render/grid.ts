// Lays out many small images as one picture: rows and columns of tiles on white. Each pixel becomes
// a square, because 28 pixels are too few to look at. Everything that shows images (progress
// pictures, samples, the terminal) starts here.

import { DcganError, usage } from '../platform/errors.ts';
import { wholeNumber } from '../platform/whole.ts';

/**
 * A picture of bytes, row after row, with the channels of a pixel together: 1 is grey, 3 is RGB.
 */
export interface Picture {
  /** The number of pixels from left to right. */
  readonly width: number;
  /** The number of pixels from top to bottom. */
  readonly height: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** The bytes, [height, width, channels]. */
  readonly pixels: Uint8Array;
}

export const CONTRASTS = ['fixed', 'tile'] as const;

/** Options of the layout of images in one picture. */
export interface GridOptions {
  /** The number of tiles in a row; by default the grid is as square as possible. */
  readonly columns?: number;
  /**
   * `fixed` (default) shows every tile on the same scale. `tile` stretches each tile to its own
   * darkest and brightest value, as matplotlib does, which shows what an untrained network draws.
   */
  readonly contrast?: (typeof CONTRASTS)[number];
  /**
   * The side of the square that a pixel becomes; by default a tile is as near to 112 pixels as
   * possible.
   */
  readonly enlarge?: number;
  /**
   * Whether white stands round the tiles and between them. By default a single tile has none, so
   * that the picture of one image is that image.
   */
  readonly frame?: boolean;
}

const TILE = 112;
const WHITE = 255;

/**
 * @param images [count, height, width, channels]: float32 in [-1, 1] or bytes
 * @param shape [count, height, width, channels]; 1 or 3 channels
 * @throws DcganError when images and shape differ, and for an option with an invalid value
 */
export function makeGrid(
  images: Float32Array | Uint8Array,
  shape: readonly [count: number, height: number, width: number, channels: number],
  options: GridOptions = {},
): Picture {
  const [count, height, width, channels] = shape;
  const size = height * width * channels;
  if (count < 1 || size < 1 || images.length !== count * size || (channels !== 1 && channels !== 3)) {
    throw new DcganError({
      what: "a grid's images don't fill their shape",
      expected: `[N, H, W, 1 or 3], N at least 1, and as many values`,
      got: `[${shape.join(', ')}] and ${images.length} values`,
    });
  }
  const { columns = Math.ceil(Math.sqrt(count)), contrast = 'fixed' } = options;
  const { enlarge = Math.max(1, Math.round(TILE / Math.max(height, width))) } = options;
  wholeNumber("a grid's columns", columns, 1, 65_535);
  wholeNumber("a grid's enlarge", enlarge, 1, 65_535);
  checkContrast("a grid's contrast", contrast);
  const [tileHeight, tileWidth] = [height * enlarge, width * enlarge];
  const rows = Math.ceil(count / columns);
  const { frame = rows * columns > 1 } = options;
  const gap = frame ? 2 * Math.max(1, Math.round(Math.max(tileHeight, tileWidth) / 28)) : 0;
  const pictureWidth = gap + columns * (tileWidth + gap);
  const pictureHeight = gap + rows * (tileHeight + gap);
  const pixels = new Uint8Array(pictureHeight * pictureWidth * channels).fill(WHITE);

  for (let n = 0; n < count; n++) {
    const image = images.subarray(n * size, (n + 1) * size);
    const tile = toTones(image, contrast === 'tile' ? rangeOf(image) : fullRange(image));
    const left = gap + (n % columns) * (tileWidth + gap);
    const top = gap + Math.floor(n / columns) * (tileHeight + gap);
    for (let y = 0; y < tileHeight; y++) {
      let at = ((top + y) * pictureWidth + left) * channels;
      const row = Math.floor(y / enlarge) * width;
      for (let x = 0; x < tileWidth; x++) {
        const from = (row + Math.floor(x / enlarge)) * channels;
        for (let c = 0; c < channels; c++) pixels[at++] = tile[from + c]!;
      }
    }
  }
  return { width: pictureWidth, height: pictureHeight, channels, pixels };
}

/** @throws a usage error for another way to show grey levels */
export function checkContrast(what: string, contrast: string): void {
  if (CONTRASTS.some((one) => one === contrast)) return;
  throw usage({
    what: `${what} has an invalid value`,
    expected: CONTRASTS.join(' or '),
    got: String(JSON.stringify(contrast)),
  });
}

type GreyRange = readonly [darkest: number, brightest: number];

/**
 * Returns the values of black and white when all tiles share a scale: the range of tanh, or that of
 * a byte.
 */
function fullRange(image: Float32Array | Uint8Array): GreyRange {
  return image instanceof Float32Array ? [-1, 1] : [0, 255];
}

/**
 * Returns an image's own range. An image of a single tone has the full range, because it cannot be
 * stretched.
 */
function rangeOf(image: Float32Array | Uint8Array): GreyRange {
  let darkest = Number.POSITIVE_INFINITY;
  let brightest = Number.NEGATIVE_INFINITY;
  for (const value of image) {
    if (!Number.isFinite(value)) continue;
    darkest = Math.min(darkest, value);
    brightest = Math.max(brightest, value);
  }
  return darkest < brightest ? [darkest, brightest] : fullRange(image);
}

/**
 * Maps the range onto 0..255, rounded and clipped. For [-1, 1] this is `round(127.5 x + 127.5)`,
 * operation by operation as in data/pixels.ts, which this room cannot import. A test compares the
 * bytes of both.
 */
function toTones(image: Float32Array | Uint8Array, [darkest, brightest]: GreyRange): Uint8ClampedArray {
  const scale = 255 / (brightest - darkest);
  const offset = -darkest * scale;
  const tones = new Uint8ClampedArray(image.length);
  for (let i = 0; i < image.length; i++) tones[i] = Math.round(scale * image[i]! + offset);
  return tones;
}
