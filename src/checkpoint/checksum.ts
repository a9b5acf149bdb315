// A checkpoint can be checked for damage. Its metadata hold the SHA-256 of the file itself,
// computed with 64 zeros in the place of these digits. So one flipped bit anywhere is noticed, and
// other programs still read a plain safetensors file.

import { asBytes, type ByteSource, type Bytes, eachPiece, part } from '../platform/bytes.ts';
import { DcganError } from '../platform/errors.ts';
import { Sha256, sha256 } from '../platform/sha256.ts';
import { encodeParts, joined, MAX_HEADER, type StoredTensor, type StoredType } from './safetensors.ts';

const DIGITS = 64;

/** The bytes of a checkpoint differ from those that were written. */
export class DamagedCheckpoint extends DcganError {}

/** The checksum's place among a checkpoint's metadata; `seal` fills it. */
export const CHECKSUM_PLACE: Readonly<Record<'checksum', string>> = { checksum: '0'.repeat(DIGITS) };
const ZEROS = new TextEncoder().encode(CHECKSUM_PLACE.checksum);

/** Returns the bytes of a checkpoint: tensors, metadata, and the checksum of all of it. */
export function encodeCheckpoint(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return joined(checkpointParts(tensors, metadata));
}

/**
 * Returns the same bytes in parts that are written one after another. The tensors' values are not
 * copied.
 */
export function checkpointParts(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
  type: StoredType = 'F32',
): Uint8Array[] {
  const [header, ...values] = encodeParts(tensors, { ...metadata, ...CHECKSUM_PLACE }, type);
  return [seal(header, ...values), ...values];
}

/**
 * Writes the checksum into its place in the first part of a file, and returns that part. Sealing
 * twice changes nothing.
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

/** True when a file has a place for its checksum, as every checkpoint has. */
export function hasChecksum(source: ByteSource): boolean {
  return placeIn(asBytes(source)) !== null;
}

/**
 * Checks a sealed file.
 * @param kind what it is, for the error; a file without a name is `the checkpoint`
 * @throws DamagedCheckpoint with the checksum in the file and the one of its bytes
 */
export function verify(source: ByteSource, file: string, kind = 'checkpoint'): void {
  const bytes = asBytes(source);
  const place = placeIn(bytes);
  const named = file === `the ${kind}` ? file : `${kind} ${file}`;
  const damaged = (expected: string, got: string): DamagedCheckpoint =>
    new DamagedCheckpoint({ what: `${named} is damaged`, expected, got, todo: `Use another ${kind}` });
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
 * Returns the position of the digits. The header is searched as text: inside a JSON string each
 * quote has a backslash before it, so a quote after a brace or a comma opens a key. The header's
 * stated length is limited by the file's length and by the largest possible header.
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
