// A page's training, in its Worker: the epochs of train/train.ts over the same order of the same data, so the same bits; what
// Node puts into a folder is handed out in events, and kept by the page where it is asked to.
import { nameOfState } from '../checkpoint/names.ts';
import type { Tensor } from '../checkpoint/safetensors.ts';
import { Dataset } from '../data/dataset.ts';
import { checkSeed, DCGAN, randomSeed } from '../gan/dcgan.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../gan/snapshot.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { distanceOfReals, meanDistance } from '../train/diversity.ts';
import { meansOf } from '../train/means.ts';
import { epochOrder, stepsPerEpoch } from '../train/order.ts';
import { progressImages, progressPicture } from '../train/progress.ts';
import { configOn, continuedConfig, refuseSettled } from '../train/settle.ts';
import { brokenNumber, brokenTensor, gradientNorms } from '../train/state.ts';
import { Watch } from '../train/watch.ts';
import type { CheckpointEvent, PictureEvent, StepEvent, TrainEvent } from './events.ts';
import * as kept from './kept.ts';
import type { SentOptions } from './options.ts';

export class PageRun {
  readonly #gan: DCGAN;
  readonly #data: Dataset;
  readonly #stepsPerEpoch: number;
  readonly #options: SentOptions;
  readonly #resumed: boolean;
  readonly #kept: string | null;
  readonly #unlock: () => void;
  /** Each step's images: one array for all. */
  readonly #images: Float32Array<ArrayBuffer>;
  /** Steps of the newest checkpoint. */
  #saved: number;
  #aborted = false;
  /** A number is not finite any more: nothing is saved from then on. */
  #broken = false;
  readonly #watch: Watch;
  readonly #distanceOfReals: number;

  private constructor(gan: DCGAN, data: Dataset, options: SentOptions, kept: string | null, unlock: () => void) {
    this.#gan = gan;
    this.#data = data;
    this.#options = options;
    this.#stepsPerEpoch = stepsPerEpoch(data.count, gan.config.batchSize);
    this.#resumed = options.resume !== undefined;
    this.#kept = kept;
    this.#unlock = unlock;
    this.#images = new Float32Array(gan.config.batchSize * data.imageSize);
    this.#saved = gan.steps;
    this.#watch = new Watch(gan.config);
    this.#distanceOfReals = distanceOfReals(data);
  }

