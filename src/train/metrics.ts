// metrics.jsonl has a line for every step, every epoch and every evaluation, appended as they
// happen. A resumed run cuts off the lines past its checkpoint, and a last line that a crash tore,
// so the file reads as if the run had never stopped.
import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MEASURES } from '../metrics/gauge.ts';
import { fileError, writeOwnFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { fileLines } from '../platform/file-lines.ts';
import { GrowingFile } from '../platform/growing-file.ts';
import { parseJson } from '../platform/json.ts';
import { EPOCH_FIGURES, STEP_FIGURES } from './line-figures.ts';

export const METRICS_NAME = 'metrics.jsonl';

// The numbers of a diverged run may be NaN or infinite; JSON writes those as null.
const value = z.number().nullable();

/** When the line was written, in milliseconds since 1970; lines of older versions have no time. */
const time = z.int().optional();

function all<Name extends string, Type>(names: readonly Name[], type: Type): Record<Name, Type> {
  return Object.fromEntries(names.map((name) => [name, type])) as Record<Name, Type>;
}

const trainedSchema = z.looseObject({
  type: z.enum(['step', 'epoch']),
  step: z.int(),
  epoch: z.int(),
  ...all(STEP_FIGURES, value),
  ...all(EPOCH_FIGURES, value.optional()),
  seconds: z.number(),
  time,
});

const evaluationSchema = z.looseObject({
  type: z.literal('evaluation'),
  step: z.int(),
  epoch: z.int(),
  measure: z.enum(MEASURES),
  value: z.number(),
  floor: z.number(),
  samples: z.int(),
  extractor: z.object({ name: z.string(), sha256: z.string(), input: z.string().optional() }).nullable(),
  seconds: z.number(),
  time,
});

const lineSchema = z.discriminatedUnion('type', [trainedSchema, evaluationSchema]);

/** Losses and scores of a step, or their means over an epoch. */
export type TrainedLine = z.infer<typeof trainedSchema>;
/** Says how far samples were from the data when an epoch was done. */
export type EvaluationLine = z.infer<typeof evaluationSchema>;
export type MetricsLine = TrainedLine | EvaluationLine;

/**
 * Adds lines to a run's metrics. When the disk fails, lines are kept and written before later ones,
 * so lines and states stay together. A state may be saved only after `sync`.
 */
export class MetricsWriter {
  readonly #file: GrowingFile;

  constructor(run: string) {
    this.#file = new GrowingFile(join(run, METRICS_NAME));
  }

  /** @throws DcganError when the line could not be written yet */
  add(line: MetricsLine): void {
    this.#file.add(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
  }

  /**
   * When this returns, everything that was added is on the disk. @throws DcganError when it is not
   */
  sync(): void {
    this.#file.sync();
  }
}

/** Returns all whole lines and leaves out a torn last one. Each iteration reads the file anew. */
export function readMetrics(run: string): Iterable<MetricsLine> {
  return metricsWith(run, '');
}

/**
 * Returns the lines that contain a text. Other lines are not decoded, because decoding takes most
 * of the time.
 */
export function metricsWith(run: string, part: string): Iterable<MetricsLine> {
  const path = join(run, METRICS_NAME);
  return {
    *[Symbol.iterator]() {
      let number = 0;
      for (const { text } of fileLines(path)) {
        number++;
        if (text.includes(part)) yield parseLine(text, path, number);
      }
    },
  };
}

function parseLine(text: string, path: string, number: number): MetricsLine {
  try {
    return lineSchema.parse(parseJson(text));
  } catch (cause) {
    throw new DcganError({
      what: `${path}: line ${number} cannot be understood`,
      got: text.slice(0, 80),
      todo: 'Remove the line, or the file',
      cause,
    });
  }
}

/** A state's place in a run. */
export interface Place {
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** Steps that are done. */
  readonly step: number;
}

/**
 * Returns whether a line is from before a state. An unfinished epoch has no line, even when all of
 * its steps are done.
 */
function isUpTo(line: MetricsLine, { epoch, step }: Place): boolean {
  return line.type === 'step' ? line.step <= step : line.epoch <= epoch;
}

/**
 * Cuts a run's metrics back to a state: a torn last line and all lines after the state are removed.
 * In ordinary files these are the last lines, and the file is only made shorter. Otherwise the file
 * is replaced as a whole.
 * @returns how many steps have no line, from the first step with a line up to the state
 */
export function cutMetrics(run: string, place: Place): { readonly missing: number } {
  const path = join(run, METRICS_NAME);
  if (!existsSync(path)) return { missing: 0 };
  let [number, keptBytes, first, steps, last] = [0, 0, 0, 0, 0];
  let inOrder = true;
  let cut = false;
  for (const { text, end } of fileLines(path)) {
    const line = parseLine(text, path, ++number);
    if (!isUpTo(line, place)) cut = true;
    else {
      inOrder &&= !cut;
      if (!cut) keptBytes = end;
      if (line.type !== 'step' || line.step <= last) continue;
      if (steps === 0) first = line.step;
      steps++;
      last = line.step;
    }
  }
  if (!inOrder)
    writeOwnFile(
      path,
      linesWhere(path, (line) => isUpTo(line, place)),
    );
  else if (statSync(path).size > keptBytes) shorten(path, keptBytes);
  return { missing: steps === 0 ? 0 : place.step - first + 1 - steps };
}

/** Returns the lines that `cutMetrics` would remove. */
export function linesAfter(run: string, place: Place): Iterable<Uint8Array> {
  return linesWhere(join(run, METRICS_NAME), (line) => !isUpTo(line, place));
}

function* linesWhere(path: string, isWanted: (line: MetricsLine) => boolean): Generator<Uint8Array, void, undefined> {
  let number = 0;
  for (const { text } of fileLines(path))
    if (isWanted(parseLine(text, path, ++number))) yield new TextEncoder().encode(`${text}\n`);
}

function shorten(path: string, bytes: number): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    ftruncateSync(fd, bytes);
    fsyncSync(fd);
  } catch (error) {
    throw fileError('written', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
