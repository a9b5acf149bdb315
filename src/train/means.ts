// An epoch's line: the means of its steps.
import type { StepResult } from '../gan/dcgan.ts';
import type { STEP_NUMBERS } from '../gan/step.ts';

type Numbers = { readonly [K in keyof StepResult]: number | null };

/** Means over an epoch's steps. */
export function meansOf(lines: readonly Numbers[]): StepResult {
  const mean = (name: (typeof STEP_NUMBERS)[number]): number =>
    lines.reduce((total, line) => total + (line[name] ?? Number.NaN), 0) / lines.length;
  return {
    generatorLoss: mean('generatorLoss'),
    discriminatorLoss: mean('discriminatorLoss'),
    realScore: mean('realScore'),
    fakeScore: mean('fakeScore'),
  };
}
