// What a run is asked about evaluations, and the checkpoint of the best one: it lies beside the others, which are named by time.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSnapshot } from '../gan/snapshot.ts';
import { fileError, readFile } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import type { TrainOptions } from './options.ts';

export const BEST_NAME = 'best.safetensors';

export interface Evaluations {
  /** Epochs from one to the next; 0: none. */
  readonly evaluateEvery: number;
  readonly keepBest: boolean;
}

/** What options ask for, on top of what a run did before. */
export function settleEvaluations(
  { evaluateEvery, keepBest }: Pick<TrainOptions, keyof Evaluations>,
  before: Evaluations = { evaluateEvery: 0, keepBest: false },
): Evaluations {
  if (evaluateEvery === 0 && keepBest)
    throw usage({ what: 'keepBest needs evaluations', got: 'evaluateEvery 0', todo: 'Leave one of them out' });
  const keep = evaluateEvery === 0 ? false : (keepBest ?? before.keepBest);
  const every = evaluateEvery ?? before.evaluateEvery;
  return { evaluateEvery: keep && every === 0 ? 1 : every, keepBest: keep };
}

/** Removes a best checkpoint from after `epoch`, in `folder`: what came after is not the run's any more. */
export function forgetBestAfter(folder: string, epoch: number): void {
  const path = join(folder, BEST_NAME);
  if (!existsSync(path) || decodeSnapshot(readFile(path), path).epoch <= epoch) return;
  try {
    rmSync(path);
  } catch (error) {
    throw fileError('removed', path, error);
  }
}
