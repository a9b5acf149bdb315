// What runs are called, and how one is found by what a person types: its path, its name in ./runs, or its number.
//   runs/00003-mnist-best: 3, 00003, 00003-mnist-best, runs/00003-mnist-best
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../platform/durable.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { didYouMean } from '../platform/suggest.ts';

/** Where runs go and are looked for, when nothing else is said. */
export const RUNS_FOLDER = 'runs';
export const CONFIG_NAME = 'config.json';

/** Longer numbers, such as dates, are other people's names. */
const LARGEST = 999_999;

/** The number in a run's name; null for any other name. */
function numberIn(name: string): number | null {
  const [, digits] = /^(\d{5}|[1-9]\d{5})-/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Names in ./runs that begin with a run's number, by number. */
function numbered(): { readonly name: string; readonly number: number }[] {
  let names: string[];
  try {
    names = readdirSync(RUNS_FOLDER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('listed', RUNS_FOLDER, error);
  }
  return names
    .flatMap((name) => {
      const number = numberIn(name);
      return number === null ? [] : [{ name, number }];
    })
    .sort((a, b) => a.number - b.number);
}

const holdsRun = (folder: string): boolean => existsSync(join(folder, CONFIG_NAME));

/** The name of the next run in ./runs. @throws DcganError when no number is left */
export function nextName(dataName: string, preset: string): string {
  const number = 1 + (numbered().at(-1)?.number ?? 0);
  if (number > LARGEST)
    throw new DcganError({
      what: `${RUNS_FOLDER} has a run number ${LARGEST}, the largest that there is`,
      todo: 'Choose a folder: --out FOLDER',
    });
  return `${String(number).padStart(5, '0')}-${dataName}-${preset}`;
}

/** The newest run in ./runs, by number; null when there is none. */
export function newestRun(): string | null {
  const newest = numbered()
    .map(({ name }) => join(RUNS_FOLDER, name))
    .filter(holdsRun)
    .at(-1);
  return newest ?? null;
}

/**
 * The path of what a person typed: a path as it is, else a name or a number of a run in ./runs; what is none of these comes back
 * as it is.
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

/** The error for what `locate` did not find to be a run. */
export function notARun(typed: string): DcganError {
  const names = numbered()
    .map(({ name }) => name)
    .filter((name) => holdsRun(join(RUNS_FOLDER, name)));
  return usage({
    what: `${typed} is not a run`,
    expected: `a folder with ${CONFIG_NAME}, or the name or number of a run in ./${RUNS_FOLDER}`,
    todo: didYouMean(typed, names) ?? (names.length > 0 ? `The newest is ${names.at(-1)}` : 'Check the path'),
  });
}
