// Trains in a folder: it yields the loop's events and writes their results to disk. A run that
// diverges goes back to a checkpoint and continues when `onNan` says so. When the iteration is left
// at any point, the state is saved first.
import { join } from 'node:path';
import { prune, saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName, nameOfState } from '../checkpoint/names.ts';
import { DeviceFailure } from '../engine/backends/backend.ts';
import { snapshotParts } from '../gan/snapshot.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { commandLine } from '../platform/command.ts';
import { usage } from '../platform/errors.ts';
import { isCheckpoint, prepareAdopted } from './adopt.ts';
import { BEST_NAME } from './best.ts';
import { type DeviceChange, deviceChange } from './device-change.ts';
import { Evaluator, lineOf } from './evaluator.ts';
import type {
  CheckpointEvent,
  DoneEvent,
  EvaluationEvent,
  PictureEvent,
  RunEvent,
  TrainEvent,
  WarningEvent,
} from './events.ts';
import { type Divergence, diverged } from './health/divergence.ts';
import { Loop, STOPPED, type State } from './loop.ts';
import { type MetricsLine, MetricsWriter } from './metrics.ts';
import { GIF_NAME, IMAGES_FOLDER, isFilmCurrent, pictureName, REALS_NAME, saveFilm, savePicture } from './pictures.ts';
import { type Prepared, prepareFresh } from './prepare.ts';
import { Preview } from './preview.ts';
import { progressPicture, realsPicture } from './progress-pictures.ts';
import { prepareResumed } from './reopen.ts';
import { checkpointsOf, resolveRun } from './run.ts';
import { locate } from './run-names.ts';
import type { RankedTrainOptions, TrainOptions } from './run-options.ts';
import { checkRunOptions } from './run-options-schema.ts';
import { SittingEnd } from './sitting.ts';
import { EventWriter } from './tensorboard/writer.ts';

/**
 * Trains from a fresh start, or continues where a run stopped. A break, a return or an abort
 * finishes the step under way and saves before the iteration ends. Resuming from there gives the
 * same bits as never having stopped. A number that is not finite reaches no checkpoint and no
 * picture: see `onNan`. When a GPU that `auto` chose fails, the training continues on the processor
 * from the last checkpoint.
 * @throws DcganError for options that don't match, data that can't be read, a disk that can't be
 * written, a training that diverges, and a failure of a device that was asked for by name
 */
