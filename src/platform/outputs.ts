// Decides how an output path is written. Only a plain file is replaced by a new one. A link is
// followed to its target, a device or a pipe is written into, and anything else is refused. As
// root, renaming a file over /dev/null would replace it for the whole machine.
// Source: proc(5) (protected_symlinks, protected_fifos), whose rule for shared folders holds here
// too.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DcganError } from './errors.ts';

export interface Target {
  /**
   * `replaced`: `path` is the file's own path without links, whether it exists or not. `written
   * into`: `path` is a device or a pipe.
   */
  readonly how: 'replaced' | 'written into';
  readonly path: string;
  /** Permissions of the existing file. */
  readonly mode?: number;
}

const MOST_LINKS = 40;

/**
 * Returns where a file given as `path` is to be written, and how.
 * @throws DcganError for a disk's device, and for a link or pipe that somebody else put into a
 *   shared folder; the operating system's error for a folder
 */
export function outputTarget(path: string): Target {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const status = lstatSync(at, { throwIfNoEntry: false });
    if (!status) return { how: 'replaced', path: at };
    if (!status.isFile()) refusePlanted(at, status);
    if (!status.isSymbolicLink()) return targetOf(path, at, status);
    const behind = statSync(at, { throwIfNoEntry: false });
    // A link of /proc, such as /dev/stdout, may lead to a file that no path reaches.
    if (behind && !isWhatPathSays(at, behind)) return targetOf(path, at, behind, true);
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw coded('ELOOP');
}

/**
 * Returns how a file is written whose name this program chose in a folder that may come from
 * somebody else. A link of that name, a device or a pipe is replaced and never followed.
 * @throws the operating system's error for a folder
 */
export function ownTarget(path: string): Target {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory()) throw coded('EISDIR');
  return { how: 'replaced', path, ...(status?.isFile() && { mode: status.mode & 0o777 }) };
}

/**
 * Returns a value that is equal for all paths that lead to the same file, whatever links and names
 * they use. Returns null where a path leads nowhere.
 */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** Whether a path leads to the same existing file as one of the others. */
export function isOneOf(path: string, others: readonly string[]): boolean {
  const own = fileIdentity(path);
  return own !== null && others.some((other) => fileIdentity(other) === own);
}

function targetOf(given: string, path: string, status: Stats, hasNoPath = false): Target {
  if (status.isDirectory()) throw coded('EISDIR');
  if (status.isFile() && !hasNoPath) return { how: 'replaced', path, mode: status.mode & 0o777 };
  if (status.isFile() || status.isFIFO() || status.isCharacterDevice()) return { how: 'written into', path };
  throw new DcganError({
    what: `${given} can't be written: it is ${status.isBlockDevice() ? "a disk's device" : 'a socket'}`,
    todo: 'Choose the name of a file',
  });
}

/**
 * Refuses links and pipes that another user put into a folder for all. They would lead our output
 * where that user wants it.
 */
function refusePlanted(path: string, { uid }: Stats): void {
  if (!process.getuid || uid === process.getuid() || uid === 0) return;
  const folder = statSync(dirname(resolve(path)));
  if ((folder.mode & 0o1000) === 0 || (folder.mode & 0o022) === 0) return;
  throw new DcganError({
    what: `${path} can't be written: another user put a link or a pipe there, in a folder for all`,
    todo: 'Choose another name, or another folder',
  });
}

function isWhatPathSays(path: string, { dev, ino }: Stats): boolean {
  try {
    const found = lstatSync(realpathSync(path));
    return found.dev === dev && found.ino === ino;
  } catch {
    return false;
  }
}

function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
