// IDX, the format MNIST came in: a magic number `00 00 TYPE DIMENSIONS`, one big-endian uint32 for each dimension, then the
// values, last dimension fastest. Read here: unsigned bytes (TYPE 08) with one dimension (labels [N]), three (grey
// images [N, H, W]) or four (colour images [N, H, W, 3] or grey ones [N, H, W, 1]); plain or gzipped, told apart by
// their first bytes, never by their name. Every complaint says at which byte of the (unpacked) file it was seen.
// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".

import { constants as bufferConstants } from 'node:buffer';
import { constants, gunzipSync } from 'node:zlib';
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
const DIMENSIONS = new Map([
  [0x00000801, 1],
  [0x00000803, 3],
  [0x00000804, 4],
]);

/** The longest block of bytes there can be in memory. */
const LONGEST = bufferConstants.MAX_LENGTH;

const EXPECTED_MAGIC = 'magic number 00000803 (images), 00000804 (colour images) or 00000801 (labels)';

/**
 * What a file says it is, and how many, by its first bytes (4096 will do, also gzipped); null when it is no IDX file of ours.
 * What follows the header is not looked at.
 */
export function sniffIdx(head: Uint8Array): { kind: 'images' | 'labels'; count: number } | null {
  let plain = head;
  if (isGzip(head)) {
    try {
      // SYNC_FLUSH: give what the part of the stream at hand unpacks to.
      plain = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return null;
    }
  }
  if (plain.length < 8) return null;
  const view = viewOf(plain);
  const dimensions = DIMENSIONS.get(view.getUint32(0));
  if (dimensions === undefined) return null;
  return { kind: dimensions === 1 ? 'labels' : 'images', count: view.getUint32(4) };
}

/**
 * Reads the bytes of an IDX file.
 * @param file its path as the person gave it, for the errors
 * @throws DcganError naming file, byte offset, what was expected and what came: wrong magic number, truncated, bytes left
 *   over, no images, images not square, damaged gzip
 */
export function parseIdx(packed: Uint8Array, file: string): IdxImages | IdxLabels {
  const bytes = isGzip(packed) ? unpack(packed, file) : packed;
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
  if (height !== width || height === 0) {
    throw wrong(8, 'holds images that are not square', {
      expected: 'equal height and width',
      got: `${height} × ${width}`,
      todo: 'Crop or pad the images to squares',
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

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpack(packed: Uint8Array, file: string): Uint8Array {
  try {
    const bytes = gunzipSync(packed, { maxOutputLength: claimedBytes(packed) + 1 });
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DcganError({
        what: `${file} unpacks to more than its header says`,
        expected: `${claimedBytes(packed)} bytes`,
        todo: 'Copy or download the file again',
        cause,
      });
    }
    throw new DcganError({
      what: `${file} can't be unpacked: its gzip data are damaged or truncated (byte ${packed.length} is the last)`,
      got: (cause as Error).message,
      todo: 'Copy or download the file again',
      cause,
    });
  }
}

/** How many bytes a gzipped IDX file has by its own header; what is none gets the room that its header would need. */
function claimedBytes(packed: Uint8Array): number {
  const head = gunzipSync(packed.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  const dimensions = head.length < 4 ? undefined : DIMENSIONS.get(head.readUInt32BE(0));
  if (dimensions === undefined || head.length < 4 + 4 * dimensions) return 1 << 20;
  let size = 1;
  for (let d = 0; d < dimensions; d++) size *= head.readUInt32BE(4 + 4 * d);
  return Math.min(4 + 4 * dimensions + size, LONGEST - 1);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
