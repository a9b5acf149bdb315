// metrics.jsonl: a line for every step, every epoch and every evaluation, appended as they happen. A resumed run cuts off what lies past its
// checkpoint, and a last line that was torn by a crash, so that the file reads as if it had never stopped.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MEASURES } from '../metrics/gauge.ts';
import { fileError, writeFileDurably } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { parseJson } from '../platform/json.ts';

export const METRICS_NAME = 'metrics.jsonl';

// A diverged run has no numbers any more; JSON writes them as null.
const value = z.number().nullable();

const trainedSchema = z.looseObject({
  type: z.enum(['step', 'epoch']),
  step: z.int(),
  epoch: z.int(),
  generatorLoss: value,
  discriminatorLoss: value,
  realScore: value,
  fakeScore: value,
  /** Of an epoch. */
  diversity: value.optional(),
  classDiversity: value.optional(),
  generatorGradient: value.optional(),
  discriminatorGradient: value.optional(),
  seconds: z.number(),
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
});

const lineSchema = z.discriminatedUnion('type', [trainedSchema, evaluationSchema]);

/** Losses and scores of a step, or their means over an epoch. */
export type TrainedLine = z.infer<typeof trainedSchema>;
/** How far samples were from the data when an epoch was done. */
export type EvaluationLine = z.infer<typeof evaluationSchema>;
export type MetricsLine = TrainedLine | EvaluationLine;

export function appendMetrics(run: string, line: MetricsLine): void {
  const path = join(run, METRICS_NAME);
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw fileError('written', path, error);
  }
}

/** All whole lines; a torn last one is left out. */
export function readMetrics(run: string): MetricsLine[] {
  const path = join(run, METRICS_NAME);
  if (!existsSync(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, i) => {
    try {
      return lineSchema.parse(parseJson(line));
    } catch (cause) {
      throw new DcganError({
        what: `${path}: line ${i + 1} cannot be understood`,
        got: line.slice(0, 80),
        todo: 'Remove the line, or the file',
        cause,
      });
    }
  });
}

/** Keeps the lines up to a step; what remains, in order. Atomic: the file is replaced as a whole. */
export function cutMetrics(run: string, step: number): MetricsLine[] {
  const kept = readMetrics(run).filter((line) => line.step <= step);
  const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileDurably(join(run, METRICS_NAME), new TextEncoder().encode(text));
  return kept;
}
