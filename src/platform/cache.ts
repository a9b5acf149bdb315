// Where things live that can be made again (compiled kernels): a folder of this person's own, never shared, because what
// lies in it may be loaded as code. The first place that can be created and written wins, and callers are told which,
// so that `doctor` can say it.
// Source: XDG Base Directory Specification 0.8 ($XDG_CACHE_HOME, default ~/.cache; relative values are ignored).

import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DcganError } from './errors.ts';

export type CacheKind = 'DCGAN_CACHE_DIR' | 'XDG cache' | 'temporary folder';

/**
 * The folder `name` inside the cache, created and writable: under $DCGAN_CACHE_DIR, else $XDG_CACHE_HOME/dcgan or
 * ~/.cache/dcgan, else the temporary folder (there only if it is ours alone).
 * @throws DcganError when none of them can be written, with the reason for each.
 */
export function cacheFolder(name: string): { path: string; kind: CacheKind } {
  const refused: string[] = [];
  for (const [kind, base] of places()) {
    const path = join(base, name);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.W_OK | constants.X_OK);
      if (kind === 'temporary folder') mustBeOurs(base);
      return { path, kind };
    } catch (error) {
      refused.push(`${path} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
    }
  }
  throw new DcganError({
    what: 'no folder for the cache can be written',
    expected: 'one of $DCGAN_CACHE_DIR, ~/.cache/dcgan or the temporary folder',
    got: refused.join(', '),
    todo: 'Set DCGAN_CACHE_DIR to a folder you can write to',
  });
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

/** Null for a user without a home, as containers' made-up users are. */
function homeFolder(): string | null {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}

/** Tells people's folders apart in a shared temporary folder. On Windows, where there is no uid, it is private anyway. */
function userTag(): string {
  return process.getuid ? String(process.getuid()) : userInfo().username;
}

/** Anyone may create names in /tmp: another's folder, or a link to one, must not feed us code. */
function mustBeOurs(folder: string): void {
  if (!process.getuid) return;
  const { uid, mode } = lstatSync(folder);
  if (uid !== process.getuid() || (mode & 0o022) !== 0)
    throw new Error('belongs to, or can be written by, someone else');
}
