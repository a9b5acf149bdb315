// Checks that a folder or a file can hold only what this user or root put there. A cache is loaded
// as code or trained on. So nobody else may be able to write it, to replace it, or to lead its path
// elsewhere. Once a path has passed, nobody else can change that any more, so checking first and
// opening later is no race.
// Source: J. Kupsch, B. Miller, "How to Open a File and Not Get Hacked", ARES 2008.
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const WRITABLE_BY_OTHERS = 0o022;
/** In a sticky folder everyone may create names, but only their owner may remove or rename them. */
const STICKY = 0o1000;
/** Most links followed; Linux has the same limit. */
const MOST_LINKS = 40;

/**
 * Returns why somebody else could change what lies in a folder, or null. Each folder on the path
 * counts, and each link's target.
 * @param options.parent true when the folder only is to hold a folder of our own; then it may be
 *   writable by all and sticky, like /tmp
 * @throws the operating system's error where a part of the path is missing or can't be looked at
 */
export function folderDistrust(path: string, { parent = false }: { readonly parent?: boolean } = {}): string | null {
  if (!process.getuid) return null; // Windows separates users by its own means
  const pending = resolve(path).split('/');
  let at = '/';
  let links = 0;
  let status = lstatSync(at);
  let reason = ownerDistrust(at, status) ?? writerDistrust(at, status, true);
  while (reason === null && pending.length > 0) {
    const part = pending.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = dirname(at); // `at` holds no link
      status = lstatSync(at);
      continue;
    }
    const here = join(at, part);
    status = lstatSync(here);
    reason = ownerDistrust(here, status);
    if (status.isSymbolicLink()) {
      if (++links > MOST_LINKS) return `${path} has too many links`;
      const target = readlinkSync(here);
      pending.unshift(...target.split('/'));
      if (isAbsolute(target)) at = '/';
      continue;
    }
    at = here;
    if (!status.isDirectory()) throw Object.assign(new Error(`${here} is not a folder`), { code: 'ENOTDIR' });
    reason ??= writerDistrust(here, status, true);
  }
  return reason ?? writerDistrust(at, status, parent);
}

/**
 * Returns whether a file is a plain one that only this user or root can write. Its folder must have
 * passed `folderDistrust`.
 */
export function isTrustedFile(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status !== undefined && fileDistrust(path, status) === null;
}

/**
 * Returns the bytes of such a file. The check uses the descriptor that is read, so nobody can
 * exchange the file in between. Returns null for a missing file, a link, anything that is no plain
 * file, and a file that others own or can write.
 */
export function readTrusted(path: string): Uint8Array | null {
  let fd: number;
  try {
    // O_NONBLOCK keeps the open from waiting for a writer of a pipe.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  }
  try {
    if (fileDistrust(path, fstatSync(fd)) !== null) return null;
    const bytes = readFileSync(fd);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } finally {
    closeSync(fd);
  }
}

function fileDistrust(path: string, status: Stats): string | null {
  if (!status.isFile()) return `${path} is not a plain file`;
  if (!process.getuid) return null;
  return ownerDistrust(path, status) ?? writerDistrust(path, status, false);
}

function ownerDistrust(path: string, { uid }: Stats): string | null {
  if (uid === 0 || uid === process.getuid!()) return null;
  if (uid === unmappedOwner() && (path === '/' || dirname(path) === '/')) return null;
  return `${path} belongs to another user (${uid})`;
}

function writerDistrust(path: string, { mode }: Stats, mayBeSticky: boolean): string | null {
  if ((mode & WRITABLE_BY_OTHERS) === 0 || (mayBeSticky && (mode & STICKY) !== 0)) return null;
  return `${path} can be written by others (mode ${(mode & 0o7777).toString(8)})`;
}

/**
 * Returns the owner that unmapped users appear as when root is one of them; null elsewhere. In such
 * a user namespace, the system's own folders seem to belong to that user. Then only the root folder
 * and those in it are believed to be root's (user_namespaces(7)).
 */
function unmappedOwner(): number | null {
  try {
    const overflow = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
    return lstatSync('/').uid === overflow ? overflow : null;
  } catch {
    return null; // this is not Linux
  }
}
