// Bytes that are read by position, wherever they lie: in memory, as a page has them, or in a file
// (file-bytes.ts), which may be larger than memory or than what one call of the system reads. What
// decodes a format asks for the parts that it needs.

export interface Bytes {
  readonly length: number;
  /** Fills `target` with what begins at `offset`; all of it must lie within `length`. */
  read(offset: number, target: Uint8Array): void;
}

/** What is read by position, or an array that is in memory. */
export type ByteSource = Bytes | Uint8Array;

export function asBytes(source: ByteSource): Bytes {
  if (!(source instanceof Uint8Array)) return source;
  const array = source;
  return {
    length: array.length,
    read: (offset, target) => target.set(array.subarray(offset, offset + target.length)),
  };
}

/** A copy of a part. */
export function part(bytes: Bytes, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start);
  bytes.read(start, copy);
  return copy;
}

const PIECE = 2 ** 22;

/** Hands over all bytes from `start` to `end`, in pieces that are good until the next one. */
export function eachPiece(bytes: Bytes, start: number, end: number, take: (piece: Uint8Array) => void): void {
  const buffer = new Uint8Array(Math.min(PIECE, Math.max(0, end - start)));
  for (let at = start; at < end; at += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, end - at));
    bytes.read(at, piece);
    take(piece);
  }
}
