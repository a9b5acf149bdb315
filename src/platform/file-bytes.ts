// Reads the bytes of a file by position, and small JSON files whole.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Bytes, eachPiece } from './bytes.ts';
import { fileError } from './durable.ts';
import { DcganError } from './errors.ts';
import { parseJson } from './json.ts';
import { openPlain, READ_AT_ONCE } from './plain-file.ts';
import { Sha256 } from './sha256.ts';

/** Node and the operating systems read at most 2 GiB at once. */
const AT_ONCE = 2 ** 30;

const openAtOnce = (path: string): number => openSync(path, READ_AT_ONCE);

/**
 * Opens a file while `use` runs.
 * @throws DcganError that names the file and the cause in words
 */
export function withFile<T>(path: string, use: (bytes: Bytes) => T): T {
  return withOpen(path, openAtOnce, (fd) => {
    const stat = fstatSync(fd);
    // Devices and pipes have no length and can't be read by position.
    const length = stat.isFile() ? stat.size : 0;
    if (stat.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return use({
      length,
      read: (offset, target) => {
        if (readInto(fd, target, offset) === target.length) return;
        throw new DcganError({
          what: `${path} has become shorter while it was read`,
          expected: `${length} bytes`,
          todo: 'Try again when nothing writes it any more',
        });
      },
    });
  });
}

/**
 * Returns the SHA-256 of a file, as `sha256sum` prints it. @throws DcganError that names the file
 */
export function sha256OfFile(path: string): string {
  return withFile(path, (bytes) => {
    const hash = new Sha256();
    eachPiece(bytes, 0, bytes.length, (piece) => hash.update(piece));
    return hash.hex();
  });
}

/** Files of settings have some kilobytes. A much longer file is something else. */
const LONGEST_JSON = 2 ** 24;

/** Opens a path that a person typed, and waits for the writer of a pipe. */
const openTyped = (path: string): number => openSync(path, constants.O_RDONLY);

/**
 * Returns the value of a small JSON file.
 * @param wrong makes the error for a file that is not JSON, from a clause that says why
 * @param options.typed a person typed this path, so it may be a pipe
 * @throws DcganError that names the file and the cause in words
 */
export function readJsonFile(
  path: string,
  wrong: (got: string) => DcganError,
  { typed = false }: { readonly typed?: boolean } = {},
): unknown {
  const bytes = withOpen(path, typed ? openTyped : openPlain, (fd) => {
    const stat = fstatSync(fd);
    // Reading one byte more than expected shows whether the file goes on. Pipes have no length.
    const buffer = Buffer.alloc(Math.min(stat.isFile() ? stat.size : LONGEST_JSON, LONGEST_JSON) + 1);
    return buffer.subarray(0, readInto(fd, buffer, null));
  });
  if (bytes.length > LONGEST_JSON) throw wrong(`a file of more than ${LONGEST_JSON / 2 ** 20} MiB`);
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function withOpen<T>(path: string, open: (path: string) => number, use: (fd: number) => T): T {
  let fd: number | undefined;
  try {
    fd = open(path);
    return use(fd);
  } catch (error) {
    throw isSystem(error) ? fileError('read', path, error) : error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isSystem(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

/**
 * Fills `target` as far as the file goes. Returns the number of bytes read.
 * @param position null to continue where the last read ended
 */
function readInto(fd: number, target: Uint8Array, position: number | null): number {
  let done = 0;
  while (done < target.length) {
    const wanted = Math.min(AT_ONCE, target.length - done);
    const got = readSync(fd, target, done, wanted, position === null ? null : position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}
