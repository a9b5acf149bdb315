// The loop: epochs over shuffled data, one plan run a step, a picture and a checkpoint after each epoch. It is an
// iteration of events: each step is taken when the next event is asked for, and leaving the iteration at any point saves first.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prune, saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName, nameOfState } from '../checkpoint/names.ts';
import type { Tensor } from '../checkpoint/safetensors.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import { decodeSnapshot, encodeSnapshot } from '../gan/snapshot.ts';
import { readFile } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import { isCheckpoint, prepareAdopted } from './adopt.ts';
import { BEST_NAME } from './best.ts';
import { type Divergence, diverged } from './divergence.ts';
import { distanceOfReals, meanDistance } from './diversity.ts';
import { Evaluator, lineOf } from './evaluator.ts';
import type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  EvaluationEvent,
  InterruptedEvent,
  PictureEvent,
  RunEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from './events.ts';
import { meansOf } from './means.ts';
import { appendMetrics } from './metrics.ts';
import type { TrainOptions } from './options.ts';
import { epochOrder, stepsPerEpoch } from './order.ts';
import { GIF_NAME, IMAGES_FOLDER, pictureName, REALS_NAME, saveFilm, savePicture } from './pictures.ts';
import { type Prepared, prepareFresh, prepareResumed } from './prepare.ts';
import { progressImages, progressPicture, realsPicture } from './progress.ts';
import { checkpointsOf, resolveRun } from './run.ts';
import { brokenNumber, brokenTensor, gradientNorms } from './state.ts';
import { Watch } from './watch.ts';

/**
 * Trains, from a fresh start or where a run stopped. Break, return or an abort finishes the step under way and saves
 * before the iteration ends; resuming from there gives the same bits as never having stopped. A number that is not finite
 * reaches no checkpoint and no picture: see `onNan`.
 * @throws DcganError for options that don't fit, data that can't be read, a disk that can't be written, a training that diverges
 */
