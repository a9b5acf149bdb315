// Where the runs of a sweep lie and how each stands. The folder keeps what each of its runs is, so
// that a sweep whose file was changed is not mixed up with the runs that are there.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { newestCheckpoint } from '../../checkpoint/files.ts';
import { makeFolder, writeOwnFile } from '../../platform/durable.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { readJsonFile } from '../../platform/file-bytes.ts';
import { showJson } from '../../platform/json.ts';
import { whoTrains } from '../../train/lock.ts';
import { checkpointsOf, readRunConfig } from '../../train/run.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import { inWords, type PlannedRun, type Sweep } from './plan.ts';

/** How a run of a sweep stands; `training`: a process works on it now. */
export type RunStanding = 'new' | 'stopped' | 'training' | 'done';

const RECORD_NAME = 'runs.json';
const recordSchema = z.strictObject({ format: z.literal(1), runs: z.array(z.record(z.string(), z.unknown())) });

/**
 * Returns the folder of a sweep: the one that was given, else the file's name without its ending.
 */
export function folderOfSweep(file: string, sweep: Sweep, given: string | undefined): string {
  const folder = given ?? sweep.out ?? join(dirname(file), basename(file).replace(/\.json$/i, ''));
  if (folder !== file) return folder;
  throw usage({ what: `${file} has no folder for its runs`, todo: 'Name one: --out FOLDER' });
}

export function folderOfRun(folder: string, { index }: PlannedRun): string {
  return join(folder, String(index).padStart(4, '0'));
}

/** Returns how a run stands, and how many of its epochs are done. It changes nothing. */
export function standingOf(folder: string): { readonly is: RunStanding; readonly epochs: number } {
  const held = existsSync(folder) && whoTrains(folder) !== null;
  if (!existsSync(join(folder, CONFIG_NAME))) return { is: held ? 'training' : 'new', epochs: 0 };
  const { config } = readRunConfig(folder);
  const newest = newestCheckpoint(checkpointsOf(folder));
  const epochs = newest === null ? 0 : newest.step === undefined ? newest.epoch : newest.epoch - 1;
  return { is: held ? 'training' : epochs >= config.epochs ? 'done' : 'stopped', epochs };
}

/**
 * Compares the sweep with what its folder says of its runs.
 * @throws DcganError for the first run that is another one there
 */
export function checkRecord(folder: string, { runs }: Sweep): void {
  const old = readRecord(folder);
  for (const [i, there] of old.entries()) {
    const here = runs[i]?.options;
    if (here === undefined || canonical(here) === canonical(there)) continue;
    const keys = [...new Set([...Object.keys(there), ...Object.keys(here)])];
    const changed = keys.filter(
      (key) => showJson(there[key]) !== showJson(Object.entries(here).find(([name]) => name === key)?.[1]),
    );
    const only = (options: object): string =>
      inWords(Object.fromEntries(Object.entries(options).filter(([key]) => changed.includes(key))));
    throw new DcganError({
      what: `${folder} holds another sweep: run ${i} differs`,
      expected: only(here),
      got: only(there),
      todo: 'Choose another folder: --out FOLDER. New runs may be added at the end of a list',
    });
  }
}

/** Writes what the runs are, where the folder does not say so yet. */
export function keepRecord(folder: string, { runs }: Sweep): void {
  if (readRecord(folder).length >= runs.length) return;
  makeFolder(folder);
  const record = { format: 1, runs: runs.map(({ options }) => options) };
  writeOwnFile(join(folder, RECORD_NAME), new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
}

function readRecord(folder: string): readonly Readonly<Record<string, unknown>>[] {
  const path = join(folder, RECORD_NAME);
  if (!existsSync(path)) return [];
  const wrong = (got: string): DcganError =>
    new DcganError({ what: `${path} cannot be understood`, got, todo: 'Choose another folder: --out FOLDER' });
  const parsed = recordSchema.safeParse(readJsonFile(path, wrong));
  if (!parsed.success) throw wrong(parsed.error.issues[0]!.message);
  return parsed.data.runs;
}

/** Returns options as text in which the order of their names does not count. */
function canonical(options: object): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}