export async function* train(options: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> {
  yield* trainRanked(options);
}

/** Trains as `train` does, and may lead other ranks. */
export async function* trainRanked(options: RankedTrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  checkRunOptions(options);
  if (options.from !== undefined && options.resume === undefined)
    throw usage({ what: 'from needs a run to resume', todo: 'Add --resume RUN', options: ['from'] });
  const { resume, threads, signal, ranks } = options;
  let { device = 'auto' } = options;
  let prepared =
    resume === undefined
      ? await prepareFresh(options)
      : isCheckpoint(resume)
        ? await prepareAdopted(locate(resume), options)
        : await prepareResumed(resolveRun(resume), options);
  let warning: WarningEvent | null = null;
  const { lock } = prepared;
  let sitting = new SittingEnd(prepared);
  let failed = false;
  try {
    for (;;) {
      const end: Divergence | DeviceChange | null = yield* trainPrepared(prepared, sitting, options, warning);
      if (!end) return;
      const { folder, record, data } = prepared;
      if ('warning' in end) {
        ({ device, warning } = end);
        sitting.write('failed');
        prepared = await prepareResumed(folder, { device, threads, signal, data, ranks }, { lock });
      } else {
        if (record.onNan === 'stop') throw diverged(end, folder);
        prepared = await prepareResumed(folder, { device, threads, signal, data, ranks }, { lock, found: end });
        warning = { type: 'warning', condition: 'not-finite', since: end.step, ...end, help: GOES_BACK };
      }
      sitting = new SittingEnd(prepared);
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    try {
      if (failed) writeQuietly(sitting);
      else sitting.write('stopped');
    } finally {
      lock.release();
    }
  }
}

/** An error that ends a training is more important than a disk that does not take its end. */
function writeQuietly(sitting: SittingEnd): void {
  try {
    sitting.write('failed');
  } catch {
    // The run then looks like one that was killed, and resumes like one.
  }
}

/** A launcher may end all ranks without a word, so how the run goes on is said at its start. */
function noteOnRanks(words: string, folder: string): string {
  return `${words} train this run; if they are cut off, any number of ranks goes on with ${commandLine(['train', '--resume', folder])}`;
}

const GOES_BACK = 'The training continues from its last good checkpoint with half the learning rates';

/**
 * Yields `warning` and all events of a prepared run, then disposes of its model. Returns how the
 * run diverged, or how it continues after its device failed.
 */
async function* trainPrepared(
  prepared: Prepared,
  sitting: SittingEnd,
  options: Pick<TrainOptions, 'signal' | 'preview'>,
  warning: WarningEvent | null,
): AsyncGenerator<TrainEvent, Divergence | DeviceChange | null, undefined> {
  const run = new FolderRun(prepared, sitting, options);
  let failed = false;
  try {
    await prepared.ranks?.begin(prepared.folder, prepared.gan);
    if (warning) yield warning;
    yield* run.events();
    return run.divergence;
  } catch (error) {
    failed = error instanceof DeviceFailure;
    const change = deviceChange(error, { gan: prepared.gan, taken: run.taken });
    if (!change) throw error;
    return change;
  } finally {
    try {
      if (!failed) await run.saveUnsaved();
    } finally {
      await run.dispose();
      await prepared.gan.dispose();
    }
  }
}

class FolderRun extends Loop<PictureEvent | EvaluationEvent | WarningEvent, CheckpointEvent> {
  readonly #run: Prepared;
  readonly #sitting: SittingEnd;
  readonly #signal: AbortSignal | undefined;
  readonly #evaluator: Evaluator;
  readonly #metrics: MetricsWriter;
  readonly #preview: Preview | null;
  #board: EventWriter | null = null;

  constructor(run: Prepared, sitting: SittingEnd, { signal, preview }: Pick<TrainOptions, 'signal' | 'preview'>) {
    super(run);
    this.#metrics = new MetricsWriter(run.folder);
    this.#run = run;
    this.#sitting = sitting;
    this.#signal = signal;
    this.#preview = preview === undefined ? null : new Preview(run.folder, preview, run.record.contrast);
    this.#evaluator = new Evaluator(run, signal);
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    yield this.#runEvent();
    if (this.isDone) {
      yield this.#done(!isFilmCurrent(this.#run.folder), true);
      return;
    }
    if (this.#run.record.tensorboard) this.#board = new EventWriter(this.#run.folder, this.gan.steps);
    // This picture is also missing when a run was stopped before its first step.
    if (this.gan.steps === 0) savePicture(this.#pathOf(REALS_NAME), realsPicture(this.data));
    yield* this.epochs();
    if (this.divergence) return;
    if (this.isDone) {
      await this.#restoreNewest();
      yield this.#done(true, false);
      return;
    }
    const saved = await this.saveNow();
    if (saved) yield { ...saved, type: 'interrupted' };
  }

  dispose(): Promise<void> {
    return this.#evaluator.dispose();
  }

  protected override get stopping(): boolean {
    return this.#signal?.aborted ?? false;
  }

  protected override note(line: MetricsLine): void {
    this.#run.lock.check();
    const timed = { ...line, time: Date.now() };
    this.#metrics.add(timed);
    this.#board?.line(timed);
  }

  protected override async stepped(): Promise<void> {
    await this.#preview?.draw(this.gan);
  }

  protected override picture(epoch: number, images: Float32Array): PictureEvent {
    const path = this.#pathOf(pictureName(epoch));
    const picture = progressPicture(images, this.gan, this.#run.record.contrast);
    savePicture(path, picture);
    this.#board?.picture(epoch, picture);
    return { type: 'picture', epoch, path, picture };
  }

  /**
   * The line and the best checkpoint are written before the epoch's checkpoint, so a resume from
   * there has both.
   */
  protected override async evaluate(state: State): Promise<EvaluationEvent | WarningEvent | typeof STOPPED | null> {
    const { epoch, steps: step } = this.gan;
    if (!this.#evaluator.isDue(epoch)) return null;
    const event = await this.#evaluator.evaluate(this.gan, { epoch, step });
    if (event === STOPPED || event.type === 'warning') return event;
    if (event.best && this.#run.record.keepBest) this.#write(BEST_NAME, state);
    this.note(lineOf(event));
    return event;
  }

  protected override save(state: State): CheckpointEvent {
    const { epoch, steps: step } = this.gan;
    if (step === epoch * this.stepsPerEpoch) this.#board?.epochEnds(step, state);
    const path = this.#write(nameOfState({ epoch, step }, this.stepsPerEpoch), state);
    if (step === epoch * this.stepsPerEpoch) prune(checkpointsOf(this.#run.folder));
    return { type: 'checkpoint', path, epoch, step };
  }

  /**
   * A state is written only after the lines of all its steps, because nobody could read about steps
   * without lines.
   */
  #write(name: string, tensors: State): string {
    this.#run.lock.check();
    this.#metrics.sync();
    this.#board?.sync();
    const { config, seed, epoch, steps: step, classNames } = this.gan;
    const parts = snapshotParts({ config, seed, epoch, step, ...(classNames && { classNames }), tensors });
    return saveCheckpoint(checkpointsOf(this.#run.folder), name, parts);
  }

  #pathOf(picture: string): string {
    return join(this.#run.folder, IMAGES_FOLDER, picture);
  }

  #runEvent(): RunEvent {
    const { folder, record, data, resumed, ranks } = this.#run;
    const notes = [...this.#run.notes, ...(ranks ? [noteOnRanks(ranks.words, folder)] : [])];
    return {
      type: 'run',
      folder,
      config: record.config,
      seed: record.seed,
      data: { name: data.name, count: data.count },
      info: this.gan.info,
      stepsPerEpoch: this.stepsPerEpoch,
      resumed,
      notes,
    };
  }

  /**
   * Restores the newest checkpoint, as the tutorial does at its end. It also proves that the files
   * on disk can be read.
   */
  async #restoreNewest(): Promise<void> {
    const { tensors } = readSnapshot(this.#newest());
    await this.gan.restore(tensors);
  }

  #newest(): string {
    return join(checkpointsOf(this.#run.folder), checkpointName(this.gan.epoch));
  }

  #done(film: boolean, already: boolean): DoneEvent {
    const { folder } = this.#run;
    this.#sitting.write('done');
    const gif = film ? saveFilm(folder) : join(folder, GIF_NAME);
    return { type: 'done', folder, epochs: this.gan.epoch, checkpoint: this.#newest(), gif, already };
  }
}
