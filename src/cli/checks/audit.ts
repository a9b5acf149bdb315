// Proves that a checkpoint came from its configuration and its data: trains again from the kept
// checkpoint before it, and compares every bit of the state and every number of the metrics.
import { basename } from 'node:path';
import { type CheckpointFile, listCheckpoints } from '../../checkpoint/files.ts';
import type { Dataset } from '../../data/dataset.ts';
import { DCGAN, snapshotOf } from '../../gan/dcgan.ts';
import type { RankedOptions } from '../../gan/machine.ts';
import type { Snapshot } from '../../gan/snapshot.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { foreignIn } from '../../train/belongs.ts';
import { stepsPerEpoch } from '../../train/epoch.ts';
import { Loop, type State } from '../../train/loop.ts';
import { machinesOf, type StepMachine } from '../../train/machines.ts';
import { readMetrics, type TrainedLine } from '../../train/metrics.ts';
import { trainable } from '../../train/prepare.ts';
import { checkpointsOf } from '../../train/run.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import { classNamesOf } from '../../train/settle.ts';
import { bytesOf, firstDifference } from './difference.ts';

export interface Audit {
  readonly from: string;
  readonly to: string;
  readonly device: string;
  readonly variant: string;
  readonly threads: number;
  readonly steps: number;
  readonly bytes: number;
  readonly tensors: number;
  /** Where a checkpoint differs from the run's configuration and seed, in words, or null. */
  readonly configDifference: string | null;
  /** Where the state trained again differs from the checkpoint, in words, or null. */
  readonly difference: string | null;
  /**
   * Lines of metrics that were compared, and where the first one differs, is missing, or is one
   * that the training does not make.
   */
  readonly lines: number;
  readonly lineDifference: string | null;
  /**
   * Where the first checkpoint differs from the state that the seed gives; null where it is equal
   * or not there.
   */
  readonly startDifference: string | null;
  readonly startChecked: boolean;
  readonly seconds: number;
}

/** The states cannot be compared on this machine, or nowhere. */
export class Incomparable extends DcganError {}

/** Two kept checkpoints of whole epochs with none between them. */
export interface Interval {
  readonly from: CheckpointFile;
  readonly to: CheckpointFile;
  readonly machine: StepMachine;
}

/**
 * Returns the interval to train again: the one that begins at an epoch, or a random one.
 * @throws DcganError for an epoch that is not kept, and `Incomparable` where no interval was
 *   computed on one machine
 */
export function chooseInterval(folder: string, record: RunConfig, fromEpoch: number | undefined): Interval {
  const kept = listCheckpoints(checkpointsOf(folder)).filter(({ step }) => step === undefined);
  const perEpoch = stepsPerEpoch(record.data.count, record.config.batchSize);
  const all = kept.slice(1).map((to, i) => {
    const from = kept[i]!;
    return { from, to, machines: machinesOf(record, from.epoch * perEpoch, to.epoch * perEpoch) };
  });
  if (all.length === 0)
    throw new DcganError({
      what: `${folder} has too few checkpoints to audit`,
      expected: 'two checkpoints of whole epochs',
      got: String(kept.length),
      todo: 'Train another epoch first',
    });
  const asked = fromEpoch === undefined ? all : all.filter(({ from }) => from.epoch === fromEpoch);
  if (asked.length === 0)
    throw usage({
      what: '--from-epoch is not a kept checkpoint with a later one',
      expected: all.map(({ from }) => from.epoch).join(', '),
      got: String(fromEpoch),
    });
  const alone = asked.filter(({ machines }) => machines.length === 1);
  const { from, to, machines } = alone[Math.floor(Math.random() * alone.length)] ?? asked[0]!;
  const [machine, other] = machines;
  if (other)
    throw new Incomparable({
      what: `the steps between ${basename(from.path)} and ${basename(to.path)} were computed by two devices`,
      got: machines.map(describe).join(' and '),
      todo: 'Audit another interval with --from-epoch, if the run has one',
    });
  return { from, to, machine: machine! };
}

export const describe = ({ device, variant }: StepMachine): string => `${device} (${variant})`;

/** @throws Incomparable when the opened device is not the one of the run */
export function refuseOther(machine: StepMachine, { info }: DCGAN): void {
  if (info.device === machine.device && info.variant === machine.variant) return;
  throw new Incomparable({
    what: 'this machine gives other bits than the run’s, so nothing can be concluded',
    expected: describe(machine),
    got: describe(info),
    todo:
      machine.device === 'wasm'
        ? 'Use the version of dcgan that trained the run'
        : 'Use a machine with that processor, compiler and version. Only runs on wasm can be checked anywhere',
  });
}

