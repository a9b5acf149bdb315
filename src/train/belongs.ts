// Whether a checkpoint is one of a run: its seed and its configuration are those of the run's
// record.
import type { Config } from '../gan/schema.ts';
import type { Snapshot } from '../gan/snapshot.ts';
import { DcganError } from '../platform/errors.ts';
import type { RunConfig } from './run-schema.ts';

/** The first value in which a checkpoint and a run's record differ. */
export interface Foreign {
  readonly field: 'seed' | keyof Config;
  /** In the record, and in the checkpoint. */
  readonly expected: string;
  readonly got: string;
}

/**
 * Returns what a checkpoint has otherwise than the run's record, or null. A run may get another
 * number of epochs, and a checkpoint may be from before its learning rates were halved.
 */
export function foreignIn(snapshot: Snapshot, { config, seed }: Pick<RunConfig, 'config' | 'seed'>): Foreign | null {
  const comparable = ({ halvedAfter, ...rest }: Config): Config => ({
    ...rest,
    epochs: 0,
    halvedAfter: halvedAfter.filter((after) => after < snapshot.step),
  });
  const [own, other] = [comparable(config), comparable(snapshot.config)];
  const text = (value: unknown): string => JSON.stringify(value);
  if (snapshot.seed !== seed) return { field: 'seed', expected: text(seed), got: text(snapshot.seed) };
  const keys = Object.keys(own) as (keyof Config)[];
  const field = keys.find((key) => text(own[key]) !== text(other[key]));
  return field === undefined ? null : { field, expected: text(own[field]), got: text(other[field]) };
}

/** @throws DcganError for a checkpoint of another run, which `path` names */
export function checkBelongs(snapshot: Snapshot, record: RunConfig, path: string): void {
  const foreign = foreignIn(snapshot, record);
  if (foreign === null) return;
  throw new DcganError({
    what: `${path} belongs to another run`,
    expected: `${foreign.field} ${foreign.expected}`,
    got: foreign.got,
    todo: 'Choose a checkpoint of this run',
  });
}
