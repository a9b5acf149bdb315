// The numbers that lines of metrics.jsonl hold, by name. The studio's charts and tables of metrics
// have a column for each of them, so they stand here alone, in a file that a page can load.
import type { STEP_NUMBERS } from '../gan/step.ts';

/** Of each step, and as means of each epoch. */
export const STEP_FIGURES: typeof STEP_NUMBERS = ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore'];

/** Of epochs alone. */
export const EPOCH_FIGURES = [
  'diversity',
  'classDiversity',
  'recall',
  'coverage',
  'generatorGradient',
  'discriminatorGradient',
] as const;
