// Reads IDX, the format that MNIST came in. A file holds a magic number `00 00 TYPE DIMENSIONS`,
// one big-endian uint32 for each dimension, and then the values, with the last dimension fastest.
// This program reads unsigned bytes (TYPE 08) with one dimension (labels [N]), three (grey images
// [N, H, W]) or four (colour images [N, H, W, 3] or grey ones [N, H, W, 1]). Files may be plain or
// gzipped; their first bytes tell which, never their names. Every error says at which byte of the
// unpacked file the fault was seen.
//
// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File
// formats".

import { constants as bufferConstants } from 'node:buffer';
import { constants, gunzipSync } from 'node:zlib';
import { viewOf } from '../platform/bytes.ts';
import { DcganError } from '../platform/errors.ts';
import { HARMLESS, MOST_RATIO } from './archive-limits.ts';
import { isGzip } from './gzip.ts';
import { DIMENSIONS, type IdxImages, type IdxLabels, parsePlainIdx } from './idx-plain.ts';

/** The longest block of bytes there can be in memory. */
const LONGEST = bufferConstants.MAX_LENGTH;

/**
 * What a file says it is, and how many, by its first bytes (4096 will do, also gzipped); null when
 * it is no IDX file of ours. What follows the header is not looked at.
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
 * @throws DcganError as parsePlainIdx; damaged gzip
 */
export function parseIdx(packed: Uint8Array, file: string): IdxImages | IdxLabels {
  return parsePlainIdx(isGzip(packed) ? unpack(packed, file) : packed, file);
}

function unpack(packed: Uint8Array, file: string): Uint8Array {
  const claimed = claimedBytes(packed);
  if (claimed > HARMLESS && claimed > MOST_RATIO * packed.length) {
    throw new DcganError({
      what: `${file} is refused: its ${packed.length} bytes claim to unpack to ${claimed}`,
      expected: `at most ${MOST_RATIO} times as many`,
      todo: `If you trust it, unpack it yourself (gunzip --keep ${file}) and give what it unpacks to`,
    });
  }
  try {
    const bytes = gunzipSync(packed, { maxOutputLength: claimed + 1 });
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DcganError({
        what: `${file} unpacks to more than its header says`,
        expected: `${claimed} bytes`,
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

/**
 * How many bytes a gzipped IDX file has by its own header; what is none gets the room that its
 * header would need.
 */
function claimedBytes(packed: Uint8Array): number {
  const head = gunzipSync(packed.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  const dimensions = head.length < 4 ? undefined : DIMENSIONS.get(head.readUInt32BE(0));
  if (dimensions === undefined || head.length < 4 + 4 * dimensions) return 1 << 20;
  let size = 1;
  for (let d = 0; d < dimensions; d++) size *= head.readUInt32BE(4 + 4 * d);
  return Math.min(4 + 4 * dimensions + size, LONGEST - 1);
}
