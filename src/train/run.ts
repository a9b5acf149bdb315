// A run's folder: what lies in it, how it is created, and how one is found again.
//   config.json  metrics.jsonl  images/  checkpoints/  dcgan.gif
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { newestCheckpoint } from '../checkpoint/files.ts';
import { fileError, makeFolder, readFile, writeFileDurably } from '../platform/durable.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { safeName } from '../platform/text.ts';
import { IMAGES_FOLDER } from './pictures.ts';
import { type RunConfig, runSchema } from './run-schema.ts';

export const CONFIG_NAME = 'config.json';
export const CHECKPOINTS_FOLDER = 'checkpoints';
/** Where runs go and are looked for, when nothing else is said. */
export const RUNS_FOLDER = 'runs';

export function checkpointsOf(run: string): string {
  return join(run, CHECKPOINTS_FOLDER);
}

/** Makes a new run's folder: `out`, or the next free number in ./runs. */
export function createRun(out: string | undefined, dataName: string, preset: string): string {
  if (out !== undefined) return createAt(out);
  makeFolder(RUNS_FOLDER);
  for (;;) {
    const number = 1 + Math.max(0, ...runNames().map((name) => Number.parseInt(name, 10)));
    const folder = join(RUNS_FOLDER, `${String(number).padStart(5, '0')}-${safeName(dataName)}-${safeName(preset)}`);
    try {
      mkdirSync(folder);
      mkdirSync(join(folder, IMAGES_FOLDER));
      return folder;
    } catch (error) {
      // Another run took the number meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('created', folder, error);
    }
  }
}

function createAt(out: string): string {
  if (existsSync(join(out, CONFIG_NAME)))
    throw usage({
      what: `${out} holds a run already`,
      todo: `Go on with it: dcgan train --resume ${out}; or choose another folder`,
    });
  const isFile = statSync(out, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile || (existsSync(out) && readdirSync(out).length > 0))
    throw usage({
      what: isFile ? `${out} is a file` : `${out} holds something else`,
      expected: 'a new or empty folder',
      todo: 'Choose another --out',
    });
  makeFolder(join(out, IMAGES_FOLDER));
  return out;
}

function runNames(): string[] {
  if (!existsSync(RUNS_FOLDER)) return [];
  return readdirSync(RUNS_FOLDER).filter((name) => /^\d{5,}-/.test(name));
}

export function writeRunConfig(run: string, config: RunConfig): void {
  writeFileDurably(join(run, CONFIG_NAME), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
}

/** A run's configuration. Errors: not a run, or a configuration this program does not understand. */
export function readRunConfig(run: string): RunConfig {
  const path = join(run, CONFIG_NAME);
  if (!existsSync(path))
    throw usage({ what: `${run} is not a run`, expected: `a folder with ${CONFIG_NAME}`, todo: 'Check the path' });
  const wrong = (got: string): DcganError =>
    new DcganError({
      what: `${path} cannot be understood`,
      got: got.replace(/\s+/g, ' '),
      todo: 'Mend it, or start a new run: its checkpoints can be gone on from without it (dcgan train --resume FILE)',
    });
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(readFile(path)));
  } catch (error) {
    throw error instanceof DcganError ? error : wrong((error as Error).message);
  }
  const parsed = runSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw wrong(`${issue.path.join('.')}: ${issue.message}`);
}

/** The newest run in a folder of runs, by number; null when there is none. */
export function newestRun(): string | null {
  const names = runNames().filter((name) => existsSync(join(RUNS_FOLDER, name, CONFIG_NAME)));
  const newest = names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1);
  return newest === undefined ? null : join(RUNS_FOLDER, newest);
}

/** A run by its folder, or the newest in ./runs. */
export function resolveRun(path: string | undefined): string {
  const run = path ?? newestRun();
  if (run === null)
    throw usage({ what: `there is no run in ./${RUNS_FOLDER}`, todo: 'Name a run, or train one first: dcgan train' });
  readRunConfig(run);
  return run;
}

/** A checkpoint to work with: a checkpoint file itself, or the newest of a run (of the newest run when no path is given). */
export function resolveSource(
  path: string | undefined,
  expected = 'a run or a checkpoint',
): { readonly checkpoint: string; readonly run: string | null } {
  if (path !== undefined && !existsSync(path))
    throw usage({ what: `${path} does not exist`, expected, todo: 'Check the path' });
  if (path !== undefined && statSync(path).isFile()) {
    const folder = dirname(path);
    const run = basename(folder) === CHECKPOINTS_FOLDER ? dirname(folder) : null;
    return { checkpoint: path, run: run !== null && existsSync(join(run, CONFIG_NAME)) ? run : null };
  }
  const run = resolveRun(path);
  const newest = newestCheckpoint(checkpointsOf(run));
  if (!newest)
    throw new DcganError({ what: `${run} has no checkpoint yet`, todo: `Go on with it: dcgan train --resume ${run}` });
  return { checkpoint: newest.path, run };
}
