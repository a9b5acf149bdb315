// The settings of a run's evaluations, and the checkpoint with the best one. It lies beside the
// other checkpoints, whose names tell their time.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSnapshot } from '../gan/snapshot-file.ts';
import type { ExtractorChoice } from '../metrics/extractors.ts';
import { fileError } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import type { TrainOptions } from './run-options.ts';

export const BEST_NAME = 'best.safetensors';

export interface Evaluations extends ExtractorChoice {
  /** The number of epochs between evaluations; 0 means never. */
  readonly evaluateEvery: number;
  readonly keepBest: boolean;
}

/** Combines the given options with the settings that the run had before. */
export function settleEvaluations(
  { evaluateEvery, keepBest, extractor, extractorRange }: Pick<TrainOptions, keyof Evaluations>,
  before: Evaluations = { evaluateEvery: 0, keepBest: false },
): Evaluations {
  if (evaluateEvery === 0 && keepBest)
    throw usage({
      what: 'keepBest needs evaluations',
      got: 'evaluateEvery 0',
      todo: 'Leave one of them out',
      options: ['keepBest', 'evaluateEvery'],
    });
  const keep = evaluateEvery === 0 ? false : (keepBest ?? before.keepBest);
  const every = evaluateEvery ?? before.evaluateEvery;
  if (extractor !== undefined && !keep && every === 0)
    throw usage({
      what: 'an extractor needs evaluations',
      got: extractor,
      todo: 'Add --evaluate-every N or --keep-best',
    });
  const given = {
    extractor: extractor ?? before.extractor,
    // A new extractor brings its own range.
    extractorRange: extractorRange ?? (extractor === undefined ? before.extractorRange : undefined),
  };
  return { evaluateEvery: keep && every === 0 ? 1 : every, keepBest: keep, ...given };
}

/**
 * Removes the best checkpoint in `folder` if it is from after `epoch`, because it is no longer part
 * of the run.
 */
export function forgetBestAfter(folder: string, epoch: number): void {
  const path = join(folder, BEST_NAME);
  if (!existsSync(path) || readSnapshot(path).epoch <= epoch) return;
  try {
    rmSync(path);
  } catch (error) {
    throw fileError('removed', path, error);
  }
}
