// The folder `checkpoints/` of a run. Names tell all: `epoch-0015` is the state after 15 epochs, `epoch-0009-step-001950` one
// in the middle, the 9th epoch under way; '-' sorts before '.', so plain order by name is order in time, and the last name
// is the newest state. Nothing half-written is ever among them: files grow under a temporary name in the run's folder,
// beside `checkpoints/`, and are renamed into it when they are on the disk.

import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  fileError,
  ownerOfTemporary,
  readFile,
  syncFolder,
  temporaryPath,
  writeFileDurably,
} from '../platform/durable.ts';
import { verify } from './checksum.ts';
import { decodeTensors, type TensorFile } from './safetensors.ts';

export interface CheckpointFile {
  readonly path: string;
  /** Epochs done; with `step`, the epoch under way (counted from 1). */
  readonly epoch: number;
  /** Steps of the whole run done, for a state in mid-epoch only. */
  readonly step?: number;
}

/** `epoch-0015.safetensors` after 15 epochs, `epoch-0009-step-001950.safetensors` in the middle of the 9th. */
export function checkpointName(epoch: number, step?: number): string {
  const middle = step === undefined ? '' : `-step-${String(step).padStart(6, '0')}`;
  return `epoch-${String(epoch).padStart(4, '0')}${middle}.safetensors`;
}

/**
 * The checkpoints of a folder, oldest first; other files are ignored, and a missing folder has none. Sorted by number, which
 * is by name up to 9999 epochs and 999,999 steps.
 * @throws DcganError when the folder can't be listed
 */
export function listCheckpoints(folder: string): CheckpointFile[] {
  const found: CheckpointFile[] = [];
  for (const name of namesIn(folder)) {
    const [, epoch, step] = /^epoch-(\d{4,})(?:-step-(\d{6,}))?\.safetensors$/.exec(name) ?? [];
    if (epoch === undefined) continue;
    const path = join(folder, name);
    found.push(
      step === undefined ? { path, epoch: Number(epoch) } : { path, epoch: Number(epoch), step: Number(step) },
    );
  }
  return found.sort((a, b) => a.epoch - b.epoch || (a.step ?? Number.MAX_VALUE) - (b.step ?? Number.MAX_VALUE));
}

/** The last checkpoint of a folder, or null. */
export function newestCheckpoint(folder: string): CheckpointFile | null {
  return listCheckpoints(folder).at(-1) ?? null;
}

/** Those that may go: all but the last two and the finished epochs that `keepEvery` divides (0 among them). */
export function superfluous(oldestFirst: readonly CheckpointFile[], keepEvery = 15): CheckpointFile[] {
  return oldestFirst.slice(0, -2).filter(({ epoch, step }) => step !== undefined || epoch % keepEvery !== 0);
}

/**
 * Removes the superfluous checkpoints of a folder and returns their paths.
 * @throws DcganError when one can't be removed
 */
export function prune(folder: string, keepEvery = 15): string[] {
  return superfluous(listCheckpoints(folder), keepEvery).map(({ path }) => {
    remove(path);
    return path;
  });
}

/**
 * Writes a checkpoint (bytes of `encodeCheckpoint`) durably into `folder`, RUN/checkpoints, which is created. Returns its path.
 * @throws DcganError that names the file and the cause; what was there before is untouched then
 */
export function saveCheckpoint(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  const run = dirname(resolve(folder));
  try {
    if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(run);
  } catch (error) {
    throw fileError('written', path, error);
  }
  writeFileDurably(path, bytes, { temporary: temporaryPath(run, name) });
  return path;
}

/**
 * Reads a checkpoint, its checksum first.
 * @throws DcganError naming the file: can't be read, damaged, or not a checkpoint
 */
export function loadCheckpoint(path: string): TensorFile {
  const bytes = readFile(path);
  verify(bytes, path);
  return decodeTensors(bytes, path);
}

/**
 * Removes what killed processes left in a run's folder: temporary files whose process is gone, or has our number, as it has
 * after each start of a container. Returns their names.
 */
export function sweepTemporaries(runFolder: string): string[] {
  const left = namesIn(runFolder).filter((name) => {
    const owner = ownerOfTemporary(name);
    return owner !== null && (owner === process.pid || !isRunning(owner));
  });
  for (const name of left) remove(join(runFolder, name));
  return left;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('listed', folder, error);
  }
}

/** Gone is gone, whoever removed it. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('removed', path, error);
  }
}