export async function* train(options: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> {
  if (options.from !== undefined && options.resume === undefined)
    throw usage({ what: 'from needs a run to resume', todo: 'Add --resume RUN' });
  const { resume } = options;
  let prepared =
    resume === undefined
      ? await prepareFresh(options)
      : isCheckpoint(resume)
        ? await prepareAdopted(resume, options)
        : await prepareResumed(resolveRun(resume), options);
  let warning: WarningEvent | null = null;
  for (;;) {
    const divergence: Divergence | null = yield* trainPrepared(prepared, options.signal, warning);
    if (!divergence) return;
    const { folder, record, data } = prepared;
    if (record.onNan === 'stop') throw diverged(divergence, folder);
    const { device, threads, signal } = options;
    prepared = await prepareResumed(folder, { device, threads, signal, data }, divergence);
    warning = { type: 'warning', condition: 'not-finite', since: divergence.step, ...divergence, help: GOES_BACK };
  }
}

const GOES_BACK = 'It goes on from its last good checkpoint with half the learning rates';

/** All events of a prepared run, behind a warning, whose model is disposed of then; how it diverged, if it did. */
async function* trainPrepared(
  prepared: Prepared,
  signal: AbortSignal | undefined,
  warning: WarningEvent | null,
): AsyncGenerator<TrainEvent, Divergence | null, undefined> {
  const loop = new Loop(prepared, signal);
  try {
    if (warning) yield warning;
    yield* loop.events();
    return loop.divergence;
  } finally {
    try {
      await loop.saveUnsaved();
    } finally {
      await loop.dispose();
      await prepared.gan.dispose();
    }
  }
}

class Loop {
  readonly #run: Prepared;
  readonly #gan: DCGAN;
  readonly #signal: AbortSignal | undefined;
  readonly #stepsPerEpoch: number;
  readonly #epochs: number;
  /** Each step's images: one array for all, or the garbage of two steps would outgrow a small model. */
  readonly #images: Float32Array<ArrayBuffer>;
  readonly #watch: Watch;
  readonly #evaluator: Evaluator;
  #distanceOfReals: number | null = null;
  /** Steps of the newest checkpoint. */
  #saved: number;
  #divergence: Divergence | null = null;

  constructor(run: Prepared, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#gan = run.gan;
    this.#signal = signal;
    this.#epochs = run.record.config.epochs;
    this.#stepsPerEpoch = stepsPerEpoch(run.data.count, run.record.config.batchSize);
    this.#images = new Float32Array(run.record.config.batchSize * run.data.imageSize);
    this.#saved = run.gan.steps;
    this.#watch = new Watch(run.record.config);
    this.#watch.remember(run.lines);
    this.#evaluator = new Evaluator(run);
  }

  /** Set when a number is no number any more: nothing is saved from then on. */
  get divergence(): Divergence | null {
    return this.#divergence;
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    yield this.#runEvent();
    if (this.#gan.epoch >= this.#epochs) {
      yield this.#done(!existsSync(join(this.#run.folder, GIF_NAME)), true);
      return;
    }
    yield* this.#beforeTraining();
    while (this.#gan.epoch < this.#epochs) {
      yield* this.#epoch();
      if (this.#divergence) return;
      if (this.#signal?.aborted && this.#gan.epoch < this.#epochs) {
        const state = await this.#state();
        if (state) yield this.#interrupted(state);
        return;
      }
    }
    await this.#restoreNewest();
    yield this.#done(true, false);
  }

  dispose(): Promise<void> {
    return this.#evaluator.dispose();
  }

  /** Keeps what a broken iteration would lose. */
  async saveUnsaved(): Promise<void> {
    if (this.#gan.steps === this.#saved || this.#divergence) return;
    const state = await this.#state();
    if (state) this.#save(state);
  }

  #runEvent(): RunEvent {
    const { folder, record, data, resumed, notes } = this.#run;
    return {
      type: 'run',
      folder,
      config: record.config,
      seed: record.seed,
      data: { name: data.name, count: data.count },
      info: this.#gan.info,
      stepsPerEpoch: this.#stepsPerEpoch,
      resumed,
      notes,
    };
  }

  /** The pictures of epoch 0, where a fresh run, or one stopped this early, lacks them. */
  async *#beforeTraining(): AsyncGenerator<PictureEvent, void, undefined> {
    if (this.#gan.steps > 0) return;
    const { folder, data } = this.#run;
    savePicture(join(folder, IMAGES_FOLDER, REALS_NAME), realsPicture(data));
    yield this.#picture(0, await progressImages(this.#gan));
  }

  async *#epoch(): AsyncGenerator<TrainEvent, void, undefined> {
    const { data, record, lines: past } = this.#run;
    const { batchSize } = record.config;
    const epoch = this.#gan.epoch + 1;
    const order = epochOrder(data.count, record.seed, epoch);
    const lines = past
      .filter((line) => line.type !== 'evaluation')
      .filter((line) => line.type === 'step' && line.epoch === epoch);
    const before = lines.reduce((total, line) => total + line.seconds, 0);
    const started = performance.now();
    let waited = 0;
    const first = this.#gan.steps - (epoch - 1) * this.#stepsPerEpoch;
    for (let i = first; i < this.#stepsPerEpoch; i++) {
      if (this.#signal?.aborted) return;
      const event = await this.#step(epoch, i + 1, order.subarray(i * batchSize, (i + 1) * batchSize));
      const { images: _, stepInEpoch: __, ...line } = event;
      appendMetrics(this.#run.folder, line);
      lines.push(line);
      const seen = brokenNumber(event);
      if (seen !== null) this.#divergence = { step: event.step, seen };
      const handed = performance.now();
      yield event;
      if (this.#divergence) return;
      for (const warning of this.#watch.step(event)) yield { type: 'warning', ...warning };
      waited += performance.now() - handed;
    }
    const state = await this.#state();
    if (!state) return;
    const images = await progressImages(this.#gan);
    const picture = this.#picture(epoch, images);
    this.#gan.epoch = epoch;
    const seconds = (): number => before + (performance.now() - started - waited) / 1000;
    const step = this.#gan.steps;
    const found = { diversity: this.#diversity(images), ...gradientNorms(state) };
    const event: Omit<EpochEvent, 'seconds'> = { type: 'epoch', epoch, step, ...meansOf(lines), ...found };
    // The line comes before the checkpoint, so that a checkpoint's metrics are always there: its time lacks the saving.
    appendMetrics(this.#run.folder, { ...event, seconds: seconds() });
    const evaluated = performance.now();
    const evaluation = this.#evaluator.isDue(epoch) ? await this.#evaluate(epoch, state) : null;
    waited += performance.now() - evaluated;
    const checkpoint = this.#save(state);
    prune(checkpointsOf(this.#run.folder));
    yield picture;
    yield checkpoint;
    yield { ...event, seconds: seconds() };
    if (evaluation) yield evaluation;
    for (const warning of this.#watch.epoch({ epoch, step, ...found })) yield { type: 'warning', ...warning };
  }

  async #step(epoch: number, stepInEpoch: number, indices: Uint32Array): Promise<StepEvent> {
    const started = performance.now();
    const { data } = this.#run;
    const images = this.#images.subarray(0, indices.length * data.imageSize);
    const classes = this.#gan.config.classes > 0 ? Array.from(indices, (i) => data.labels![i]!) : undefined;
    const result = await this.#gan.step(data.batch(indices, images), { classes });
    const seconds = (performance.now() - started) / 1000;
    return { type: 'step', step: this.#gan.steps, epoch, stepInEpoch, images: indices.length, ...result, seconds };
  }

  /** Its line and the best state, too, come before the checkpoint: a resume from there has both. */
  async #evaluate(epoch: number, state: ReadonlyMap<string, Tensor>): Promise<EvaluationEvent> {
    const event = await this.#evaluator.evaluate(this.#gan, { epoch, step: this.#gan.steps });
    if (event.best && this.#run.record.keepBest) this.#write(BEST_NAME, state);
    appendMetrics(this.#run.folder, lineOf(event));
    return event;
  }

  #diversity(images: Float32Array): number | null {
    const { data } = this.#run;
    this.#distanceOfReals ??= distanceOfReals(data);
    return this.#distanceOfReals > 0 ? meanDistance(images, data.imageSize) / this.#distanceOfReals : null;
  }

  /** Every tensor, if all is finite; null, and the run has diverged, if not. */
  async #state(): Promise<ReadonlyMap<string, Tensor> | null> {
    const tensors = await this.#gan.tensors();
    const seen = brokenTensor(tensors);
    if (seen === null) return tensors;
    this.#divergence = { step: this.#gan.steps, seen };
    return null;
  }

  #picture(epoch: number, images: Float32Array): PictureEvent {
    const path = join(this.#run.folder, IMAGES_FOLDER, pictureName(epoch));
    const picture = progressPicture(images, this.#gan, this.#run.record.contrast);
    savePicture(path, picture);
    return { type: 'picture', epoch, path, picture };
  }

  #save(tensors: ReadonlyMap<string, Tensor>): CheckpointEvent {
    const { epoch, steps: step } = this.#gan;
    const path = this.#write(nameOfState({ epoch, step }, this.#stepsPerEpoch), tensors);
    this.#saved = step;
    return { type: 'checkpoint', path, epoch, step };
  }

  #write(name: string, tensors: ReadonlyMap<string, Tensor>): string {
    const { config, seed, epoch, steps: step } = this.#gan;
    const bytes = encodeSnapshot({ config, seed, epoch, step, tensors });
    return saveCheckpoint(checkpointsOf(this.#run.folder), name, bytes);
  }

  #interrupted(state: ReadonlyMap<string, Tensor>): InterruptedEvent {
    const { path, epoch, step } = this.#save(state);
    return { type: 'interrupted', path, epoch, step };
  }

  /** As the tutorial does at its end; and proof that what is on disk can be read. */
  async #restoreNewest(): Promise<void> {
    const path = this.#newest();
    const { tensors } = decodeSnapshot(readFile(path), path);
    await this.#gan.restore(tensors);
  }

  #newest(): string {
    return join(checkpointsOf(this.#run.folder), checkpointName(this.#gan.epoch));
  }

  #done(film: boolean, already: boolean): DoneEvent {
    const { folder } = this.#run;
    const gif = film ? saveFilm(folder) : join(folder, GIF_NAME);
    return { type: 'done', folder, epochs: this.#gan.epoch, checkpoint: this.#newest(), gif, already };
  }
}
