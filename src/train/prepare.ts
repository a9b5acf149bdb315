// Everything before the first step: options become a fresh run on disk, or an old run is opened and
// checked.
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listCheckpoints, removeLater, saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName } from '../checkpoint/names.ts';
import { Dataset } from '../data/dataset.ts';
import { checkLimit } from '../data/image-options.ts';
import { imageSizeOf, refuseSize } from '../data/image-size.ts';
import { isKnown, originOf } from '../data/known.ts';
import { loadDataset } from '../data/load.ts';
import { DCGAN, snapshotOf } from '../gan/dcgan.ts';
import { checkSeed, randomSeed } from '../gan/drawing.ts';
import type { RankedOptions } from '../gan/machine.ts';
import { DEFAULT_PRESET, type PresetName } from '../gan/presets.ts';
import { type Config, ownClasses } from '../gan/schema.ts';
import { type Snapshot, snapshotParts } from '../gan/snapshot.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { openExtractor, whyNoDigits } from '../metrics/extractors.ts';
import { comparedPart } from '../metrics/sets.ts';
import { commandLine } from '../platform/command.ts';
import { usableCores } from '../platform/cores.ts';
import { DcganError } from '../platform/errors.ts';
import { VERSION } from '../platform/version.ts';
import { type Evaluations, forgetBestAfter, settleEvaluations } from './best.ts';
import { notesOnClasses, notesOnData } from './data-notes.ts';
import { placeOf, sourceOf } from './data-place.ts';
import { stepsPerEpoch } from './epoch.ts';
import { type Divergence, divergenceIn, halved } from './health/divergence.ts';
import { RunLock } from './lock.ts';
import { cutMetrics, METRICS_NAME, type MetricsLine, metricsWith, type Place, readMetrics } from './metrics.ts';
import type { Leader } from './ranks/leader.ts';
import type { AskedData } from './ranks/orders.ts';
import { checkpointsOf, createRun, readRunConfig, refuseLinks, refuseTaken, sweepRun, writeRunConfig } from './run.ts';
import type { RankedTrainOptions } from './run-options.ts';
import type { RunConfig, Sitting } from './run-schema.ts';
import { setAside } from './set-aside.ts';
import { cannotChange, classNamesOf, configOn, refuseDone, SETTLED, withGroups } from './settle.ts';
import { withSitting } from './sitting.ts';

/** A run that is ready to train. */
export interface Prepared {
  readonly folder: string;
  /** The lock is held until the training ends. */
  readonly lock: RunLock;
  readonly gan: DCGAN;
  readonly data: Dataset;
  readonly record: RunConfig;
  readonly resumed: { readonly path: string | null; readonly epoch: number; readonly step: number } | null;
  readonly notes: readonly string[];
  /** The other processes that train it, where there are any. */
  readonly ranks?: Leader | undefined;
  /** The metrics so far. */
  readonly lines: Iterable<MetricsLine>;
}

/** Options for reading pictures, beyond size and channels. */
const READING = [
  ...(['fit', 'background', 'flip', 'key', 'transpose', 'svg', 'followLinks', 'dedupe', 'skipBroken'] as const),
];

type DataQuestion = Pick<
  RankedTrainOptions,
  'data' | 'limit' | 'imageSize' | 'channels' | 'onDataProgress' | 'signal' | (typeof READING)[number]
>;

/**
 * Opens the data that the options name, cut to `limit`. `onNote` receives what a person should know
 * about them.
 */
export async function openData(options: DataQuestion, onNote?: (note: string) => void): Promise<Dataset> {
  const { data = 'mnist', limit, imageSize, channels, onDataProgress, signal } = options;
  checkLimit(limit);
  // This is checked before a hundred thousand pictures are read.
  refuseSize(imageSize, 'imageSize');
  const dataset =
    data instanceof Dataset
      ? data
      : await loadDataset(data, {
          ...readingOf(options),
          size: imageSize,
          channels,
          onProgress: onDataProgress,
          onNote,
          signal,
        });
  return limit === undefined ? dataset : dataset.limit(limit);
}

/**
 * Returns images of the same kind, size and channels that no training on `data` sees; null when
 * there are none.
 */
export async function heldOutFor(data: Dataset): Promise<Dataset | null> {
  const test = `${originOf(data)}-test`;
  if (!isKnown(test)) return null;
  return loadDataset(test, { size: imageSizeOf(data.height, data.width), channels: data.channels as 1 | 3 });
}

