// The loop: epochs over shuffled data, one plan run a step; at an epoch's end its picture, its means, an evaluation where one is
// due, and a checkpoint. It is an iteration of events: each step is taken when the next event is asked for. Where all that goes,
// into a folder (train.ts) or to a page (browser/page-run.ts), is said by what extends it.
import type { Tensor } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { Divergence } from './divergence.ts';
import { Diversity } from './diversity.ts';
import type { EpochEvent, StepEvent, WarningEvent } from './events.ts';
import { meansOf } from './means.ts';
import type { MetricsLine, TrainedLine } from './metrics.ts';
import { epochOrder, stepsPerEpoch } from './order.ts';
import { progressImages } from './progress.ts';
import { brokenNumber, brokenTensor, gradientNorms } from './state.ts';
import { Watch } from './watch.ts';

export type State = ReadonlyMap<string, Tensor>;

/** What a run is made of, wherever it runs. */
export interface Parts {
  readonly gan: DCGAN;
  readonly data: Dataset;
  /** The metrics so far. */
  readonly lines?: readonly MetricsLine[];
  /** A picture also after each so many steps; never when not given. */
  readonly pictureEvery?: number | undefined;
}

/** `E`: what pictures and evaluations become; `C`: what a checkpoint becomes. */
export abstract class Loop<E, C> {
  protected readonly gan: DCGAN;
  protected readonly data: Dataset;
  protected readonly stepsPerEpoch: number;
  readonly #lines: readonly MetricsLine[];
  readonly #pictureEvery: number;
  /** Each step's images: one array for all, or the garbage of two steps would outgrow a small model. */
  readonly #images: Float32Array<ArrayBuffer>;
  readonly #watch: Watch;
  #diversity: Diversity | null = null;
  /** The newest checkpoint, where this loop saved one, and its steps. */
  #checkpoint: C | null = null;
  #saved: number;
  #divergence: Divergence | null = null;

  constructor({ gan, data, lines = [], pictureEvery = Number.POSITIVE_INFINITY }: Parts) {
    const { batchSize } = gan.config;
    this.gan = gan;
    this.data = data;
    this.stepsPerEpoch = stepsPerEpoch(data.count, batchSize);
    this.#lines = lines;
    this.#pictureEvery = pictureEvery;
    this.#images = new Float32Array(batchSize * data.imageSize);
    this.#saved = gan.steps;
    this.#watch = new Watch(gan.config);
    this.#watch.remember(lines);
  }

  /** Whether the step under way is to be the last. */
  protected abstract readonly stopping: boolean;
  /** What the generator makes of the fixed noise, after `epoch` epochs. */
  protected abstract picture(epoch: number, images: Float32Array): E;
  protected abstract save(state: State): C | Promise<C>;
  /** A line for the metrics. An epoch's comes before its checkpoint, so that a checkpoint's metrics are always there. */
  protected note(_line: TrainedLine): void {}
  /** The evaluation that is due after the epoch that is done; null when none is. */
  protected async evaluate(_state: State): Promise<E | null> {
    return null;
  }

  /** Set when a number is no number any more: nothing is saved from then on. */
  get divergence(): Divergence | null {
    return this.#divergence;
  }

  protected get isDone(): boolean {
    return this.gan.epoch >= this.gan.config.epochs;
  }

  /** The first picture, and all epochs until the last, a stop or a divergence. */
  protected async *epochs(): AsyncGenerator<StepEvent | EpochEvent | WarningEvent | E | C, void, undefined> {
    if (this.gan.steps === 0) yield this.picture(0, await progressImages(this.gan));
    while (!this.isDone && !this.stopping && !this.#divergence) yield* this.#epoch();
  }

  /** The state as it is now, saved; null, and the run has diverged, when not all of it is finite. */
  protected async saveNow(): Promise<C | null> {
    if (this.#checkpoint && this.#saved === this.gan.steps) return this.#checkpoint;
    const state = await this.#state();
    return state && this.#save(state);
  }

  /** Keeps what a broken iteration would lose. */
  async saveUnsaved(): Promise<void> {
    if (this.gan.steps !== this.#saved && !this.#divergence) await this.saveNow();
  }

  async *#epoch(): AsyncGenerator<StepEvent | EpochEvent | WarningEvent | E | C, void, undefined> {
    const { gan, data } = this;
    const { batchSize } = gan.config;
    const epoch = gan.epoch + 1;
    const order = epochOrder(data.count, gan.seed, epoch);
    const lines = this.#lines
      .filter((line) => line.type !== 'evaluation')
      .filter((line) => line.type === 'step' && line.epoch === epoch);
    const before = lines.reduce((total, line) => total + line.seconds, 0);
    const started = performance.now();
    // What is asked for between two steps is no part of an epoch's time.
    let waited = 0;
    for (let i = gan.steps - (epoch - 1) * this.stepsPerEpoch; i < this.stepsPerEpoch; i++) {
      if (this.stopping) return;
      const event = await this.#step(epoch, i + 1, order.subarray(i * batchSize, (i + 1) * batchSize));
      const { images: _, stepInEpoch: __, ...line } = event;
      this.note(line);
      lines.push(line);
      const seen = brokenNumber(event);
      if (seen !== null) this.#divergence = { step: event.step, seen };
      const handed = performance.now();
      yield event;
      if (this.#divergence) return;
      for (const warning of this.#watch.step(event)) yield { type: 'warning', ...warning };
      if (i + 1 < this.stepsPerEpoch && gan.steps % this.#pictureEvery === 0)
        yield this.picture(gan.epoch, await progressImages(gan));
      waited += performance.now() - handed;
    }
    const state = await this.#state();
    if (!state) return;
    const images = await progressImages(gan);
    const picture = this.picture(epoch, images);
    const seconds = (): number => before + (performance.now() - started - waited) / 1000;
    this.#diversity ??= new Diversity(data, gan.config.classes);
    const found = { ...(await this.#diversity.of(gan, images)), ...gradientNorms(state) };
    const event = { type: 'epoch', epoch, step: gan.steps, ...meansOf(lines), ...found } as const;
    this.note({ ...event, seconds: seconds() });
    gan.epoch = epoch;
    const evaluated = performance.now();
    const evaluation = await this.evaluate(state);
    waited += performance.now() - evaluated;
    const checkpoint = await this.#save(state);
    yield picture;
    yield checkpoint;
    yield { ...event, seconds: seconds() };
    if (evaluation) yield evaluation;
    for (const warning of this.#watch.epoch(event)) yield { type: 'warning', ...warning };
  }

  async #step(epoch: number, stepInEpoch: number, indices: Uint32Array): Promise<StepEvent> {
    const started = performance.now();
    const { gan, data } = this;
    const images = this.#images.subarray(0, indices.length * data.imageSize);
    const classes = gan.config.classes > 0 ? Array.from(indices, (i) => data.labels![i]!) : undefined;
    const result = await gan.step(data.batch(indices, images), { classes });
    const seconds = (performance.now() - started) / 1000;
    return { type: 'step', step: gan.steps, epoch, stepInEpoch, images: indices.length, ...result, seconds };
  }

  async #state(): Promise<State | null> {
    const tensors = await this.gan.tensors();
    const seen = brokenTensor(tensors);
    if (seen === null) return tensors;
    this.#divergence = { step: this.gan.steps, seen };
    return null;
  }

  async #save(state: State): Promise<C> {
    this.#checkpoint = await this.save(state);
    this.#saved = this.gan.steps;
    return this.#checkpoint;
  }
}
