// The folder `checkpoints/` of a run; names.ts defines the names in it. It never contains a
// half-written file. Files grow under a temporary name in the run's folder, beside `checkpoints/`,
// and are renamed into it once they are on the disk.

import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileError, syncFolder, writeOwnFile } from '../platform/durable.ts';
import { temporaryPath } from '../platform/temporary.ts';
import { byTime, type Moment, parseCheckpointName, superfluous } from './names.ts';

/** The name of the folder inside a run's folder. */
export const CHECKPOINTS_FOLDER = 'checkpoints';

export interface CheckpointFile extends Moment {
  readonly path: string;
}

/**
 * Lists the checkpoints of a folder, oldest first. Other files are ignored, and a missing folder
 * has none. The order is by number, which equals the order by name up to 9999 epochs and 999,999
 * steps.
 * @throws DcganError when the folder cannot be listed
 */
export function listCheckpoints(folder: string): CheckpointFile[] {
  const found: CheckpointFile[] = [];
  for (const name of namesIn(folder)) {
    const moment = parseCheckpointName(name);
    if (moment) found.push({ path: join(folder, name), ...moment });
  }
  return found.sort(byTime);
}

/** Returns the last checkpoint of a folder, or null. */
export function newestCheckpoint(folder: string): CheckpointFile | null {
  return listCheckpoints(folder).at(-1) ?? null;
}

/**
 * Removes the superfluous checkpoints of a folder and returns their paths.
 * @throws DcganError when one cannot be removed
 */
export function prune(folder: string): string[] {
  return superfluous(listCheckpoints(folder)).map(({ path }) => {
    remove(path);
    return path;
  });
}

/**
 * Returns the checkpoints of a folder that were taken after `epoch` whole epochs and `step` steps,
 * oldest first.
 */
export function laterCheckpoints(
  folder: string,
  { epoch, step }: { readonly epoch: number; readonly step: number },
): CheckpointFile[] {
  return listCheckpoints(folder).filter((found) =>
    found.step === undefined ? found.epoch > epoch : found.step > step,
  );
}

/** Removes these later checkpoints. */
export function removeLater(folder: string, place: { readonly epoch: number; readonly step: number }): void {
  for (const { path } of laterCheckpoints(folder, place)) remove(path);
}

/**
 * Writes a checkpoint (bytes of `encodeCheckpoint`, or `checkpointParts`) durably into `folder`,
 * RUN/checkpoints, which is created. Returns its path.
 * @throws DcganError that names the file and the cause; an earlier file is then unchanged
 */
export function saveCheckpoint(folder: string, name: string, bytes: Uint8Array | Iterable<Uint8Array>): string {
  const path = join(folder, name);
  const run = dirname(resolve(folder));
  try {
    if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(run);
  } catch (error) {
    throw fileError('written', path, error);
  }
  writeOwnFile(path, bytes, { temporary: temporaryPath(run, name) });
  return path;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('listed', folder, error);
  }
}

/** Removes a file; one that somebody else has already removed is no error. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('removed', path, error);
  }
}
