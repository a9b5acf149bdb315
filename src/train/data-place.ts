// Records where a run's data are, in two ways: as they were named from the folder in which the
// training was started, and as a path from the run's own folder. So a run finds its data when it is
// moved together with them, or continued from another folder.
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isKnown } from '../data/known.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import type { RunConfig } from './run-schema.ts';

type Place = Pick<RunConfig['data'], 'source' | 'fromRun'>;

/** Returns the record of where a run's data are. `source` is the name or path that was given. */
export function placeOf(folder: string, source: string): Place {
  if (isKnown(source) || !existsSync(source)) return { source };
  return { source, fromRun: relative(resolve(folder), resolve(source)) };
}

/**
 * Returns the path or name that opens the data of the run in `folder`.
 * @param again the command that names them elsewhere, for the error
 * @throws DcganError when the data are in neither place
 */
export function sourceOf(
  folder: string,
  { data }: Pick<RunConfig, 'data'>,
  again: string = commandLine(['train', '--resume', folder, '--data', 'PATH']),
): string {
  const { source, fromRun } = data;
  if (isKnown(source) || existsSync(source)) return source;
  const beside = fromRun === undefined ? null : join(folder, fromRun);
  if (beside !== null && existsSync(beside)) return beside;
  throw new DcganError({
    what: `the data of ${folder} (${source}) are not here`,
    expected: `${data.count} images with SHA-256 ${data.sha256.slice(0, 12)}...`,
    got: `nothing at ${[...new Set([source, ...(beside === null ? [] : [beside])].map((path) => resolve(path)))].join(' or ')}`,
    todo: `Say where they are: ${again}`,
  });
}
