// A checkpoint knows whether it is whole: its metadata hold the SHA-256 of the file itself, taken with 64 zeros in the place
// of those very digits. So one flipped bit anywhere is seen, and the file stays a plain safetensors file for everyone else.

import { asBytes, type ByteSource, type Bytes, eachPiece, part } from '../platform/bytes.ts';
import { DcganError } from '../platform/errors.ts';
import { Sha256, sha256 } from '../platform/sha256.ts';
import { encodeParts, joined, MAX_HEADER, type StoredTensor, type StoredType } from './safetensors.ts';

const DIGITS = 64;

/** The bytes of a checkpoint are not those that were written. */
export class DamagedCheckpoint extends DcganError {}

/** To be put among a checkpoint's metadata: the place that `seal` fills. */
export const CHECKSUM_PLACE: Readonly<Record<'checksum', string>> = { checksum: '0'.repeat(DIGITS) };
const ZEROS = new TextEncoder().encode(CHECKSUM_PLACE.checksum);

/** The bytes of a checkpoint: tensors, metadata and the checksum of it all. */
export function encodeCheckpoint(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return joined(checkpointParts(tensors, metadata));
}

/** The same as parts, to be written one after another; the tensors' values are not copied. */
export function checkpointParts(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
  type: StoredType = 'F32',
): Uint8Array[] {
  const [header, ...values] = encodeParts(tensors, { ...metadata, ...CHECKSUM_PLACE }, type);
  return [seal(header, ...values), ...values];
}

/**
 * Fills the checksum's place, in the first part of a file itself, and returns that part. Sealing twice changes nothing.
 * @throws DcganError when the metadata have no such place
 */
export function seal(first: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array {
  const place = placeIn(asBytes(first));
  if (place === null) {
    throw new DcganError({
      what: 'a file without a place for its checksum was to be sealed',
      expected: 'CHECKSUM_PLACE',
    });
  }
  const digits = sha256(first.subarray(0, place), ZEROS, first.subarray(place + DIGITS), ...rest);
  first.set(new TextEncoder().encode(digits), place);
  return first;
}

/** Whether a file has a place for its checksum, as every checkpoint has. */
export function hasChecksum(source: ByteSource): boolean {
  return placeIn(asBytes(source)) !== null;
}

/**
 * Checks a sealed file.
 * @throws DamagedCheckpoint with what the file says and what its bytes give
 */
export function verify(source: ByteSource, file: string): void {
  const bytes = asBytes(source);
  const place = placeIn(bytes);
  const damaged = (expected: string, got: string): DamagedCheckpoint =>
    new DamagedCheckpoint({ what: `checkpoint ${file} is damaged`, expected, got, todo: 'Use another checkpoint' });
  if (place === null) throw damaged('a checksum in its metadata', bytes.length === 0 ? 'an empty file' : 'none');
  const said = textOf(bytes, place, place + DIGITS);
  const found = checksum(bytes, place);
  if (said !== found) throw damaged(`SHA-256 ${said}, as the file says`, `${found} of its bytes`);
}

function checksum(bytes: Bytes, place: number): string {
  const hash = new Sha256();
  const take = (piece: Uint8Array): void => hash.update(piece);
  eachPiece(bytes, 0, place, take);
  take(ZEROS);
  eachPiece(bytes, place + DIGITS, bytes.length, take);
  return hash.hex();
}

/**
 * Where the digits begin. The header is searched as text: inside a JSON string each quote has a backslash before it, so a
 * quote behind a brace or a comma opens a key. The header's length is not trusted: not beyond the file, nor past what a header
 * can be.
 */
function placeIn(bytes: Bytes): number | null {
  if (bytes.length < 8) return null;
  const length = Number(new DataView(part(bytes, 0, 8).buffer).getBigUint64(0, true));
  const header = textOf(bytes, 8, 8 + Math.min(length, bytes.length - 8, MAX_HEADER));
  const found = /(?<=[{,]"checksum":")[0-9a-f]{64}"/.exec(header);
  return found && 8 + found.index;
}

function textOf(bytes: Bytes, start: number, end: number): string {
  return new TextDecoder('latin1').decode(part(bytes, start, end));
}
