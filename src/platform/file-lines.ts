// Reads a text file line by line and in pieces, since it may be longer than any string.
import { closeSync, readSync } from 'node:fs';
import { fileError } from './durable.ts';
import { openPlain } from './plain-file.ts';

const PIECE = 2 ** 20;
/** Most bytes of a line. A longer one is not text and is cut. */
const LONGEST = 2 ** 20;
const LINE_FEED = 10;

export interface Line {
  readonly text: string;
  /** The byte in the file at which the line ends, after its line feed. */
  readonly end: number;
}

/**
 * Yields all whole lines of a file up to its last line feed. Yields nothing when there is no file.
 * @throws DcganError that names the file and the cause in words
 */
export function* fileLines(path: string): Generator<Line, void, undefined> {
  let fd: number;
  try {
    fd = openPlain(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw fileError('read', path, error);
  }
  try {
    const buffer = Buffer.alloc(PIECE);
    let begun: Buffer[] = [];
    let begunLength = 0;
    for (let at = 0; ; ) {
      const piece = buffer.subarray(0, read(fd, buffer, path));
      if (piece.length === 0) return;
      let start = 0;
      for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
        const rest = piece.subarray(start, end);
        const bytes = begun.length > 0 ? Buffer.concat([...begun, rest]) : rest;
        [begun, begunLength] = [[], 0];
        start = end + 1;
        yield { text: bytes.toString('utf8', 0, LONGEST), end: at + start };
      }
      at += piece.length;
      if (begunLength < LONGEST) begun.push(Buffer.from(piece.subarray(start)));
      begunLength += piece.length - start;
    }
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, buffer: Buffer, path: string): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    throw fileError('read', path, error);
  }
}
