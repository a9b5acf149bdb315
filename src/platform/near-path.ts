// Advice for a path that does not exist: the name in its folder that is nearest to what was typed.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { didYouMean } from './suggest.ts';

/**
 * Returns what to do about a path that does not exist: the question whether its nearest neighbour
 * was meant, or the advice to check it.
 * @param others names that would do as well
 */
export function checkPath(path: string, others: readonly string[] = []): string {
  return didYouMean(path, others) ?? didYouMean(path, neighbours(path)) ?? 'Check the path';
}

/** The existing paths that differ from this one only in its first part that does not exist. */
function neighbours(path: string): string[] {
  let missing = resolve(path);
  while (!existsSync(dirname(missing))) missing = dirname(missing);
  const rest = relative(missing, resolve(path));
  try {
    return readdirSync(dirname(missing))
      .map((name) => join(dirname(missing), name, rest))
      .filter((found) => existsSync(found))
      .map((found) => (isAbsolute(path) ? found : relative('', found)));
  } catch {
    return [];
  }
}
