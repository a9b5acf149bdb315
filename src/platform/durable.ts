// Writes files so that a power cut leaves either the whole old file or the whole new one. A file is
// written under a temporary name, synced and renamed. Then its folder is synced, because the rename
// itself may be lost otherwise. This file also puts every refusal of the operating system into
// words, so that nobody sees a bare "ENOSPC".
// Sources: POSIX.1-2017 rename(), fsync(); T. Pillai et al., "All File Systems Are Not Created
// Equal", OSDI 2014.

import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { constants as system } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { DcganError } from './errors.ts';
import { checkPath } from './near-path.ts';
import { outputTarget, ownTarget, type Target } from './outputs.ts';
import { sweepLeft, temporaryFor, temporaryPath } from './temporary.ts';

/** The meaning of each error code of the operating system, and what to do about it. */
const CAUSES: Record<string, readonly [cause: string, todo: string]> = {
  ENOSPC: ['the disk is full', 'Free some space, or choose a folder on another disk'],
  EDQUOT: ['the disk quota is used up', 'Free some space, or choose a folder on another disk'],
  EFBIG: [
    'the file is larger than this process or file system allows',
    'Raise the limit (ulimit -f) or use another disk',
  ],
  EROFS: ['the place is not writable: its file system is read-only', 'Choose another folder'],
  EACCES: ['access is not permitted', 'Change its permissions, or choose another place'],
  EPERM: ['access is not permitted', 'Change its permissions, or choose another place'],
  ENOENT: ['there is no such file or folder', 'Check the path'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'Check the path'],
  EISDIR: ['it is a folder, not a file', 'Check the path'],
  EEXIST: ['it exists already', 'Remove it, or choose another name'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one'],
  ELOOP: ['its links lead in a circle', 'Check the path'],
  EIO: ['the disk failed', 'Check the disk, and choose another one'],
  EMFILE: ['too many files are open', 'Raise the limit: ulimit -n 1024'],
  ENFILE: ['too many files are open on this machine', 'Close other programs'],
  EBUSY: ['it is in use, or a disk of its own is mounted there', 'Close what uses it, or choose another place'],
  EINVAL: ['the system does not allow that there', 'Choose another place'],
  ENOTEMPTY: ['it is not empty', 'Choose another place'],
  ESTALE: ['the network folder was lost', 'Mount it again'],
  ENOMEM: ['there is no memory left', 'Close other programs'],
  ERR_FS_FILE_TOO_LARGE: ['it is larger than 2 GiB', 'Choose a smaller file'],
  EPIPE: ['nobody reads the pipe any more', 'Start its reader again'],
  ENXIO: ['nothing can be written there', 'Choose the name of a file'],
  EXDEV: ['temporary name and file lie on different file systems', 'Choose another folder'],
};

/** Names of the system's error numbers. */
const NAMES = new Map(Object.entries(system.errno).map(([name, number]) => [-number, name]));

/** Returns an error's code. Node has no name of its own for some, such as EDQUOT. */
function codeOf({ code, errno }: NodeJS.ErrnoException): string | undefined {
  return code?.startsWith('Unknown system error') ? (NAMES.get(errno ?? 0) ?? code) : code;
}

/**
 * Puts an error of the operating system about `file` into words: `FILE can't be written: the disk
 * is full (ENOSPC). Free ...`.
 */
export function fileError(action: string, file: string, cause: unknown): DcganError {
  if (cause instanceof DcganError) return cause;
  const { message } = cause as NodeJS.ErrnoException;
  const code = codeOf(cause as NodeJS.ErrnoException);
  const [words, known] = CAUSES[code ?? ''] ?? [message, undefined];
  const todo = code === 'ENOENT' && action === 'read' ? checkPath(file) : known;
  const why = code && words !== message ? `${words} (${code})` : words;
  return new DcganError({ what: `${file || '""'} can't be ${action}: ${why}`, ...(todo && { todo }), cause });
}

/**
 * Reads all bytes of a file.
 * @param shown the path as the person gave it, for the error
 * @throws DcganError that names the file and the cause in words
 */
export function readFile(path: string, shown = path): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw fileError('read', shown, error);
  }
}

/**
 * Creates a folder and its missing parents.
 * @throws DcganError that names the folder and the cause
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileError('created', path, refusalOf(path) ?? error);
  }
}

/**
 * Finds out why the first missing folder of a path can't be created. Node's recursive call says
 * only that it is missing.
 */
