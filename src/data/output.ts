// Where a pack or a sheet of pictures goes: never over the data that it is made from, and into a
// device or a pipe as into a file.
import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { cacheFolder } from '../platform/cache.ts';
import { fileError, writeFileDurably } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import { isOneOf, outputTarget, type Target } from '../platform/outputs.ts';
import { temporaryPath } from '../platform/temporary.ts';
import { type BuildOptions, type Built, writePack } from './build.ts';
import { FilePixels } from './file-pixels.ts';
import { isKnown } from './known.ts';
import type { Supply } from './supply.ts';

/**
 * Refuses an output that is the data themselves, or one of the files they are made of, under
 * whatever name.
 * @param files paths of the data's files, where they are known
 * @throws wrong usage
 */
export function refuseSource(where: string, output: string, files: readonly string[] = []): void {
  if (isKnown(where) || !existsSync(output)) return;
  const isFolder = existsSync(where) && statSync(where).isDirectory();
  const within = isFolder ? readdirSync(where).map((name) => join(where, name)) : [];
  if (isOneOf(output, [where, ...within, ...files]))
    throw usage({
      what: isFolder
        ? `${output} lies among the data of ${where}, and would be written over`
        : `${output} would be written over itself`,
      todo: isFolder ? 'Remove it from there, or choose another place with -o' : 'Choose another name',
    });
}

/** Whether a file that was written lies in the folder of the data, so that it would be read too. */
export function liesAmong(where: string, written: string): boolean {
  if (isKnown(where) || !statSync(where, { throwIfNoEntry: false })?.isDirectory()) return false;
  const way = relative(realpathSync(where), realpathSync(dirname(written)));
  return way.split(sep)[0] !== '..' && !isAbsolute(way);
}

/** @throws DcganError that names the file */
export function packTarget(output: string): Target {
  try {
    return outputTarget(output);
  } catch (error) {
    throw fileError('written', output, error);
  }
}

/**
 * A pack is written by position, which a device or a pipe has not: it is made in the cache first.
 */
export async function writePackInto(
  supply: Supply,
  output: string,
  source: string,
  options: BuildOptions,
): Promise<Built> {
  const made = temporaryPath(cacheFolder('data').path, 'output.pack');
  try {
    const built = await writePack(supply, made, source, { ...options, mode: 0o600 });
    writeFileDurably(output, piecesOf(made));
    return built;
  } finally {
    rmSync(made, { force: true });
  }
}

function* piecesOf(file: string): Iterable<Uint8Array> {
  const bytes = new FilePixels(file, 0, statSync(file).size);
  const piece = new Uint8Array(2 ** 20);
  for (let at = 0; at < bytes.length; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, bytes.length - at));
    bytes.read(at, part);
    yield part;
  }
}
