// Reads the bytes of an unpacked IDX file; idx.ts describes the format and names its source.
// Nothing here needs Node, so pages use it too.

import { viewOf } from '../platform/bytes.ts';
import { type Complaint, DcganError } from '../platform/errors.ts';

export interface IdxImages {
  readonly kind: 'images';
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [count, height, width, channels], a view into the file's bytes. */
  readonly data: Uint8Array;
}

export interface IdxLabels {
  readonly kind: 'labels';
  readonly count: number;
  /** [count], a view into the file's bytes. */
  readonly data: Uint8Array;
}

/** How many dimensions an IDX file of unsigned bytes has, by its magic number. */
export const DIMENSIONS = new Map([
  [0x00000801, 1],
  [0x00000803, 3],
  [0x00000804, 4],
]);

const EXPECTED_MAGIC = 'magic number 00000803 (images), 00000804 (colour images) or 00000801 (labels)';

/**
 * Reads the bytes of an IDX file that is not gzipped.
 * @param file its path as the person gave it, for the errors
 * @throws DcganError that names the file, the byte, what was expected and what came: the magic
 *   number is wrong, the file is truncated or too long, or it holds no square images
 */
export function parsePlainIdx(bytes: Uint8Array, file: string): IdxImages | IdxLabels {
  const view = viewOf(bytes);
  const wrong = (offset: number, what: string, rest: Omit<Complaint, 'what'>): DcganError =>
    new DcganError({ what: `${file} ${what} (byte ${offset})`, ...rest });

  if (bytes.length < 4) {
    throw wrong(bytes.length, 'is not an IDX file: too short for a magic number', {
      expected: EXPECTED_MAGIC,
      got: bytes.length === 0 ? 'an empty file' : `${bytes.length} bytes`,
      todo: 'Give an IDX file of images, or a folder with one',
    });
  }
  const magic = view.getUint32(0);
  const dimensions = DIMENSIONS.get(magic);
  if (dimensions === undefined) {
    throw wrong(0, 'is not an IDX file of images', {
      expected: EXPECTED_MAGIC,
      got: magic.toString(16).padStart(8, '0'),
      todo: 'Give an IDX file of images, or a folder with one',
    });
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    throw wrong(bytes.length, 'is truncated inside its header', {
      expected: `${start} bytes of header`,
      got: `${bytes.length} bytes`,
      todo: 'Copy or download the file again',
    });
  }
  const [count, height = 1, width = 1, channels = 1] = Array.from({ length: dimensions }, (_, d) =>
    view.getUint32(4 + 4 * d),
  ) as [number, number?, number?, number?];
  if (count === 0) {
    throw wrong(4, `holds no ${dimensions === 1 ? 'labels' : 'images'}`, {
      expected: 'a count of 1 or more',
      got: '0',
    });
  }
  if (height === 0 || width === 0) {
    throw wrong(8, 'holds images without pixels', {
      expected: 'a height and a width from 1',
      got: `${height} × ${width}`,
    });
  }
  if (channels !== 1 && channels !== 3) {
    throw wrong(16, 'holds images that are neither grey nor RGB', { expected: '1 or 3 channels', got: `${channels}` });
  }

  const data = bytes.subarray(start);
  const size = count * height * width * channels; // at most 2^32 · 2^64 · 3: a float64 holds enough of it to compare
  if (data.length !== size) {
    const shape = dimensions === 1 ? `${count} labels` : `${count} images of ${height} × ${width} × ${channels}`;
    const short = data.length < size;
    throw wrong(short ? bytes.length : start + size, short ? 'is truncated' : 'goes on after its last value', {
      expected: `${start + size} bytes for ${shape}`,
      got: `${bytes.length} bytes`,
      todo: 'Copy or download the file again',
    });
  }
  return dimensions === 1 ? { kind: 'labels', count, data } : { kind: 'images', count, height, width, channels, data };
}
