// A run's folder: what it holds, how it is created, and how it is opened again (run-names.ts finds
// it).
//   config.json  metrics.jsonl  images/  checkpoints/  dcgan.gif
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CHECKPOINTS_FOLDER, newestCheckpoint } from '../checkpoint/files.ts';
import { commandLine, shellWord } from '../platform/command.ts';
import { makeFolder, makeUnusedFolder, writeOwnFile } from '../platform/durable.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { readJsonFile } from '../platform/file-bytes.ts';
import { checkPath } from '../platform/near-path.ts';
import { sweepLeft } from '../platform/temporary.ts';
import { safeName } from '../platform/text.ts';
import { LOCK_NAME } from './lock-file.ts';
import { IMAGES_FOLDER } from './pictures.ts';
import { CONFIG_NAME, locate, newestRun, nextName, notARun, RUNS_FOLDER, runNames } from './run-names.ts';
import { type RunConfig, runSchema } from './run-schema.ts';

export function checkpointsOf(run: string): string {
  return join(run, CHECKPOINTS_FOLDER);
}

/** Creates a new run's folder: `out`, or the next free number in ./runs. */
export function createRun(out: string | undefined, dataName: string, preset: string): string {
  if (out !== undefined) return createAt(out);
  const folder = reserveFolder(RUNS_FOLDER, dataName, preset);
  makeFolder(join(folder, IMAGES_FOLDER));
  return folder;
}

/** Makes an empty folder for the next run in `root`, with the next free number. */
export function reserveFolder(root: string, dataName: string, preset: string): string {
  makeFolder(root);
  // When another run takes the number meanwhile, the next one is tried.
  return makeUnusedFolder(() => join(root, nextName(safeName(dataName), safeName(preset), root)));
}

function createAt(out: string): string {
  refuseTaken(out);
  const isFile = statSync(out, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile || (existsSync(out) && !isUnused(out)))
    throw usage({
      what: isFile ? `${out} is a file` : `${out} is not empty`,
      expected: 'a new or empty folder',
      todo: 'Choose another --out',
    });
  makeFolder(join(out, IMAGES_FOLDER));
  return out;
}

/** @throws a usage error for an empty name, and when a folder holds a run */
export function refuseTaken(out: string): void {
  if (out === '') throw usage({ what: '--out has no name', expected: 'a new or empty folder', got: '""' });
  if (!existsSync(join(out, CONFIG_NAME))) return;
  throw usage({ what: `${out} holds a run already`, todo: `${goOn(out)}; or choose another folder` });
}

/**
 * Tells whether a folder holds nothing but what a training leaves behind that is killed before it
 * has written its configuration.
 */
function isUnused(out: string): boolean {
  sweepRun(out);
  return readdirSync(out, { withFileTypes: true }).every(
    (entry) =>
      entry.name.startsWith(LOCK_NAME) ||
      ([IMAGES_FOLDER, CHECKPOINTS_FOLDER].includes(entry.name) &&
        entry.isDirectory() &&
        readdirSync(join(out, entry.name)).length === 0),
  );
}

/**
 * A run may come from somebody else. What is written in it must lie in its own folder, and what is
 * read must come to an end.
 * @throws DcganError that names a symbolic link, a pipe or the like in a run's folder
 */
export function refuseLinks(run: string): void {
  for (const folder of [run, join(run, IMAGES_FOLDER), checkpointsOf(run)]) {
    if (!existsSync(folder)) continue;
    const found = readdirSync(folder, { withFileTypes: true }).find((entry) => !entry.isFile() && !entry.isDirectory());
    if (found) throw strangeEntry(join(folder, found.name), found.isSymbolicLink());
  }
}

function strangeEntry(path: string, isLink: boolean): DcganError {
  if (!isLink)
    return new DcganError({
      what: `${path} is neither a file nor a folder`,
      expected: 'the files and folders of a run',
      todo: `Remove it: rm ${shellWord(path)}`,
    });
  return new DcganError({
    what: `${path} is a symbolic link, through which a training would write outside the run's folder`,
    expected: 'the files and folders themselves',
    todo: `If you made it, put in its place what it leads to; to look where that is: readlink ${shellWord(path)}`,
  });
}

/** Says in a message how to continue a run. */
export function goOn(run: string): string {
  return `Continue it: ${commandLine(['train', '--resume', run])}`;
}

/**
 * Removes the half-written files of killed processes from a run's folder. Files that are being
 * written now stay.
 */
export function sweepRun(run: string): void {
  for (const folder of [run, join(run, IMAGES_FOLDER), checkpointsOf(run)]) sweepLeft(folder);
}

export function writeRunConfig(run: string, config: RunConfig): void {
  writeOwnFile(join(run, CONFIG_NAME), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
}

/**
 * Reads a run's configuration. @throws DcganError when the folder is not a run, or this program
 * does not understand the configuration
 */
export function readRunConfig(run: string): RunConfig {
  const path = join(run, CONFIG_NAME);
  if (!existsSync(path)) throw notARun(run);
  return readConfigOfRun(path);
}

/** Reads a run's configuration from a file that may have been copied out of its folder. */
export function readConfigOfRun(path: string): RunConfig {
  const wrong = (got: string): DcganError =>
    new DcganError({
      what: `${path} cannot be understood`,
      got: got.replace(/\s+/g, ' '),
      todo: `Correct it, or continue from one of its checkpoints in a new run: ${commandLine(['train', '--resume', 'FILE'])}`,
    });
  const parsed = runSchema.safeParse(readJsonFile(path, wrong));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw wrong(`${issue.path.join('.')}: ${issue.message}`);
}

/** Returns the run with this folder, name or number, or the newest run in ./runs. */
export function resolveRun(typed: string | undefined): string {
  const run = typed === undefined ? newestRun() : locate(typed);
  if (run === null)
    throw usage({
      what: `there is no run in ./${RUNS_FOLDER}`,
      todo: `Name a run, or train one first: ${commandLine(['train'])}`,
    });
  if (!existsSync(join(run, CONFIG_NAME))) throw notARun(run);
  readRunConfig(run);
  return run;
}

/**
 * Returns the checkpoint to work with: a checkpoint's file itself, or the newest one of a run.
 * Without a name it is that of the newest run.
 */
export function resolveSource(
  typed: string | undefined,
  expected = 'a run or a checkpoint',
): { readonly checkpoint: string; readonly run: string | null } {
  const path = typed === undefined ? undefined : locate(typed);
  if (path !== undefined && !existsSync(path))
    throw usage({ what: `${path} does not exist`, expected, todo: checkPath(path, runNames()) });
  if (path !== undefined && statSync(path).isFile()) {
    const folder = dirname(path);
    const run = basename(folder) === CHECKPOINTS_FOLDER ? dirname(folder) : null;
    return { checkpoint: path, run: run !== null && existsSync(join(run, CONFIG_NAME)) ? run : null };
  }
  const run = resolveRun(path);
  const newest = newestCheckpoint(checkpointsOf(run));
  if (!newest) throw new DcganError({ what: `${run} has no checkpoint yet`, todo: goOn(run) });
  return { checkpoint: newest.path, run };
}
