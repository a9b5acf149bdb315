// Names of checkpoints. `epoch-0015` is the state after 15 epochs; `epoch-0009-step-001950` is one
// in the middle of the 9th epoch. '-' sorts before '.', so the order by name is the order in time,
// and the last name is the newest state.

/** The moment when a checkpoint was taken. */
export interface Moment {
  /** The number of finished epochs; with `step`, the epoch in progress, counted from 1. */
  readonly epoch: number;
  /** The number of finished steps of the whole run, only for a state inside an epoch. */
  readonly step?: number;
}

/**
 * Returns `epoch-0015.safetensors` after 15 epochs, or `epoch-0009-step-001950.safetensors` in the
 * middle of the 9th.
 */
export function checkpointName(epoch: number, step?: number): string {
  const middle = step === undefined ? '' : `-step-${String(step).padStart(6, '0')}`;
  return `epoch-${String(epoch).padStart(4, '0')}${middle}.safetensors`;
}

/**
 * Returns the name of a state after `epoch` whole epochs of `stepsPerEpoch` steps, and `step` steps
 * in all.
 */
export function nameOfState({ epoch, step }: Required<Moment>, stepsPerEpoch: number): string {
  return step > epoch * stepsPerEpoch ? checkpointName(epoch + 1, step) : checkpointName(epoch);
}

/** Returns the moment in a name that `checkpointName` gave; null for any other name. */
export function parseCheckpointName(name: string): Moment | null {
  const [, epoch, step] = /^epoch-(\d{4,})(?:-step-(\d{6,}))?\.safetensors$/.exec(name) ?? [];
  if (epoch === undefined) return null;
  return step === undefined ? { epoch: Number(epoch) } : { epoch: Number(epoch), step: Number(step) };
}

/** Compares two moments by time. */
export function byTime(a: Moment, b: Moment): number {
  return a.epoch - b.epoch || (a.step ?? Number.MAX_VALUE) - (b.step ?? Number.MAX_VALUE);
}

/**
 * Returns the number of epochs between checkpoints that stay: 15, after 300 epochs 30, after 600
 * epochs 60. So a run of many short epochs also keeps about twenty.
 */
function spacing(newest: number): number {
  let epochs = 15;
  while (newest > 20 * epochs) epochs *= 2;
  return epochs;
}

/**
 * Returns the checkpoints that may be removed: all except the last two and the finished epochs that
 * `spacing` divides (0 is one of them).
 */
export function superfluous<T extends Moment>(oldestFirst: readonly T[]): T[] {
  const keepEvery = spacing(oldestFirst.at(-1)?.epoch ?? 0);
  return oldestFirst.slice(0, -2).filter(({ epoch, step }) => step !== undefined || epoch % keepEvery !== 0);
}
