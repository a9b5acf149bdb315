// The numbers that lines of metrics.jsonl hold, by name. The studio's charts and tables of metrics
// have a column for each of them, so they stand here alone, in a file that a page can load.

/** Of each step, and as means of each epoch. */
export const STEP_FIGURES = ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore'] as const;

/** Of epochs alone. */
export const EPOCH_FIGURES = [
  'diversity',
  'classDiversity',
  'recall',
  'coverage',
  'generatorGradient',
  'discriminatorGradient',
] as const;