/** Returns the options that say how pictures are read. */
function readingOf(options: DataQuestion): NonNullable<RunConfig['data']['reading']> {
  const given = READING.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]);
  return Object.fromEntries(given);
}

/** Where the model of a run computes. */
export function machineOf({ device, threads, ranks }: RankedTrainOptions): RankedOptions {
  return { device, threads: threads ?? ranks?.threads, ranks };
}

/** What other ranks need in order to open the same data. */
export function askedOf({
  data = 'mnist',
  limit,
  imageSize,
  channels,
  ...options
}: DataQuestion): AskedData['options'] {
  return { data, limit, imageSize, channels, ...readingOf(options) };
}

/** Returns the configuration that the options mean for a dataset. */
export function configFor(options: RankedTrainOptions, data: Dataset): Config {
  return configOn(data, options, defaultPreset(options.data));
}

/**
 * A person's own pictures get the preset with the best results. The tutorial's data get the
 * tutorial's.
 */
function defaultPreset(data: RankedTrainOptions['data']): PresetName {
  return typeof data === 'string' && !isKnown(data) ? 'best' : DEFAULT_PRESET;
}

/**
 * Prepares a fresh run. When this returns, its configuration and its state before the first step
 * are on disk.
 */
export async function prepareFresh(options: RankedTrainOptions): Promise<Prepared> {
  const notes: string[] = [];
  const images = await openData(options, (note) => notes.push(note));
  const config = configFor(options, images);
  if (options.preset === undefined && config.preset === 'best')
    notes.push(
      "preset best is used, because the pictures are your own; --preset tf2018 chooses the tutorial's networks",
    );
  if (config.groups > 0 && options.groups === undefined)
    notes.push(
      `both networks use ${config.groups} groups of alike images, found in the data, as classes; --groups 0 turns this off`,
    );
  notes.push(...notesOnData(images, config.batchSize));
  const seed = checkSeed(options.seed ?? randomSeed());
  await tryEvaluations(settleEvaluations(options), images, options, (note) => notes.push(note));
  const data = await withGroups(images, config);
  const classNames = classNamesOf(config, data);
  notes.push(...notesOnClasses(classNames));
  const { ranks } = options;
  const gan = await DCGAN.create({ ...config, classNames, seed, ...machineOf(options) });
  try {
    // A step that memory has no room for is refused before anything is written. A GPU's step may
    // fail for other reasons, and then the training changes to the processor.
    if (gan.info.stepsAtOnce === 1) await gan.prepareStep();
    await ranks?.prepare(gan, data, askedOf(options));
    const { folder, record, lock } = await layDown(gan, data, options, checkpointName(0));
    return { folder, lock, gan, data, record, resumed: null, notes, ranks, lines: [] };
  } catch (error) {
    await gan.dispose();
    throw error;
  }
}

/**
 * Writes a run to disk as it is before its first step: its configuration, and its state as the
 * checkpoint `name`.
 */
export async function layDown(
  gan: DCGAN,
  data: Dataset,
  options: RankedTrainOptions,
  name: string,
): Promise<{ readonly folder: string; readonly record: RunConfig; readonly lock: RunLock }> {
  const { config, seed, info } = gan;
  const reading = readingOf(options);
  const recordIn = (folder: string): RunConfig => ({
    format: 1,
    config,
    seed,
    data: {
      ...placeOf(folder, typeof options.data === 'string' ? options.data : data.name),
      name: data.name,
      count: data.count,
      sha256: data.sha256,
      ...(gan.classNames && { classes: [...gan.classNames] }),
      ...(Object.keys(reading).length > 0 && { reading }),
    },
    contrast: options.contrast ?? 'fixed',
    onNan: options.onNan ?? 'stop',
    ...(options.tensorboard && { tensorboard: true }),
    ...settleEvaluations(options),
    notes: { version: VERSION, device: info.device, variant: info.variant },
    sittings: withSitting([], info, gan.steps),
  });
  const start = snapshotParts(await snapshotOf(gan));
  const folder = createRun(options.out, data.name, config.preset);
  const lock = acquireNew(folder);
  const record = recordIn(folder);
  try {
    writeRunConfig(folder, record);
    saveCheckpoint(checkpointsOf(folder), name, start);
  } catch (error) {
    lock.release();
    removeWhatWasMade(folder);
    throw error;
  }
  return { folder, record, lock };
}

