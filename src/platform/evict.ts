// Packs in the cache, and features of data, can be made again: those that nobody used for long go,
// and the longest unused of too many. A file's time of change is when it was last used. Clocks may
// be wrong, so a pack that a process uses has a mark beside it, by which process and not by time,
// and stays as long as that process runs.
import { readdirSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLeft, temporaryFor, temporaryPath } from './temporary.ts';

const DAY_MS = 86_400_000;
/** Packs unused for longer go. */
const LONGEST_UNUSED_MS = 60 * DAY_MS;
/** All packs together hold no more bytes, but the newest always stays. */
const MOST_BYTES = 20e9;
const MARK = '.used';

/** Notes that a file is used now. */
export function markUsed(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {} // a cache that can only be read
}

/** This process' marks, by the files they are for. */
const marks = new Map<string, string>();

/** Keeps a file from being evicted until this process ends. It need not be there yet. */
export function keepInUse(path: string): void {
  if (marks.has(path)) return;
  const mark = temporaryPath(dirname(path), basename(path) + MARK);
  try {
    writeFileSync(mark, '', { flag: 'wx', mode: 0o600 });
  } catch {
    return; // a cache that can only be read, or is full
  }
  if (marks.size === 0)
    process.once('exit', () => {
      for (const one of marks.values()) rmSync(one, { force: true });
    });
  marks.set(path, mark);
}

/**
 * Removes what is superfluous among the files of a folder with this ending, packs by default.
 * Whatever cannot be removed stays.
 */
export function evict(folder: string, mostBytes = MOST_BYTES, ending = '.pack'): void {
  const now = Date.now();
  const used = inUse(folder);
  let bytes = 0;
  for (const [i, { path, size, usedMs }] of filesIn(folder, ending).entries()) {
    bytes += size;
    if (i === 0 || used.has(basename(path)) || (now - usedMs <= LONGEST_UNUSED_MS && bytes <= mostBytes)) continue;
    bytes -= size;
    try {
      unlinkSync(path);
    } catch {}
  }
}

/** Names of the files that a process has marked; marks of processes that ended are removed. */
function inUse(folder: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const name of readdirSync(folder)) {
    const marked = temporaryFor(name);
    if (!marked?.endsWith(MARK)) continue;
    const path = join(folder, name);
    if (isLeft(path, LONGEST_UNUSED_MS)) rmSync(path, { force: true });
    else names.add(marked.slice(0, -MARK.length));
  }
  return names;
}

/** The last used first. */
function filesIn(
  folder: string,
  ending: string,
): { readonly path: string; readonly size: number; readonly usedMs: number }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending) && temporaryFor(name) === null)
    .flatMap((name) => {
      const path = join(folder, name);
      const status = statSync(path, { throwIfNoEntry: false });
      return status ? [{ path, size: status.size, usedMs: status.mtimeMs }] : [];
    })
    .sort((a, b) => b.usedMs - a.usedMs);
}
