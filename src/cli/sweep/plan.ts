// Reads a sweep's file and lists its runs: every combination of a grid, a list, or random draws,
// each with every seed. The list follows from the file alone, so that processes on many machines
// agree on it without talking to each other.
import { z } from 'zod';
import { drawWord, wordToUniform } from '../../engine/random.ts';
import { type DcganError, usage } from '../../platform/errors.ts';
import { readJsonFile } from '../../platform/file-bytes.ts';
import { parseData } from '../../platform/schema.ts';
import type { TrainOptions } from '../../train/run-options.ts';
import { fileSchema } from '../options/config-file.ts';

/** Options that a sweep decides itself stand at its top, not among those of a training. */
const optionSchema = fileSchema.omit({ out: true, seed: true });
const KNOWN = Object.keys(optionSchema.shape);

/** A sweep with more runs than this is a mistake in its file. */
const MOST_RUNS = 10_000;

const values = z.array(z.unknown()).min(1);
const rangeSchema = z.strictObject({
  from: z.number(),
  to: z.number(),
  /** `log` draws each factor alike, as suits learning rates. */
  scale: z.enum(['linear', 'log']).optional(),
});
const randomSchema = z.strictObject({
  count: z.int().min(1).max(MOST_RUNS),
  /** Decides the draws. */
  seed: z.int().min(0).optional(),
  options: z.record(z.string(), z.unknown()),
});
const sweepSchema = z.strictObject({
  /** The folder of the runs. */
  out: z.string().min(1).optional(),
  /** Options of all runs, as `train --config` takes them. */
  base: z.record(z.string(), z.unknown()).optional(),
  grid: z.record(z.string(), values).optional(),
  list: z.array(z.record(z.string(), z.unknown())).min(1).optional(),
  random: randomSchema.optional(),
  seeds: z.array(z.int().min(0)).min(1).optional(),
});

const KINDS = ['grid', 'list', 'random'] as const;

type Options = Readonly<Record<string, unknown>>;

export interface PlannedRun {
  readonly index: number;
  /** All options of the training, with its seed and without its folder. */
  readonly options: TrainOptions & { readonly seed: number };
  /** What the sweep varies, in the order of the file. */
  readonly varied: Options;
}

export interface Sweep {
  /** The folder that the file names, if it does. */
  readonly out: string | undefined;
  readonly runs: readonly PlannedRun[];
}

/** @throws a usage error that names the key or the value that is wrong */
export function readSweep(path: string): Sweep {
  const wrong = (got: string): DcganError => usage({ what: `${path} is not JSON`, got, todo: 'Mend it' });
  const data = readJsonFile(path, wrong, { typed: true });
  const file = parseData(sweepSchema, data, path, Object.keys(sweepSchema.shape));
  const given = KINDS.filter((kind) => file[kind] !== undefined);
  if (given.length > 1)
    throw usage({
      what: `${path} has more than one of ${KINDS.join(', ')}`,
      got: given.join(' and '),
      todo: 'Keep one of them, or make a sweep of each',
    });
  const check = (options: Options, where: string): Options =>
    parseData(optionSchema, options, `${path}: ${where}`, KNOWN);
  const base = check(file.base ?? {}, 'base');
  const combinations = file.grid
    ? gridOf(file.grid, (options) => check(options, 'grid'))
    : file.list
      ? file.list.map((options, i) => check(options, `list.${i}`))
      : file.random
        ? drawn(file.random, path, check)
        : [{}];
  const seeds = file.seeds ?? [1];
  refuseMany(path, combinations.length * seeds.length);
  const runs = combinations.flatMap((varied) =>
    seeds.map((seed) => ({
      options: { ...base, ...varied, seed },
      varied: seeds.length > 1 ? { ...varied, seed } : varied,
    })),
  );
  return { out: file.out, runs: runs.map((run, index) => ({ index, ...run })) };
}

function refuseMany(path: string, count: number): void {
  if (count <= MOST_RUNS) return;
  throw usage({ what: `${path} has too many runs`, expected: `${MOST_RUNS} at most`, got: String(count) });
}

