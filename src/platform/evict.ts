// Packs in the cache, and features of data, can be made again: those that nobody used for long go, and the longest unused of too many. A
// file's time of change is when it was last used. Who has one open keeps it: a removed file lives as long as it is open.
import { readdirSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOfTemporary } from './durable.ts';

const DAY_MS = 86_400_000;
/** Packs unused for longer go. */
const LONGEST_UNUSED_MS = 60 * DAY_MS;
/** All packs together hold no more bytes, but the newest always stays. */
const MOST_BYTES = 20e9;

/** Notes that a file is used now. */
export function markUsed(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {} // a cache that can only be read
}

/** Removes what is superfluous among the files of a folder with this ending, packs by default. Whatever cannot be removed stays. */
export function evict(folder: string, mostBytes = MOST_BYTES, ending = '.pack'): void {
  const now = Date.now();
  let bytes = 0;
  for (const [i, { path, size, usedMs }] of filesIn(folder, ending).entries()) {
    bytes += size;
    if (i === 0 || (now - usedMs <= LONGEST_UNUSED_MS && bytes <= mostBytes)) continue;
    bytes -= size;
    try {
      unlinkSync(path);
    } catch {}
  }
}

/** The last used first. */
function filesIn(
  folder: string,
  ending: string,
): { readonly path: string; readonly size: number; readonly usedMs: number }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending) && ownerOfTemporary(name) === null)
    .flatMap((name) => {
      const path = join(folder, name);
      const status = statSync(path, { throwIfNoEntry: false });
      return status ? [{ path, size: status.size, usedMs: status.mtimeMs }] : [];
    })
    .sort((a, b) => b.usedMs - a.usedMs);
}
