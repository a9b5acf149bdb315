// A training whose numbers are no numbers any more. Nothing of it is saved; it goes back to its last checkpoint, and either stops
// there or goes on with half the learning rates. When they were halved stands in the configuration, so that the run stays a
// function of its configuration and seed, and resumes to the bit.
import type { Config } from '../../gan/schema.ts';
import { commandLine } from '../../platform/command.ts';
import { DcganError } from '../../platform/errors.ts';
import type { MetricsLine } from '../metrics.ts';
import { brokenNumber } from './state.ts';

/** More would not help: a sixteenth of a learning rate that diverges is a wrong one still. */
const MOST_HALVINGS = 4;

export interface Divergence {
  readonly step: number;
  /** What was found, in words. */
  readonly seen: string;
}

/** The divergence that a run's metrics tell of: the last it did, since nothing is saved after it. */
export function divergenceIn(lines: Iterable<MetricsLine>): Divergence | null {
  for (const line of lines) {
    const seen = line.type === 'step' ? brokenNumber(line) : null;
    if (seen !== null) return { step: line.step, seen };
  }
  return null;
}

/** The error that ends a run which is not to go on by itself; `run` is its folder. */
export function diverged({ step, seen }: Divergence, run: string): DcganError {
  return new DcganError({
    what: `the training has diverged: in step ${step} ${seen}`,
    todo: `Go on from the last good checkpoint with half the learning rate: ${commandLine(['train', '--resume', run, '--on-nan', 'lower-lr'])}`,
  });
}

/**
 * The configuration with which a run goes on from a step before its divergence.
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
