// The options that say how pictures become images, and what is done where nobody chose them.

import { usage } from '../platform/errors.ts';
import { type ImageSize, sidesOf } from './image-size.ts';

export const FITS = ['crop', 'pad', 'stretch'] as const;
/** How a picture of another shape takes the shape of the images. */
export type Fit = (typeof FITS)[number];

/** How pictures become images of one size. */
export interface DataOptions {
  /**
   * The side of the squares that images are brought to, or [height, width]. Default: as they are,
   * for data that are arrays already (IDX, .npy, CIFAR-10); for pictures the side that the first 64
   * share, if it is 16 to 128 and 4 divides it, else 64.
   */
  readonly size?: ImageSize | undefined;
  /**
   * How a picture of another shape takes that of the images: its middle (`crop`, default), all of
   * it on `background` (`pad`), or squeezed.
   */
  readonly fit?: Fit | undefined;
  /** 1: grey, 3: RGB. Default: as they are; pictures are grey only if all of them are. */
  readonly channels?: 1 | 3 | undefined;
  /** After each image its mirror image, so that there are twice as many. */
  readonly flip?: boolean | undefined;
  /** The colour (CSS) that shows where pictures are transparent or padded. Default: white. */
  readonly background?: string | undefined;
  /** The array of a `.npz` that holds the images, by its name; default: one of the usual names. */
  readonly key?: string | undefined;
  /** Turns rows into columns, for arrays that are stored columns first, as EMNIST's are. */
  readonly transpose?: boolean | undefined;
  /** Reads SVG files as pictures too, drawn at the size of the images. */
  readonly svg?: boolean | undefined;
  /** Follows symbolic links that lead out of a folder of data; they are left out otherwise. */
  readonly followLinks?: boolean | undefined;
  /** Leaves out images that are equal to an earlier one to the last value. */
  readonly dedupe?: boolean | undefined;
  /** Leaves out files that cannot be read as pictures, where they otherwise end the reading. */
  readonly skipBroken?: boolean | undefined;
}

/** How data are read, beyond the size and the channels of the images. */
export type ReadingOptions = Omit<DataOptions, 'size' | 'channels'>;

/** How a picture becomes an image of a data set: everything settled. */
export interface Shaping {
  /** The side of square images in pixels, or [height, width]. */
  readonly size: ImageSize;
  /** How a picture of another shape took that of the images. */
  readonly fit: Fit;
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** The colour (CSS) behind transparent and padded pixels. */
  readonly background: string;
}

export const DEFAULT_SIZE = 64;
/** Images can be packed up to this side, which is more than the networks take. */
export const LARGEST_SIDE = 1024;
export const DEFAULT_BACKGROUND = '#ffffff';
/** Pictures looked at to settle size and channels. */
export const SETTLING = 64;

/** @throws DcganError of wrong usage for an invalid value */
export function checkDataOptions({ size, fit, channels, background }: DataOptions): void {
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw usage({ what, expected, got: JSON.stringify(got) });
  };
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= LARGEST_SIDE;
  if (size !== undefined && !sidesOf(size).every(isSide))
    refuse('size has an invalid value', `a side from 1 to ${LARGEST_SIDE}, or [height, width]`, size);
  if (fit !== undefined && !FITS.includes(fit)) refuse('fit has an invalid value', 'crop, pad or stretch', fit);
  if (channels !== undefined && channels !== 1 && channels !== 3)
    refuse('channels has an invalid value', '1 (grey) or 3 (RGB)', channels);
  if (background !== undefined && !/^(#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]+)$/i.test(background))
    refuse('background is not a known colour', 'a colour such as white or #ff8800', background);
}

/**
 * Whether the side that all pictures share becomes the side of the images when nobody chose a size.
 * Larger images would take many times as long, and smaller ones show little.
 */
export function isUsualSide(side: number): boolean {
  return side >= 16 && side <= 128 && side % 4 === 0;
}

/** @throws DcganError of wrong usage for a count of images that is none */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw usage({ what: 'limit has an invalid value', expected: 'a whole number from 1', got: String(limit) });
}
