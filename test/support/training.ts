// Small runs for tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newestCheckpoint } from '../../src/checkpoint/files.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { checkpointsOf } from '../../src/train/run.ts';
import type { RankedTrainOptions } from '../../src/train/run-options.ts';
import { trainRanked } from '../../src/train/train.ts';

/** Three steps an epoch, the last one with fewer images. */
export const SMALL = {
  preset: 'tiny',
  limit: 40,
  batchSize: 16,
  epochs: 3,
  seed: 41,
  threads: 2,
} as const satisfies RankedTrainOptions;

/** All events of a run; `until` leaves the iteration at the first event that it accepts. */
export async function events(
  options: RankedTrainOptions,
  until: (event: TrainEvent) => boolean = () => false,
): Promise<TrainEvent[]> {
  const seen: TrainEvent[] = [];
  for await (const event of trainRanked(options)) {
    seen.push(event);
    if (until(event)) break;
  }
  return seen;
}

/** The bytes of a run's newest checkpoint. */
export function newestBytes(run: string): Buffer {
  return readFileSync(newestCheckpoint(checkpointsOf(run))!.path);
}

/** Expects every picture of one run to be in the other, byte for byte. */
export function expectPicturesOf(run: string, of: string): void {
  for (const name of readdirSync(join(of, 'images')))
    expect(readFileSync(join(run, 'images', name)).equals(readFileSync(join(of, 'images', name))), name).toBe(true);
}

/** Metrics without the values that a clock gives. */
export function timelessMetrics(run: string): unknown[] {
  return readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0, time: 0 }));
}

/** Whether an event is the run's step of that number. */
export const isStep =
  (n: number) =>
  (event: TrainEvent): boolean =>
    event.type === 'step' && event.step === n;
