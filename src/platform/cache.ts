// The cache folder holds what can be made again: compiled kernels, packs, features and findings.
// Its contents are loaded as code or trained on, so nobody else may be able to write there
// (trusted.ts). The first place that can be created, written and trusted wins. Callers learn which
// place it was, so that `doctor` can report it. Where no place can be trusted, a fresh folder
// serves this one process.
// Source: XDG Base Directory Specification 0.8 ($XDG_CACHE_HOME, default ~/.cache; relative values
// are ignored).

import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { DcganError } from './errors.ts';
import { notice } from './notices.ts';
import { folderDistrust } from './trusted.ts';

export type CacheKind = 'DCGAN_CACHE_DIR' | 'XDG cache' | 'temporary folder' | 'for this process only';

/**
 * Returns the folder `name` inside the cache; it is created, writable and trusted. The cache lies
 * under $DCGAN_CACHE_DIR, else $XDG_CACHE_HOME/dcgan or ~/.cache/dcgan, else the temporary folder,
 * else a fresh folder in that. A place that others could write is passed over, with a notice.
 * @throws DcganError when no place can be used, with the reason for each
 */
export function cacheFolder(name: string): { path: string; kind: CacheKind } {
  const refused: string[] = [];
  const distrusted: string[] = [];
  const found = firstUsable(name, refused, distrusted);
  if (found && distrusted.length > 0)
    notice(
      `a cache folder is passed over, since others could put code there: ${distrusted.join('; ')}. ` +
        `${dirname(found.path)} is used instead (${found.kind}). ` +
        'Set DCGAN_CACHE_DIR to a folder of your own, below folders that only you or root can write',
    );
  if (found) return found;
  throw new DcganError({
    what: 'no folder for the cache can be written and trusted',
    expected: 'one of $DCGAN_CACHE_DIR, ~/.cache/dcgan or the temporary folder, which nobody else can write',
    got: refused.join(', '),
    todo: 'Set DCGAN_CACHE_DIR to a folder that only you can write to',
  });
}

function firstUsable(name: string, refused: string[], distrusted: string[]): { path: string; kind: CacheKind } | null {
  for (const [kind, base] of places()) {
    const path = join(base, name);
    try {
      const reason = prepare(path);
      if (reason === null) return { path, kind };
      refused.push(reason);
      distrusted.push(reason);
    } catch (error) {
      refused.push(`${path} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
    }
  }
  for (const folder of new Set([tmpdir(), '/tmp'])) {
    try {
      const path = join(freshFolder(folder), name);
      const reason = prepare(path);
      if (reason === null) return { path, kind: 'for this process only' };
      refused.push(reason);
    } catch (error) {
      refused.push(`${folder} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
    }
  }
  return null;
}

/**
 * Creates a folder where that is safe, readable by this user only. Returns why it can't be trusted,
 * or null.
 */
function prepare(path: string): string | null {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  // No folder is created below a path that somebody else controls.
  const before = folderDistrust(existing, { parent: existing !== path });
  if (before !== null) return before;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const after = folderDistrust(path);
  if (after !== null) return after;
  accessSync(path, constants.W_OK | constants.X_OK);
  return null;
}

function places(): [CacheKind, string][] {
  const { DCGAN_CACHE_DIR: own, XDG_CACHE_HOME: xdg } = process.env;
  const list: [CacheKind, string][] = [];
  if (own) list.push(['DCGAN_CACHE_DIR', resolve(own)]);
  const home = homeFolder();
  if (xdg && isAbsolute(xdg)) list.push(['XDG cache', join(xdg, 'dcgan')]);
  else if (home) list.push(['XDG cache', join(home, '.cache', 'dcgan')]);
  list.push(['temporary folder', join(tmpdir(), `dcgan-${userTag()}`)]);
  return list;
}

/** Returns null for a user without a home, such as the made-up users of containers. */
function homeFolder(): string | null {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}

/**
 * Returns a name that separates users in a shared temporary folder. Windows has no uid, but there
 * the temporary folder is private anyway.
 */
function userTag(): string {
  return process.getuid ? String(process.getuid()) : userInfo().username;
}

/** The fresh folders of this process, keyed by the folder that they lie in. */
const fresh = new Map<string, string>();
/** Fresh folders of killed processes are removed after this time without a change (two days). */
const LEFT_MS = 2 * 86_400_000;

/**
 * Returns this process' fresh folder. mkdtemp creates it, so it is new and nobody else's. It is
 * removed when the process ends.
 */
function freshFolder(inside: string): string {
  const made = fresh.get(inside);
  if (made !== undefined && existsSync(made)) return made;
  const start = `dcgan-${userTag()}-process-`;
  sweepLeft(inside, start);
  const folder = mkdtempSync(join(inside, start));
  if (fresh.size === 0)
    process.once('exit', () => {
      for (const one of fresh.values()) rmSync(one, { recursive: true, force: true });
    });
  fresh.set(inside, folder);
  return folder;
}

function sweepLeft(inside: string, start: string): void {
  for (const name of readdirSync(inside).filter((one) => one.startsWith(start))) {
    const path = join(inside, name);
    try {
      const { uid, mtimeMs } = lstatSync(path);
      if (uid === (process.getuid?.() ?? uid) && Date.now() - mtimeMs > LEFT_MS) rmSync(path, { recursive: true });
    } catch {} // another process removed it first
  }
}
