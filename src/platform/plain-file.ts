// Opens files that must be plain ones, such as those of a run, which may come from somebody else.
// Under a run's names there could be a pipe, and opening that waits for a writer who never comes.
// Source: POSIX.1-2017 open() (O_NONBLOCK).
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileError } from './durable.ts';
import { DcganError } from './errors.ts';

/** Opens at once whatever has the name. Windows has no such flag, and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a plain file for reading.
 * @throws DcganError for a pipe, a device or a folder; the operating system's error otherwise
 */
export function openPlain(path: string): number {
  const fd = openSync(path, READ_AT_ONCE);
  const stat = fstatSync(fd);
  if (stat.isFile()) return fd;
  closeSync(fd);
  if (stat.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  throw new DcganError({
    what: `${path} is no plain file`,
    expected: 'a file',
    todo: 'Look what it is, and remove it',
  });
}

/**
 * Reads all bytes of a plain file.
 * @throws DcganError that names the file and the cause in words
 */
export function readPlainFile(path: string): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openPlain(path);
    const bytes = readFileSync(fd);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
