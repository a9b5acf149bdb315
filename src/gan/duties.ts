// What a training step does is decided by its number. Every step trains the discriminator. Only
// some need train the generator too, and R1 need not be part of each.
import type { Config } from './schema.ts';

export interface Duties {
  /** The generator is trained in every `discriminatorSteps`-th step. */
  readonly trainsGenerator: boolean;
  /** R1 is part of every `r1Every`-th step, and weighs as much more. */
  readonly penalizes: boolean;
}

/** The duties of a step that does all there is. */
export const ALL_DUTIES: Duties = { trainsGenerator: true, penalizes: true };

/** Returns the duties of step number `step`; steps count from 1. */
export function dutiesOf({ discriminatorSteps, r1Every }: Config, step: number): Duties {
  return { trainsGenerator: step % discriminatorSteps === 0, penalizes: step % r1Every === 0 };
}

/** Returns a first step of each kind, and the share of all steps that are of this kind. */
export function kindsOfStep(config: Config): { readonly step: number; readonly share: number }[] {
  const cycle = config.discriminatorSteps * config.r1Every;
  const kinds = new Map<string, { step: number; count: number }>();
  for (let step = 1; step <= cycle; step++) {
    const key = wordsOf(dutiesOf(config, step));
    const kind = kinds.get(key) ?? { step, count: 0 };
    kinds.set(key, { ...kind, count: kind.count + 1 });
  }
  return [...kinds.values()].map(({ step, count }) => ({ step, share: count / cycle }));
}

/** Returns what a step leaves out, in words for its name; nothing for a step that does all. */
export function wordsOf({ trainsGenerator, penalizes }: Duties): string {
  return `${trainsGenerator ? '' : ', discriminator only'}${penalizes ? '' : ', without R1'}`;
}
