// Opens an old run at one of its checkpoints, once it is sure that images, options and checkpoint
// belong to it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listCheckpoints, removeLater, saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName } from '../checkpoint/names.ts';
import { DCGAN, snapshotOf } from '../gan/dcgan.ts';
import { type Config, ownClasses } from '../gan/schema.ts';
import { type Snapshot, snapshotParts } from '../gan/snapshot.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import { VERSION } from '../platform/version.ts';
import { forgetBestAfter, settleEvaluations } from './best.ts';
import { placeOf } from './data-place.ts';
import { stepsPerEpoch } from './epoch.ts';
import { type Divergence, divergenceIn, halved } from './health/divergence.ts';
import { RunLock } from './lock.ts';
import { cutMetrics, METRICS_NAME, metricsWith, type Place, readMetrics } from './metrics.ts';
import { machineOf, type Prepared, trainable, tryEvaluations } from './prepare.ts';
import { checkpointsOf, readRunConfig, refuseLinks, sweepRun, writeRunConfig } from './run.ts';
import { askedOf, dataOfRun, openRunData, READING } from './run-data.ts';
import type { RankedTrainOptions } from './run-options.ts';
import type { RunConfig, Sitting } from './run-schema.ts';
import { setAside } from './set-aside.ts';
import { cannotChange, classNamesOf, refuseDone, SETTLED } from './settle.ts';
import { withSitting } from './sitting.ts';

/** What a training that goes back already knows. */
interface Known {
  readonly lock: RunLock;
  /** The divergence, when the metrics do not tell it. */
  readonly found?: Divergence;
}

/**
 * Prepares an old run at its newest checkpoint, or at the given one. Everything else comes from the
 * run; see TrainOptions.resume.
 */