/** Returns every combination; the last option varies fastest. */
function gridOf(grid: Readonly<Record<string, readonly unknown[]>>, check: (options: Options) => Options): Options[] {
  for (const [key, all] of Object.entries(grid)) for (const value of all) check({ [key]: value });
  return Object.entries(grid).reduce<Options[]>(
    (found, [key, all]) => found.flatMap((options) => all.map((value) => ({ ...options, [key]: value }))),
    [{}],
  );
}

/** The stream of a sweep's draws; their seed is the sweep's own. */
const STREAM = 0;
/** Digits that are kept, so that every machine's logarithm gives the same number. */
const DIGITS = 4;
/** Whole numbers of a range that are tried. */
const LOOKED_AT = 300;

function drawn(
  { count, seed = 1, options }: z.infer<typeof randomSchema>,
  path: string,
  check: (options: Options, where: string) => Options,
): Options[] {
  const choices = Object.entries(options).map(([key, from]) => {
    if (!KNOWN.includes(key)) check({ [key]: null }, 'random.options');
    const where = `${path}: random.options.${key}`;
    if (Array.isArray(from)) {
      for (const value of parseData(values, from, where, [])) check({ [key]: value }, 'random.options');
      return [key, (u: number): unknown => from[Math.floor(u * from.length)]] as const;
    }
    const range = parseData(rangeSchema, from, where, Object.keys(rangeSchema.shape));
    if (range.scale === 'log' && !(range.from > 0 && range.to > 0))
      throw usage({
        what: `${where} has an invalid range`,
        expected: 'numbers above 0 for scale log',
        got: `${range.from} to ${range.to}`,
      });
    refuseGaps(key, range, where);
    return [key, (u: number): unknown => allowed(key, within(range, u))] as const;
  });
  return Array.from({ length: count }, (_, i) =>
    check(
      Object.fromEntries(
        choices.map(([key, at], j) => [key, at(wordToUniform(drawWord({ seed, step: i }, STREAM, j)))]),
      ),
      'random.options',
    ),
  );
}

/** Refuses a range of an option that takes some whole numbers only, such as powers of two. */
function refuseGaps(key: string, { from, to }: z.infer<typeof rangeSchema>, where: string): void {
  const takes = (value: number): boolean => schemaOf(key).safeParse(value).success;
  if (!takes(from) || !takes(to)) return; // refused by its own words
  const whole = Array.from({ length: Math.min(LOOKED_AT, Math.floor(to - from) + 1) }, (_, i) => Math.round(from) + i);
  const takesDecimals = takes(from + (to - from) / Math.PI);
  const gap = takesDecimals ? undefined : whole.find((value) => !takes(value));
  if (gap === undefined) return;
  throw usage({
    what: `${where} is a range with values that the option does not take, such as ${gap}`,
    todo: `Give a list: ${JSON.stringify(whole.filter(takes).slice(0, 6))}`,
  });
}

function within({ from, to, scale }: z.infer<typeof rangeSchema>, u: number): number {
  const value = scale === 'log' ? from * (to / from) ** u : from + u * (to - from);
  return Number(value.toPrecision(DIGITS));
}

const schemaOf = (key: string): z.ZodType => optionSchema.shape[key as keyof typeof optionSchema.shape] as z.ZodType;

/** Rounds the value of an option that takes whole numbers only. */
function allowed(key: string, value: number): number {
  const schema = schemaOf(key);
  const whole = Math.round(value);
  return !schema.safeParse(value).success && schema.safeParse(whole).success ? whole : value;
}

/** Returns the run of an index. @throws a usage error for one that the sweep does not have */
export function runAt({ runs }: Sweep, index: number): PlannedRun {
  const run = runs[index];
  if (run) return run;
  throw usage({
    what: '--index is not a run of the sweep',
    expected: `a number from 0 to ${runs.length - 1}`,
    got: String(index),
  });
}

/** Returns what a run varies, in words: `learningRate 0.0002, seed 1`. */
export function inWords(varied: Options): string {
  const words = Object.entries(varied).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join('/') : value}`,
  );
  return words.join(', ') || 'nothing varied';
}