/** Locks a new run's folder, unless another process has begun a run there meanwhile. */
function acquireNew(folder: string): RunLock {
  const lock = RunLock.acquire(folder);
  try {
    refuseTaken(folder);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The folder was new or empty, so everything in it is ours, and it is not a run yet. */
function removeWhatWasMade(folder: string): void {
  try {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    rmdirSync(folder);
  } catch {
    // The folder itself stays when a disk is mounted there (EBUSY) or when it is the current one
    // (EINVAL).
  }
}

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
  const path = options.from === undefined ? checkpointToResume(folder, lower) : checkpointNamed(folder, options.from);
  const snapshot = path === null ? null : readSnapshot(path);
  if (snapshot) checkBelongs(snapshot, old, path!);
  const { epoch, step } = snapshot ?? { epoch: 0, step: 0 };
  refuseDone(epochs, Math.ceil(step / stepsPerEpoch(data.count, old.config.batchSize)));
  const goOn = lower ? halved(old.config, step, divergence) : old.config;
  if (divergence) notes.push(noteOn(divergence, step, lower));
  const config = { ...goOn, epochs };
  const machine = machineOf(options);
  const evaluations = settleEvaluations(options, old);
  await tryEvaluations(evaluations, data, options, (note) => notes.push(note));
  // A run that was killed before its first checkpoint starts again from its seed.
  const gan = snapshot
    ? await trainable({ ...snapshot, config }, { ...machine, variant: old.notes.variant })
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
 * Opens the model of a snapshot and prepares its step. A model that cannot be trained here is
 * refused before anything is written.
 */
export async function trainable(snapshot: Snapshot, machine: RankedOptions): Promise<DCGAN> {
  const gan = await DCGAN.fromSnapshot(snapshot, machine);
  try {
    await gan.prepareStep();
    return gan;
  } catch (error) {
    await gan.dispose();
    throw error;
  }
}

/**
 * Opens what evaluations need, so that a missing part is reported before the first step and not
 * after an epoch.
 */
async function tryEvaluations(
  evaluations: Evaluations,
  data: Dataset,
  { device, threads, signal }: RankedTrainOptions,
  onNote: (note: string) => void,
): Promise<void> {
  if (evaluations.evaluateEvery === 0) return;
  const note = evaluations.extractor === undefined ? whyNoDigits(data) : null;
  if (note !== null) onNote(note);
  comparedPart(data, await heldOutFor(data));
  const machine = { device, threads: threads ?? usableCores() };
  const extractor = await openExtractor(evaluations, data, machine, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
  await extractor?.dispose();
}

/**
 * Opens the data that a run was trained on, with its groups as labels where it has groups.
 * @param question as `dataOfRun` gives it; `again` is the command that names the data elsewhere
 * @throws DcganError when they are not the same images
 */
export async function openRunData(
  folder: string,
  { config, data }: RunConfig,
  { again, onNote, ...question }: DataQuestion & { readonly again: string; readonly onNote?: (note: string) => void },
): Promise<Dataset> {
  const images = await openData(question, onNote);
  if (images.count === data.count && images.sha256 === data.sha256) return withGroups(images, config);
  throw new DcganError({
    what: `the data of ${folder} have changed`,
    expected: `${data.count} images with SHA-256 ${data.sha256.slice(0, 12)}...`,
    got: `${images.count} with ${images.sha256.slice(0, 12)}...`,
    todo: `Give the same images again: ${again}`,
  });
}

/** Returns the options of `openData` that open the data of an existing run. */
export function dataOfRun(
  folder: string,
  record: RunConfig,
  options: RankedTrainOptions,
  again?: string,
): DataQuestion {
  const { config, data } = record;
  const { imageSize, channels } = config;
  const source = options.data ?? sourceOf(folder, record, again);
  return { ...options, ...data.reading, data: source, limit: data.count, imageSize, channels };
}

/**
 * Returns the newest checkpoint. A run that goes back takes the newest of whole epochs, which it
 * would also have without any stop.
 */
function checkpointToResume(folder: string, back: boolean): string | null {
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

/** A checkpoint from before the learning rates were halved also belongs to the run. */
function checkBelongs(snapshot: Snapshot, { config, seed }: RunConfig, path: string): void {
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
