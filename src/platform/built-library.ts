// A shared library that this program compiles for itself. It lies in the cache under the hash of
// all that decides it, and is built into the cache once. Several processes may build at once: each
// works in a folder of its own, and the name appears whole, by rename. The library's SHA-256 lies
// beside it. A library that a failing disk or a power cut has changed is built again before a line
// of it runs.
import { lstatSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError, readFile, writeFileDurably } from './durable.ts';
import { notice } from './notices.ts';
import { sha256 } from './sha256.ts';
import { buildPath, sweepLeft } from './temporary.ts';
import { readTrusted } from './trusted.ts';

/** Returns the name of the file that holds a library's SHA-256. */
export function hashFileOf(library: string): string {
  return library.replace(/\.so$/, '.sha256');
}

/**
 * Sees that the library `path`, in a folder of the cache, is there and whole.
 * @param make builds it in an empty folder of its own and returns its path there
 * @throws DcganError for a disk that cannot be written, and what `make` throws
 */
export async function builtLibrary(path: string, make: (folder: string) => Promise<string>): Promise<void> {
  const damage = whatIsWrong(path);
  if (damage === null) return;
  const cache = dirname(path);
  sweepLeft(cache);
  const folder = buildPath(cache);
  try {
    makePrivate(folder);
    const bytes = readFile(await make(folder));
    // What lies there, such as a link or a folder, is not ours.
    for (const old of [path, hashFileOf(path)])
      if (lstatSync(old, { throwIfNoEntry: false })?.isFile() === false) rmSync(old, { recursive: true });
    // The hash is written first, so whoever finds a library also finds its hash.
    writeFileDurably(hashFileOf(path), new TextEncoder().encode(`${sha256(bytes)}\n`), { mode: 0o600 });
    writeFileDurably(path, bytes, { mode: 0o600 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (damage !== '') notice(`${path} ${damage}, so it was compiled again`);
}

/**
 * Says why a library in the cache may not be loaded. Returns null when it may, and an empty text
 * when there is none.
 */
function whatIsWrong(path: string): string | null {
  if (!lstatSync(path, { throwIfNoEntry: false })) return '';
  const bytes = readTrusted(path);
  if (bytes === null) return 'is not a plain file that only this user can write';
  if (bytes.length === 0) return 'is empty';
  const hash = readTrusted(hashFileOf(path));
  if (hash === null) return 'has no SHA-256 beside it';
  return new TextDecoder().decode(hash).trim() === sha256(bytes)
    ? null
    : 'is not what was compiled (its SHA-256 differs)';
}

function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw fileError('created', folder, error);
  }
}

/** The words of compilers for a full disk. */
export const FULL = /no space left on device|disk quota exceeded/i;

/** Some linkers fail on a full disk without saying so. */
export function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 2 ** 20;
  } catch {
    return false;
  }
}