  static async open(options: SentOptions): Promise<PageRun> {
    const { resume, keep } = options;
    const name = keep ?? (typeof resume === 'string' ? resume : null);
    const unlock = name === null ? () => {} : await kept.lock(name);
    try {
      if (name !== null && name !== resume && (await kept.newest(name)))
        throw usage({
          what: `this page keeps a run ${name} already`,
          todo: 'Resume it, remove it, or choose another name',
        });
      const data = await openData(options);
      const gan = resume === undefined ? await openFresh(options, data) : await openAt(resume, options, data);
      if (name !== null && name !== resume) await kept.noteData(name, data);
      return new PageRun(gan, data, options, name, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** The step under way is finished, saved, and the last. */
  abort(): void {
    this.#aborted = true;
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    const gan = this.#gan;
    const { config, seed, info } = gan;
    const { name, count } = this.#data;
    yield {
      type: 'run',
      kept: this.#kept,
      config,
      seed,
      data: { name, count },
      info,
      stepsPerEpoch: this.#stepsPerEpoch,
      resumed: this.#resumed ? { epoch: gan.epoch, step: gan.steps } : null,
      notes: [],
    };
    if (gan.epoch >= config.epochs) {
      yield { type: 'done', epochs: gan.epoch, already: true };
      return;
    }
    if (gan.steps === 0) {
      // Every step has a checkpoint before it, as in Node.
      if (this.#kept !== null) await this.#save(await this.#state());
      yield await this.#picture();
    }
    while (gan.epoch < config.epochs) {
      yield* this.#epoch();
      if (this.#aborted && gan.epoch < config.epochs) {
        yield { ...(await this.#save(await this.#state())), type: 'interrupted' };
        return;
      }
    }
    yield { type: 'done', epochs: gan.epoch, already: false };
  }

  /** Keeps what a broken iteration would lose, and frees the device. */
  async finish(): Promise<void> {
    try {
      if (this.#kept !== null && this.#gan.steps > this.#saved && !this.#broken) await this.#save(await this.#state());
    } finally {
      this.#unlock();
      await this.#gan.dispose();
    }
  }

  async *#epoch(): AsyncGenerator<TrainEvent, void, undefined> {
    const gan = this.#gan;
    const { batchSize } = gan.config;
    const { pictureEvery = Number.POSITIVE_INFINITY } = this.#options;
    const epoch = gan.epoch + 1;
    const order = epochOrder(this.#data.count, gan.seed, epoch);
    const steps: StepEvent[] = [];
    let seconds = 0;
    for (let i = gan.steps - (epoch - 1) * this.#stepsPerEpoch; i < this.#stepsPerEpoch; i++) {
      if (this.#aborted) return;
      const event = await this.#step(epoch, i + 1, order.subarray(i * batchSize, (i + 1) * batchSize));
      steps.push(event);
      seconds += event.seconds;
      const seen = brokenNumber(event);
      if (seen !== null) this.#broken = true;
      yield event;
      if (seen !== null) throw diverged(event.step, seen);
      for (const warning of this.#watch.step(event)) yield { type: 'warning', ...warning };
      if (i + 1 < this.#stepsPerEpoch && gan.steps % pictureEvery === 0) yield await this.#picture();
    }
    gan.epoch = epoch;
    const started = performance.now();
    const state = await this.#state();
    const images = await progressImages(gan);
    const [picture, checkpoint] = [this.#draw(images), await this.#save(state)];
    const distance = this.#distanceOfReals;
    const diversity = distance > 0 ? meanDistance(images, this.#data.imageSize) / distance : null;
    const found = { diversity, ...gradientNorms(state) };
    seconds += (performance.now() - started) / 1000;
    yield picture;
    yield checkpoint;
    const step = gan.steps;
    yield { type: 'epoch', epoch, step, ...meansOf(steps), ...found, seconds };
    for (const warning of this.#watch.epoch({ epoch, step, ...found })) yield { type: 'warning', ...warning };
  }

  async #step(epoch: number, stepInEpoch: number, indices: Uint32Array): Promise<StepEvent> {
    const started = performance.now();
    const images = this.#images.subarray(0, indices.length * this.#data.imageSize);
    const { labels } = this.#data;
    const classes = this.#gan.config.classes > 0 ? Array.from(indices, (i) => labels![i]!) : undefined;
    const result = await this.#gan.step(this.#data.batch(indices, images), { classes });
    const seconds = (performance.now() - started) / 1000;
    return { type: 'step', step: this.#gan.steps, epoch, stepInEpoch, images: indices.length, ...result, seconds };
  }

  async #picture(): Promise<PictureEvent> {
    return this.#draw(await progressImages(this.#gan));
  }

  #draw(images: Float32Array): PictureEvent {
    const picture = progressPicture(images, this.#gan, this.#options.contrast ?? 'fixed');
    return { type: 'picture', epoch: this.#gan.epoch, step: this.#gan.steps, picture };
  }

  /** Every tensor. @throws DcganError when a value is not finite: it is not to be saved */
  async #state(): Promise<ReadonlyMap<string, Tensor>> {
    const tensors = await this.#gan.tensors();
    const seen = brokenTensor(tensors);
    if (seen === null) return tensors;
    this.#broken = true;
    throw diverged(this.#gan.steps, seen);
  }

  async #save(tensors: ReadonlyMap<string, Tensor>): Promise<CheckpointEvent> {
    const { config, seed, epoch, steps: step } = this.#gan;
    const name = nameOfState({ epoch, step }, this.#stepsPerEpoch);
    const bytes = encodeSnapshot({ config, seed, epoch, step, tensors });
    if (this.#kept !== null) await kept.add(this.#kept, name, bytes);
    this.#saved = step;
    return { type: 'checkpoint', epoch, step, name, bytes };
  }
}

async function openData({ data: parts, resume }: SentOptions): Promise<Dataset> {
  const data = new Dataset(parts);
  return typeof resume === 'string' ? kept.dataOf(resume, data) : data;
}

function diverged(step: number, seen: string): DcganError {
  return new DcganError({
    what: `the training has diverged: in step ${step} ${seen}`,
    todo: 'Start a new run with a lower learningRate, or go on from the last checkpoint in Node: dcgan train --on-nan lower-lr',
  });
}

function openFresh({ seed, device, threads, ...options }: SentOptions, data: Dataset): Promise<DCGAN> {
  const config = configOn(data, options);
  return DCGAN.create({ ...config, seed: checkSeed(seed ?? randomSeed()), device, threads });
}

async function openAt(resume: string | Uint8Array, options: SentOptions, data: Dataset): Promise<DCGAN> {
  refuseSettled({ ...options });
  const snapshot = await snapshotOf(resume);
  const config = continuedConfig(snapshot, data, options.epochs);
  const machine = { device: options.device, threads: options.threads };
  return DCGAN.fromSnapshot({ ...snapshot, config }, machine);
}

async function snapshotOf(resume: string | Uint8Array): Promise<Snapshot> {
  if (typeof resume !== 'string') return decodeSnapshot(resume, 'the checkpoint');
  const newest = await kept.newest(resume);
  if (!newest)
    throw usage({
      what: `this page keeps no run ${resume}`,
      todo: 'Check the name, or give a checkpoint: a Blob or its bytes',
    });
  return decodeSnapshot(new Uint8Array(await newest.file.arrayBuffer()), newest.name);
}
