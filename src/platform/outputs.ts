// What stands where a person wants something written. Only a plain file is replaced by a new one: a
// link is followed to what it leads to, a device or a pipe is written into, and the rest is
// refused. Renaming over /dev/null as root would turn it into a file for the whole machine. Source:
// proc(5) (protected_symlinks, protected_fifos), whose rule for shared folders holds here too.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DcganError } from './errors.ts';

export interface Target {
  /**
   * Replaced: the file's own path, without links, whether it exists or not. Written into: a device
   * or a pipe.
   */
  readonly how: 'replaced' | 'written into';
  readonly path: string;
  /** Permissions of the file that is there. */
  readonly mode?: number;
}

const MOST_LINKS = 40;

/**
 * Where a file given as `path` is to be written, and how.
 * @throws DcganError for a disk's device and what somebody else put into a shared folder; the operating system's error for a folder
 */
export function outputTarget(path: string): Target {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const status = lstatSync(at, { throwIfNoEntry: false });
    if (!status) return { how: 'replaced', path: at };
    if (!status.isFile()) refusePlanted(at, status);
    if (!status.isSymbolicLink()) return targetOf(path, at, status);
    const behind = statSync(at, { throwIfNoEntry: false });
    // What stands behind a link of /proc, such as /dev/stdout, may have no path that leads there.
    if (behind && !isWhatPathSays(at, behind)) return targetOf(path, at, behind, true);
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw coded('ELOOP');
}

/**
 * The same for all paths that lead to one file, by whatever links and names; null where a path
 * leads nowhere.
 */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
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
 * In a folder where all may make names, what others put there leads our output where they want it.
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
