// The names of runs. A run is found by what a person types: its path, its name in ./runs, or its
// number.
//   runs/00003-mnist-best: 3, 00003, 00003-mnist-best, runs/00003-mnist-best
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileError } from '../platform/durable.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { didYouMean } from '../platform/suggest.ts';

/** Runs are created and looked for here by default. */
export const RUNS_FOLDER = 'runs';
export const CONFIG_NAME = 'config.json';

/** Longer numbers, such as dates, are not the numbers of runs. */
const LARGEST = 999_999;

/** Returns the number in a run's name; null for any other name. */
function numberIn(name: string): number | null {
  const [, digits] = /^(\d{5}|[1-9]\d{5})-/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Returns the names in a folder that begin with a run's number, sorted by number. */
function numbered(root = RUNS_FOLDER): { readonly name: string; readonly number: number }[] {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('listed', root, error);
  }
  return names
    .flatMap((name) => {
      const number = numberIn(name);
      return number === null ? [] : [{ name, number }];
    })
    .sort((a, b) => a.number - b.number);
}

const holdsRun = (folder: string): boolean => existsSync(join(folder, CONFIG_NAME));

/** Returns the name of the next run in a folder. @throws DcganError when no number is left */
export function nextName(dataName: string, preset: string, root = RUNS_FOLDER): string {
  const number = 1 + (numbered(root).at(-1)?.number ?? 0);
  if (number > LARGEST)
    throw new DcganError({
      what: `${root} has a run number ${LARGEST}, the largest that there is`,
      todo: 'Choose a folder: --out FOLDER',
    });
  return `${String(number).padStart(5, '0')}-${dataName}-${preset}`;
}

/** Returns the newest run in ./runs, by number; null when there is none. */
export function newestRun(): string | null {
  const newest = numbered()
    .map(({ name }) => join(RUNS_FOLDER, name))
    .filter(holdsRun)
    .at(-1);
  return newest ?? null;
}

/**
 * Returns the path for what a person typed: a path, or the name or number of a run in ./runs.
 * Anything else is returned unchanged.
 * @throws a usage error for a number that several runs have
 */
export function locate(typed: string): string {
  if (existsSync(typed) && (holdsRun(typed) || !/^\d+$/.test(typed))) return typed;
  const named = join(RUNS_FOLDER, typed);
  if (typed !== '' && existsSync(named)) return named;
  if (!/^\d{1,9}$/.test(typed)) return typed;
  const found = numbered().filter(({ name, number }) => number === Number(typed) && holdsRun(join(RUNS_FOLDER, name)));
  if (found.length > 1)
    throw usage({
      what: `${found.length} runs have the number ${Number(typed)}`,
      got: found.map(({ name }) => name).join(', '),
      todo: 'Type the name of one',
    });
  return found[0] === undefined ? typed : join(RUNS_FOLDER, found[0].name);
}

/** Returns the names of the runs in ./runs, by number. */
export function runNames(): string[] {
  return numbered()
    .map(({ name }) => name)
    .filter((name) => holdsRun(join(RUNS_FOLDER, name)));
}

/** Returns the error for a name that `locate` did not find. */
export function notARun(typed: string): DcganError {
  const names = runNames();
  const near = didYouMean(basename(typed), names);
  return usage({
    what: `${typed} is not a run`,
    expected: `a folder with ${CONFIG_NAME}, or the name or number of a run in ./${RUNS_FOLDER}`,
    todo: near ?? (names.length > 0 ? `The newest is ${names.at(-1)}` : 'Check the path'),
  });
}