/** @param data as `openRunData` gives it */
export async function audit(
  folder: string,
  record: RunConfig,
  { from, to, machine }: Interval,
  data: Dataset,
  threads: number | undefined,
): Promise<Audit> {
  const started = performance.now();
  const on = { ...machine, threads };
  const [before, after] = [readSnapshot(from.path), readSnapshot(to.path)];
  const config = { ...after.config, epochs: after.epoch };
  const gan = await trainable({ ...before, config }, on);
  try {
    refuseOther(machine, gan);
    const again = new Again(gan, data, expectedLines(folder, before.step, after.step));
    const state = await again.train();
    const { seed, epoch, steps: step } = gan;
    const start = from.epoch === 0 ? from.path : null;
    return {
      ...{ from: basename(from.path), to: basename(to.path) },
      ...{ device: gan.info.device, variant: gan.info.variant, threads: gan.info.threads },
      steps: after.step - before.step,
      bytes: bytesOf(after.tensors),
      tensors: after.tensors.size,
      configDifference: configDifference([from.path, before], record) ?? configDifference([to.path, after], record),
      difference: firstDifference(after, { seed, epoch, step, tensors: state }, NAMES),
      lines: again.compared,
      lineDifference: again.lineDifference,
      startDifference: start === null ? null : await startDifference(start, record, data, on),
      startChecked: start !== null,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await gan.dispose();
  }
}

function configDifference([path, snapshot]: readonly [string, Snapshot], record: RunConfig): string | null {
  const foreign = foreignIn(snapshot, record);
  return foreign && `${foreign.field}: ${foreign.expected} in ${CONFIG_NAME}, ${foreign.got} in ${basename(path)}`;
}

const NAMES = { first: 'in the file', second: 'trained again' };

async function startDifference(
  path: string,
  { config, seed }: RunConfig,
  data: Dataset,
  machine: RankedOptions,
): Promise<string | null> {
  const gan = await DCGAN.create({ ...config, ...machine, classNames: classNamesOf(config, data), seed });
  try {
    return firstDifference(readSnapshot(path), await snapshotOf(gan), {
      first: 'in the file',
      second: 'from the seed',
    });
  } finally {
    await gan.dispose();
  }
}

type Lines = ReadonlyMap<string, TrainedLine>;
/** `step 8`, or `epoch 2`. */
const placeOf = ({ type, step, epoch }: TrainedLine): string => `${type} ${type === 'step' ? step : epoch}`;
const keyOf = ({ type, step }: TrainedLine): string => `${type} ${step}`;

function expectedLines(folder: string, from: number, to: number): Lines {
  const lines = new Map<string, TrainedLine>();
  for (const line of readMetrics(folder))
    if (line.type !== 'evaluation' && line.step > from && line.step <= to) lines.set(keyOf(line), line);
  return lines;
}

/** What a clock gives is not compared. */
const OF_THE_CLOCK = ['seconds', 'time'];

/** The loop of a training that writes nothing and compares its lines with those of the run. */
class Again extends Loop<null, State> {
  readonly #expected: Lines;
  #state: State | null = null;
  #compared = 0;
  readonly #met = new Set<string>();
  #difference: string | null = null;
  protected override readonly stopping = false;

  constructor(gan: DCGAN, data: Dataset, expected: Lines) {
    super({ gan, data });
    this.#expected = expected;
  }

  get compared(): number {
    return this.#compared;
  }

  get lineDifference(): string | null {
    return this.#difference;
  }

  async train(): Promise<State> {
    for await (const _ of this.epochs());
    const left = [...this.#expected.values()].find((line) => !this.#met.has(keyOf(line)));
    if (left) this.#difference ??= `the line of ${placeOf(left)}, which the training does not make`;
    if (this.#state && !this.divergence) return this.#state;
    throw new DcganError({
      what: 'the training diverged when it was made again',
      got: this.divergence?.seen ?? 'no state',
      todo: 'The checkpoint does not come from this configuration and these data',
    });
  }

  protected override picture(): null {
    return null;
  }

  protected override save(state: State): State {
    this.#state = state;
    return state;
  }

  protected override note(line: TrainedLine): void {
    const expected: Readonly<Record<string, unknown>> | undefined = this.#expected.get(keyOf(line));
    this.#met.add(keyOf(line));
    if (expected === undefined) {
      this.#difference ??= `the line of ${placeOf(line)}, which is missing`;
      return;
    }
    this.#compared++;
    const differs = Object.entries(line).find(
      // A line of an older version lacks figures.
      ([name, value]) => !OF_THE_CLOCK.includes(name) && name in expected && expected[name] !== value,
    );
    if (!differs || this.#difference !== null) return;
    const [name, value] = differs;
    this.#difference = `the line of ${placeOf(line)}: ${name} is ${expected[name]} in the file, ${value} trained again`;
  }
}
