// Reads a picture that a person names: a file of any format that data may have, alone.
import type { Sharp } from 'sharp';
import { BrokenPicture } from '../data/broken.ts';
import { decode, decodeFreely, type Pixels } from '../data/decode.ts';
import type { Shaping } from '../data/image-options.ts';
import { formatOf } from '../data/picture-format.ts';
import type { Supplied } from '../data/supply.ts';
import { adviceOnFile } from '../data/unread.ts';
import { readFile } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import type { Picture } from '../render/grid.ts';

/**
 * Reads a whole picture, on white where it is transparent.
 * @throws DcganError for a file that is no picture, or a damaged one
 */
export async function readPicture(path: string): Promise<Picture> {
  const onWhite = (picture: Sharp): Sharp => picture.flatten({ background: '#ffffff' });
  const { pixels, width, height, channels } = await readPixels(path, onWhite);
  return { width, height, channels: channels === 1 ? 1 : 3, pixels };
}

/**
 * Reads a picture, changed by `change`: sRGB or grey, with its transparency if `change` keeps it.
 * @throws DcganError for a file that is no picture, or a damaged one
 */
export async function readPixels(path: string, change: (upright: Sharp) => Sharp): Promise<Pixels> {
  const picture = await pictureAt(path);
  try {
    return await decodeFreely(picture, change);
  } catch (error) {
    throw alone(error);
  }
}

/**
 * Reads a picture as a training on such images would.
 * @throws DcganError for a file that is no picture, or a damaged one
 */
export async function readShaped(path: string, shaping: Shaping): Promise<Uint8Array> {
  const picture = await pictureAt(path);
  try {
    return await decode(picture, shaping);
  } catch (error) {
    throw alone(error);
  }
}

async function pictureAt(path: string): Promise<Supplied> {
  const bytes = readFile(path);
  if (formatOf(bytes) === null)
    throw usage({
      what: `${path} is not a picture`,
      expected: 'a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file',
      todo: ['Give another file', ...adviceOnFile(path)].join('. '),
    });
  return { kind: 'encoded', index: 0, name: path, size: bytes.length, read: async () => bytes };
}

/** A picture that stands alone cannot be left out, as a broken one among others can. */
function alone(error: unknown): unknown {
  if (!(error instanceof BrokenPicture)) return error;
  return usage({ what: error.complaint.what, todo: 'Give another picture', cause: error });
}
