// The name of an output that nobody chose.
import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { freeName } from '../platform/free-name.ts';

/**
 * Returns a name that does not replace a file. Somebody at a terminal gets `samples-2.png` beside
 * it. In a pipe names are taken as they are.
 */
export function unusedName(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  const ending = extname(path);
  return freeName(existsSync, path.slice(0, path.length - ending.length), ending);
}
