// A checkpoint knows whether it is whole: its metadata hold the SHA-256 of the file itself, taken with 64 zeros in the place
// of those very digits. So one flipped bit anywhere is seen, and the file stays a plain safetensors file for everyone else.

import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { encodeTensors, type Tensor } from './safetensors.ts';

const DIGITS = 64;

/** To be put among a checkpoint's metadata: the place that `seal` fills. */
export const CHECKSUM_PLACE: Readonly<Record<'checksum', string>> = { checksum: '0'.repeat(DIGITS) };

/** The bytes of a checkpoint: tensors, metadata and the checksum of it all. */
export function encodeCheckpoint(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return seal(encodeTensors(tensors, { ...metadata, ...CHECKSUM_PLACE }));
}

/**
 * Fills the checksum's place, in `bytes` themselves, and returns them. Sealing twice changes nothing.
 * @throws DcganError when the metadata have no such place
 */
export function seal(bytes: Uint8Array): Uint8Array {
  const place = placeIn(bytes);
  if (place === null) {
    throw new DcganError({
      what: 'a file without a place for its checksum was to be sealed',
      expected: 'CHECKSUM_PLACE',
    });
  }
  bytes.set(new TextEncoder().encode(checksum(bytes, place)), place);
  return bytes;
}

/** Whether a file has a place for its checksum, as every checkpoint has. */
export function hasChecksum(bytes: Uint8Array): boolean {
  return placeIn(bytes) !== null;
}

/**
 * Checks a sealed file.
 * @throws DcganError `checkpoint FILE is damaged`, with both checksums
 */
export function verify(bytes: Uint8Array, file: string): void {
  const place = placeIn(bytes);
  const got = place === null ? null : new TextDecoder('latin1').decode(bytes.subarray(place, place + DIGITS));
  const expected = place === null ? 'a checksum in its metadata' : `checksum ${checksum(bytes, place)}`;
  if (got === null || expected !== `checksum ${got}`) {
    throw new DcganError({
      what: `checkpoint ${file} is damaged`,
      expected,
      got: got ?? (bytes.length === 0 ? 'an empty file' : 'none'),
      todo: 'Use the one before it: --resume --from FILE',
    });
  }
}

function checksum(bytes: Uint8Array, place: number): string {
  const zeros = new TextEncoder().encode(CHECKSUM_PLACE.checksum);
  return sha256(bytes.subarray(0, place), zeros, bytes.subarray(place + DIGITS));
}

/**
 * Where the digits begin. The header is searched as text: inside a JSON string each quote has a backslash before it, so a
 * quote behind a brace or a comma opens a key. The header's length is not trusted beyond the file.
 */
function placeIn(bytes: Uint8Array): number | null {
  if (bytes.length < 8) return null;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder('latin1').decode(bytes.subarray(8, 8 + Math.min(length, bytes.length - 8)));
  const found = /(?<=[{,]"checksum":")[0-9a-f]{64}"/.exec(header);
  return found && 8 + found.index;
}
