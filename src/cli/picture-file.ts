// Reads a picture that a person names: a file of any format that data may have, alone.
import type { Sharp } from 'sharp';
import { decodeFreely, type Pixels } from '../data/decode.ts';
import { formatOf } from '../data/picture-format.ts';
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
  const bytes = readFile(path);
  if (formatOf(bytes) === null)
    throw usage({
      what: `${path} is not a picture`,
      expected: 'a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file',
      todo: 'Give another file',
    });
  return decodeFreely({ kind: 'encoded', index: 0, name: path, size: bytes.length, read: async () => bytes }, change);
}
