// A training begins as a fresh run on disk, which is made here from its options. reopen.ts opens an
// old run instead.
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName } from '../checkpoint/names.ts';
import type { Dataset } from '../data/dataset.ts';
import { isKnown } from '../data/known.ts';
import { DCGAN, snapshotOf } from '../gan/dcgan.ts';
import { checkSeed, randomSeed } from '../gan/drawing.ts';
import type { RankedOptions } from '../gan/machine.ts';
import { DEFAULT_PRESET, type PresetName } from '../gan/presets.ts';
import type { Config } from '../gan/schema.ts';
import { type Snapshot, snapshotParts } from '../gan/snapshot.ts';
import { openExtractor, whyNoDigits } from '../metrics/extractors.ts';
import { comparedPart } from '../metrics/sets.ts';
import { usableCores } from '../platform/cores.ts';
import { VERSION } from '../platform/version.ts';
import { type Evaluations, settleEvaluations } from './best.ts';
import { notesOnClasses, notesOnData } from './data-notes.ts';
import { placeOf } from './data-place.ts';
import { RunLock } from './lock.ts';
import type { MetricsLine } from './metrics.ts';
import type { Leader } from './ranks/leader.ts';
import { checkpointsOf, createRun, refuseTaken, writeRunConfig } from './run.ts';
import { askedOf, heldOutFor, openData, readingOf } from './run-data.ts';
import type { RankedTrainOptions } from './run-options.ts';
import type { RunConfig } from './run-schema.ts';
import { classNamesOf, configOn, withGroups } from './settle.ts';
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

/** Returns the options that say where the model of a run computes. */
export function machineOf({ device, threads, variant, ranks }: RankedTrainOptions): RankedOptions {
  return { device, threads: threads ?? ranks?.threads, variant, ranks };
}

/** Returns the configuration that the options mean for a dataset. */
export function configFor(options: RankedTrainOptions, data: Dataset): Config {
  return configOn(data, options, defaultPreset(options.data));
}

/**
 * Returns the preset with the best results for a person's own pictures, and the tutorial's preset
 * for the tutorial's data.
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
  const evaluations = settleEvaluations(options);
  const recordIn = (folder: string): RunConfig => ({
    format: 1,
    config,
    seed,
    data: {
      ...placeOf(folder, typeof options.data === 'string' ? options.data : data.name),
      name: data.name,
      count: data.count,
      ...(options.limit !== undefined && { limit: options.limit }),
      sha256: data.sha256,
      ...(gan.classNames && { classes: [...gan.classNames] }),
      ...(Object.keys(reading).length > 0 && { reading }),
    },
    contrast: options.contrast ?? 'fixed',
    onNan: options.onNan ?? 'stop',
    ...(options.tensorboard && { tensorboard: true }),
    ...evaluations,
    notes: { version: VERSION, device: info.device, variant: info.variant },
    sittings: withSitting([], info, gan.steps, evaluations),
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

/**
 * Removes a run that could not be written. Its folder was new or empty, so everything in it is
 * ours.
 */
function removeWhatWasMade(folder: string): void {
  try {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    rmdirSync(folder);
  } catch {
    // The folder itself stays when a disk is mounted there (EBUSY) or when it is the current one
    // (EINVAL).
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
export async function tryEvaluations(
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