function refusalOf(path: string): unknown {
  const missing = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  const first = missing.at(-1);
  if (first === undefined) return null;
  try {
    mkdirSync(first);
    return null;
  } catch (error) {
    return error;
  }
}

/**
 * Creates the first folder that does not exist yet, and returns it. A folder belongs to the process
 * that created it, so two processes never get the same one.
 * @param next the path to try next; the first attempt is 1
 * @throws DcganError that names the folder and the cause
 */
export function makeUnusedFolder(next: (attempt: number) => string): string {
  for (let attempt = 1; ; attempt++) {
    const folder = next(attempt);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('created', folder, error);
    }
  }
}

/** Most characters of a file's name in its temporary name, so that this is never too long. */
const SHOWN = 40;

interface WriteOptions {
  readonly temporary?: string;
  readonly mode?: number;
}

/**
 * Writes a file whole to a path that a person chose. After an error or a power cut, the file is as
 * it was before.
 * @param contents the bytes, or chunks of them one after another
 * @param path a link is followed; a device or a pipe is written into (outputs.ts)
 * @param options.temporary an unused name for the growing file, on the same file system
 *   (default: beside `path`)
 * @param options.mode permissions of a new file; an existing one keeps its own
 * @throws DcganError that names the file and the cause; the temporary file is removed then
 */
export function writeFileDurably(
  path: string,
  contents: Uint8Array | Iterable<Uint8Array>,
  options: WriteOptions = {},
): void {
  write(path, contents, outputTarget, options);
}

/**
 * Writes a file in the same way under a name that this program chose, such as a picture of a run.
 * The folder may come from somebody else, so a link of that name is replaced and not followed.
 */
export function writeOwnFile(
  path: string,
  contents: Uint8Array | Iterable<Uint8Array>,
  options: WriteOptions = {},
): void {
  write(path, contents, ownTarget, options);
}

function write(
  path: string,
  contents: Uint8Array | Iterable<Uint8Array>,
  targetOf: (path: string) => Target,
  { temporary, mode = 0o666 }: WriteOptions,
): void {
  try {
    const target = targetOf(path);
    if (target.how === 'written into') {
      writeInto(target.path, contents);
      return;
    }
    const [folder, name] = [dirname(target.path), basename(path).slice(-SHOWN)];
    replace(target.path, contents, temporary ?? temporaryPath(folder, name), target.mode ?? mode);
    // What killed writers of this very file have left beside it.
    sweepLeft(folder, (left) => temporaryFor(left) !== name);
  } catch (error) {
    throw fileError('written', path, error);
  }
}

function replace(path: string, contents: Uint8Array | Iterable<Uint8Array>, temporary: string, mode: number): void {
  let fd: number | undefined;
  let created = false;
  try {
    fd = openSync(temporary, 'wx', mode);
    created = true;
    for (const chunk of contents instanceof Uint8Array ? [contents] : contents) writeAll(fd, chunk);
    fsyncSync(fd);
    const done = fd;
    fd = undefined; // a close that fails has closed it too
    closeSync(done);
    renameSync(temporary, path);
    created = false;
    syncFolder(dirname(path));
  } catch (error) {
    if (fd !== undefined) quietly(() => closeSync(fd!));
    if (created) quietly(() => unlinkSync(temporary));
    throw error;
  }
}

/** Writes into a device or a pipe, which stays what it is. */
function writeInto(path: string, contents: Uint8Array | Iterable<Uint8Array>): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    for (const chunk of contents instanceof Uint8Array ? [contents] : contents) writeAll(fd, chunk);
  } finally {
    closeSync(fd);
  }
}

/** Node writes less than 2 GiB at once. */
const AT_ONCE = 2 ** 30;

/**
 * Writes all bytes. One write may take only a part (the last page of a full disk); the next one
 * then fails with the reason.
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, Math.min(AT_ONCE, bytes.length - done));
}

/**
 * Makes names that were created or renamed in a folder survive a power cut, where the system can do
 * that.
 */
export function syncFolder(folder: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(folder, 'r');
    fsyncSync(fd);
  } catch (error) {
    // Windows can't open folders, and some network file systems can't sync them. A folder may also
    // be writable without being readable.
    const { code } = error as NodeJS.ErrnoException;
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(code ?? '')) throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Cleans up after an error. A second error would hide the first one, so it is dropped. */
function quietly(tidy: () => void): void {
  try {
    tidy();
  } catch {}
}
