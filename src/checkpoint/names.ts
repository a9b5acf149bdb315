// Names of checkpoints tell all: `epoch-0015` is the state after 15 epochs, `epoch-0009-step-001950` one in the middle, the
// 9th epoch under way; '-' sorts before '.', so plain order by name is order in time, and the last name is the newest state.

/** When a checkpoint was taken. */
export interface Moment {
  /** Epochs done; with `step`, the epoch under way (counted from 1). */
  readonly epoch: number;
  /** Steps of the whole run done, for a state in mid-epoch only. */
  readonly step?: number;
}

/** `epoch-0015.safetensors` after 15 epochs, `epoch-0009-step-001950.safetensors` in the middle of the 9th. */
export function checkpointName(epoch: number, step?: number): string {
  const middle = step === undefined ? '' : `-step-${String(step).padStart(6, '0')}`;
  return `epoch-${String(epoch).padStart(4, '0')}${middle}.safetensors`;
}

/** The name of a state after `epoch` whole epochs of `stepsPerEpoch` steps, and `step` steps in all. */
export function nameOfState({ epoch, step }: Required<Moment>, stepsPerEpoch: number): string {
  return step > epoch * stepsPerEpoch ? checkpointName(epoch + 1, step) : checkpointName(epoch);
}

/** The moment in a name that `checkpointName` gave; null for any other name. */
export function parseCheckpointName(name: string): Moment | null {
  const [, epoch, step] = /^epoch-(\d{4,})(?:-step-(\d{6,}))?\.safetensors$/.exec(name) ?? [];
  if (epoch === undefined) return null;
  return step === undefined ? { epoch: Number(epoch) } : { epoch: Number(epoch), step: Number(step) };
}

/** Order in time. */
export function byTime(a: Moment, b: Moment): number {
  return a.epoch - b.epoch || (a.step ?? Number.MAX_VALUE) - (b.step ?? Number.MAX_VALUE);
}

/** 15 epochs between those that stay; 30 after 300 epochs, 60 after 600: a run of many short epochs keeps about twenty too. */
function spacing(newest: number): number {
  let epochs = 15;
  while (newest > 20 * epochs) epochs *= 2;
  return epochs;
}

/** Those that may go: all but the last two and the finished epochs that `spacing` divides (0 among them). */
export function superfluous<T extends Moment>(oldestFirst: readonly T[]): T[] {
  const keepEvery = spacing(oldestFirst.at(-1)?.epoch ?? 0);
  return oldestFirst.slice(0, -2).filter(({ epoch, step }) => step !== undefined || epoch % keepEvery !== 0);
}
