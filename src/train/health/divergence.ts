// A training has diverged when one of its numbers is NaN or infinite. Nothing of that state is
// saved. The run goes back to its last checkpoint, and either stops there or continues with half
// the learning rates. The configuration records when they were halved, so the run stays a function
// of its configuration and seed, and resumes to the bit.
import type { Config } from '../../gan/schema.ts';
import { commandLine } from '../../platform/command.ts';
import { DcganError } from '../../platform/errors.ts';
import type { MetricsLine } from '../metrics.ts';
import { brokenNumber } from './state.ts';

/** More halvings would not help: a learning rate that still diverges at a sixteenth is wrong. */
const MOST_HALVINGS = 4;

export interface Divergence {
  readonly step: number;
  /** Says in words what was found. */
  readonly seen: string;
}

/**
 * Returns the first step in a run's metrics with a number that is not finite, or null. The run
 * saved nothing after it.
 */
export function divergenceIn(lines: Iterable<MetricsLine>): Divergence | null {
  for (const line of lines) {
    const seen = line.type === 'step' ? brokenNumber(line) : null;
    if (seen !== null) return { step: line.step, seen };
  }
  return null;
}

/** Returns the error that ends a run which may not continue by itself; `run` is its folder. */
export function diverged({ step, seen }: Divergence, run: string): DcganError {
  return new DcganError({
    what: `the training has diverged: in step ${step} ${seen}`,
    todo: `Continue from the last good checkpoint with half the learning rate: ${commandLine(['train', '--resume', run, '--on-nan', 'lower-lr'])}`,
  });
}

/**
 * Returns the configuration with which a run continues from a step before its divergence.
 * @throws DcganError when the learning rates were halved too often already
 */
export function halved(config: Config, step: number, divergence: Divergence): Config {
  if (config.halvedAfter.length < MOST_HALVINGS) return { ...config, halvedAfter: [...config.halvedAfter, step] };
  throw new DcganError({
    what: `the training has diverged again: in step ${divergence.step} ${divergence.seen}`,
    got: `learning rates that were halved ${MOST_HALVINGS} times`,
    todo: 'Start a new run with a much lower --lr',
  });
}
