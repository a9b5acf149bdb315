// Where a run's data are: as they were named from the folder that the training was started in, and as they lie seen from the run's
// own folder. A run that is moved together with its data, or continued from another folder, finds them again.
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isKnown } from '../data/known.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import type { RunConfig } from './run-schema.ts';

type Place = Pick<RunConfig['data'], 'source' | 'fromRun'>;

/** Returns what a run records of where its data are. `source` is a name or a path as it was given. */
export function placeOf(folder: string, source: string): Place {
  if (isKnown(source) || !existsSync(source)) return { source };
  return { source, fromRun: relative(resolve(folder), resolve(source)) };
}

/**
 * Returns the path or name that opens the data of the run in `folder`.
 * @throws DcganError when they are in neither place
 */
export function sourceOf(folder: string, { data }: Pick<RunConfig, 'data'>): string {
  const { source, fromRun } = data;
  if (isKnown(source) || existsSync(source)) return source;
  const beside = fromRun === undefined ? null : join(folder, fromRun);
  if (beside !== null && existsSync(beside)) return beside;
  throw new DcganError({
    what: `the data of ${folder} (${source}) are not here`,
    expected: `${data.count} images with SHA-256 ${data.sha256.slice(0, 12)}...`,
    got: `nothing at ${[resolve(source), ...(beside === null ? [] : [resolve(beside)])].join(' or ')}`,
    todo: `Say where they are: ${commandLine(['train', '--resume', folder, '--data', 'PATH'])}`,
  });
}
