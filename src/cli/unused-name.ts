// The name of an output that nobody chose.
import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { freeName } from '../platform/free-name.ts';

/**
 * Returns a name that does not replace a file. Somebody at a terminal gets `samples-2.png` beside
 * it. In a pipe names are taken as they are. `beside` returns a further file that is written along
 * with a name.
 */
export function unusedName(path: string, beside: (path: string) => string = (name) => name): string {
  const isFile = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile(path) && !isFile(beside(path))) return path;
  const ending = extname(path);
  const taken = (name: string): boolean => existsSync(name) || existsSync(beside(name));
  return freeName(taken, path.slice(0, path.length - ending.length), ending);
}
