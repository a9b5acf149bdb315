// Bytes that are read by position. They lie in memory, as in a page, or in a file (file-bytes.ts).
// A file may be larger than memory, and larger than one system call reads. Decoders of formats read
// only the parts that they need.

export interface Bytes {
  readonly length: number;
  /** Fills `target` with the bytes that begin at `offset`. All of them must lie within `length`. */
  read(offset: number, target: Uint8Array): void;
}

/** Bytes that are read by position, or an array in memory. */
export type ByteSource = Bytes | Uint8Array;

export function asBytes(source: ByteSource): Bytes {
  if (!(source instanceof Uint8Array)) return source;
  const array = source;
  return {
    length: array.length,
    read: (offset, target) => target.set(array.subarray(offset, offset + target.length)),
  };
}

/** Returns a copy of the bytes from `start` (inclusive) to `end` (exclusive). */
export function part(bytes: Bytes, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start);
  bytes.read(start, copy);
  return copy;
}

/** Returns a view of the same bytes, for numbers in them. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const PIECE = 2 ** 22;

/**
 * Passes all bytes from `start` to `end` to `take`, piece by piece. A piece is valid only until the
 * next one.
 */
export function eachPiece(bytes: Bytes, start: number, end: number, take: (piece: Uint8Array) => void): void {
  const buffer = new Uint8Array(Math.min(PIECE, Math.max(0, end - start)));
  for (let at = start; at < end; at += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, end - at));
    bytes.read(at, piece);
    take(piece);
  }
}