export async function prepareResumed(folder: string, options: RankedTrainOptions, known?: Known): Promise<Prepared> {
  const lock = known?.lock ?? RunLock.acquire(folder);
  try {
    return await reopen(folder, options, lock, known ?? null);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function reopen(
  folder: string,
  options: RankedTrainOptions,
  lock: RunLock,
  known: Known | null,
): Promise<Prepared> {
  const old = readRunConfig(folder);
  refuseLinks(folder);
  refuseChanges(options, old);
  const epochs = options.epochs ?? old.config.epochs;
  const notes: string[] = [];
  const question = dataOfRun(folder, old, options);
  const again = commandLine(['train', '--resume', folder, '--data', 'PATH']);
  const data = await openRunData(folder, old, { ...question, again, onNote: (note) => notes.push(note) });
  sweepRun(folder);
  const onNan = options.onNan ?? old.onNan;
  const divergence = known?.found ?? divergenceIn(metricsWith(folder, NOT_A_NUMBER));
  const lower = divergence !== null && onNan === 'lower-lr';
  const path = checkpointToResume(folder, options, lower);
  const snapshot = path === null ? null : readSnapshot(path);
  if (snapshot) checkBelongs(snapshot, old, path!);
  const { epoch, step } = snapshot ?? { epoch: 0, step: 0 };
  refuseDone(epochs, Math.ceil(step / stepsPerEpoch(data.count, old.config.batchSize)));
  const goOn = lower ? halved(old.config, step, divergence) : old.config;
  if (divergence) notes.push(noteOn(divergence, step, lower));
  const config = { ...goOn, epochs };
  const machine = { ...machineOf(options), variant: old.notes.variant };
  const evaluations = settleEvaluations(options, old);
  await tryEvaluations(evaluations, data, options, (note) => notes.push(note));
  // A run that was killed before its first checkpoint starts again from its seed.
  const gan = snapshot
    ? await trainable({ ...snapshot, config }, machine)
    : await DCGAN.create({ ...config, ...machine, classNames: classNamesOf(config, data), seed: old.seed });
  const { ranks } = options;
  try {
    await ranks?.prepare(gan, data, askedOf(question));
    // The start is saved, so every step has a checkpoint before it.
    if (!snapshot) saveCheckpoint(checkpointsOf(folder), checkpointName(0), snapshotParts(await snapshotOf(gan)));
    const aside = options.from === undefined ? null : setAside(folder, { epoch, step });
    if (aside !== null) notes.push(`what came after ${placeInWords({ epoch, step })} was set aside in ${aside}`);
    // Checkpoints with other learning rates would belong to another run.
    if (lower) {
      removeLater(checkpointsOf(folder), { epoch, step });
      forgetBestAfter(checkpointsOf(folder), epoch);
    }
    const { missing } = cutMetrics(folder, { epoch, step });
    if (missing > 0)
      notes.push(
        `${METRICS_NAME} lacks the lines of ${missing} ${missing === 1 ? 'step' : 'steps'}, which were lost before`,
      );
    const record = {
      ...old,
      config,
      data: { ...old.data, ...(typeof question.data === 'string' && placeOf(folder, question.data)) },
      contrast: options.contrast ?? old.contrast,
      onNan,
      tensorboard: options.tensorboard ?? old.tensorboard,
      ...evaluations,
      notes: { version: VERSION, device: gan.info.device, variant: gan.info.variant },
      sittings: sittingsOf(old, gan, known),
    };
    writeRunConfig(folder, record);
    return {
      folder,
      lock,
      gan,
      data,
      record,
      resumed: { path, epoch: gan.epoch, step: gan.steps },
      notes: [...notes, ...changedDevice(old, gan)],
      ranks,
      lines: readMetrics(folder),
    };
  } catch (error) {
    await gan.dispose();
    throw error;
  }
}

/**
 * Returns the checkpoint that `from` names, or the newest; null when there is none. A run that goes
 * `back` takes the newest of whole epochs, which it would also have without any stop.
 */
export function checkpointToResume(
  folder: string,
  { from }: Pick<RankedTrainOptions, 'from'>,
  back = false,
): string | null {
  if (from !== undefined) return checkpointNamed(folder, from);
  const all = listCheckpoints(checkpointsOf(folder));
  const epochs = back ? all.filter(({ step }) => step === undefined) : [];
  return (epochs.at(-1) ?? all.at(-1))?.path ?? null;
}

/** The metrics write NaN and infinity as null. */
const NOT_A_NUMBER = 'null';

/** Finds a checkpoint by its path, or by its name among those of the run: `epoch-0003`. */
function checkpointNamed(folder: string, from: string): string {
  const named = [from, `${from}.safetensors`].map((name) => join(checkpointsOf(folder), name));
  return [from, ...named].find((path) => existsSync(path)) ?? from;
}

function placeInWords({ epoch, step }: Place): string {
  return `epoch ${epoch}, step ${step},`;
}

function noteOn({ step, seen }: Divergence, checkpoint: number, halvedNow: boolean): string {
  const what = `in step ${step} of this run ${seen}`;
  return halvedNow
    ? `${what}: learning rates are halved after step ${checkpoint}`
    : `${what}, and that will happen again; --on-nan lower-lr continues with half the learning rates`;
}

/**
 * A checkpoint from before the learning rates were halved also belongs to the run.
 * @throws DcganError for a checkpoint of another run
 */
export function checkBelongs(snapshot: Snapshot, { config, seed }: RunConfig, path: string): void {
  const comparable = ({ halvedAfter, ...rest }: Config): string =>
    JSON.stringify({ ...rest, epochs: 0, halvedAfter: halvedAfter.filter((after) => after < snapshot.step) });
  const same = comparable(snapshot.config) === comparable(config);
  if (same && snapshot.seed === seed) return;
  throw new DcganError({
    what: `${path} belongs to another run`,
    expected: `seed ${seed} and the run's configuration`,
    got: same ? `seed ${snapshot.seed}` : 'another configuration',
    todo: 'Choose a checkpoint of this run',
  });
}

function refuseChanges(options: RankedTrainOptions, old: RunConfig): void {
  const refuse = (name: string, was: unknown, got: unknown): never => {
    throw cannotChange(name, { expected: JSON.stringify(was), got: JSON.stringify(got) });
  };
  for (const key of SETTLED) {
    const given = options[key];
    if (given !== undefined && JSON.stringify(given) !== JSON.stringify(old.config[key]))
      refuse(key, old.config[key], given);
  }
  for (const key of READING) {
    const [was, given] = [old.data.reading?.[key], options[key]];
    if (given !== undefined && given !== was) refuse(key, was, given);
  }
  const cond = ownClasses(old.config) > 0;
  if (options.cond !== undefined && options.cond !== cond) refuse('cond', cond, options.cond);
  if (options.seed !== undefined && options.seed !== old.seed) refuse('seed', old.seed, options.seed);
  if (options.limit !== undefined && options.limit !== old.data.count) refuse('limit', old.data.count, options.limit);
  if (options.out !== undefined) refuse('out', undefined, options.out);
}

/**
 * Returns the sittings of a run that is opened again. The process that diverged and goes back is
 * still the same sitting, and a run that was done has nothing to add.
 */
function sittingsOf(
  { sittings = [] }: RunConfig,
  { info, steps, epoch, config }: DCGAN,
  known: Known | null,
): Sitting[] {
  const end = sittings.at(-1)?.end;
  const goesOn = known?.found !== undefined || (epoch >= config.epochs && end?.how === 'done');
  return goesOn ? [...sittings] : withSitting(sittings, info, steps);
}

function changedDevice({ notes: was }: RunConfig, { info }: DCGAN): string[] {
  if (was.device === info.device && was.variant === info.variant) return [];
  return [
    `this run was on ${was.device} (${was.variant}) and continues on ${info.device} (${info.variant}): its last bits will differ from one that never changed`,
  ];
}
