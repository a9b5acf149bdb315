// Removes packs and features from the cache, because both can be made again. Files that nobody used
// for long are removed. When there are too many bytes, the files that were unused the longest are
// removed first. A file's modification time says when it was last used. Clocks may be wrong, so a
// process puts a mark beside each file that it uses. The mark names the process, not a time, and
// the file stays while that process runs.
import { readdirSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLeft, sweepLeft, temporaryFor, temporaryPath } from './temporary.ts';

const DAY_MS = 86_400_000;
/** Files that were unused for longer than this are removed (60 days). */
const LONGEST_UNUSED_MS = 60 * DAY_MS;
/** Most bytes of all packs together. The newest pack always stays. */
const MOST_BYTES = 20e9;
const MARK = '.used';

/** Notes that a file is used now. */
export function markUsed(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {} // the cache can only be read
}

/** The marks of this process, keyed by the files that they protect. */
const marks = new Map<string, string>();

/** Keeps a file from being evicted until this process ends. The file need not exist yet. */
export function keepInUse(path: string): void {
  if (marks.has(path)) return;
  const [folder, name] = [dirname(path), basename(path) + MARK];
  // Marks of processes that could not remove them at their end.
  sweepLeft(folder, (left) => temporaryFor(left) !== name);
  const mark = temporaryPath(folder, name);
  try {
    writeFileSync(mark, '', { flag: 'wx', mode: 0o600 });
  } catch {
    return; // the cache can only be read, or it is full
  }
  if (marks.size === 0)
    process.once('exit', () => {
      for (const one of marks.values())
        try {
          rmSync(one, { force: true });
        } catch {
          // It counts as left behind once this process has ended.
        }
    });
  marks.set(path, mark);
}

/**
 * Removes superfluous files with this ending (packs by default) from a folder. A file that can't be
 * removed stays.
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

/**
 * Returns the names of the files that running processes have marked. Removes the marks of processes
 * that ended.
 */
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

/** Lists the files of a folder, the last used first. */
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
