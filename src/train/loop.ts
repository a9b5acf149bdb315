// The training loop. It runs epochs over shuffled data, and each step is one run of the plan. At
// the end of an epoch come its picture, its means, an evaluation where one is due, and a
// checkpoint. The loop is an iteration of events: it takes a step when the next event is asked for
// (on a GPU, one step earlier: steps.ts). Subclasses say where the results go: into a folder
// (train.ts) or to a page (browser/page-run.ts).
import { brokenTensor } from '../checkpoint/finite.ts';
import type { StoredTensor } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import { epochOrder, meansOf, stepsPerEpoch } from './epoch.ts';
import type { EpochEvent, StepEvent, WarningEvent } from './events.ts';
import type { Divergence } from './health/divergence.ts';
import { Diversity } from './health/diversity.ts';
import { brokenNumber, gradientNorms } from './health/state.ts';
import { Watch } from './health/watch.ts';
import type { MetricsLine, TrainedLine } from './metrics.ts';
import { progressImages } from './progress-pictures.ts';
import { type Followers, Steps } from './steps.ts';

export type State = ReadonlyMap<string, StoredTensor>;

/** The parts of a run, wherever it runs. */
export interface Parts {
  readonly gan: DCGAN;
  readonly data: Dataset;
  /** The metrics so far. */
  readonly lines?: Iterable<MetricsLine>;
  /** The other processes of the run, where there are any. */
  readonly ranks?: Followers | undefined;
  /** Also makes a picture after every so many steps; never when it is not given. */
  readonly pictureEvery?: number | undefined;
}

/** An evaluation that was stopped. A resume finishes its epoch. */
export const STOPPED = Symbol('stopped');

/** `E` is what pictures and evaluations become, and `C` is what a checkpoint becomes. */
export abstract class Loop<E, C> {
  protected readonly gan: DCGAN;
  protected readonly data: Dataset;
  protected readonly stepsPerEpoch: number;
  /** The lines of the steps that an epoch already had before this loop. */
  readonly #begun: TrainedLine[] = [];
  readonly #pictureEvery: number;
  readonly #steps: Steps;
  readonly #watch: Watch;
  #diversity: Diversity | null = null;
  /** The newest checkpoint that this loop saved, or null, and its steps. */
  #checkpoint: C | null = null;
  #saved: number;
  #taken: number;
  #divergence: Divergence | null = null;

  constructor({ gan, data, lines = [], ranks, pictureEvery = Number.POSITIVE_INFINITY }: Parts) {
    this.gan = gan;
    this.data = data;
    this.stepsPerEpoch = stepsPerEpoch(data.count, gan.config.batchSize);
    this.#pictureEvery = pictureEvery;
    this.#steps = new Steps(gan, data, ranks);
    this.#taken = gan.steps;
    this.#saved = gan.steps;
    this.#watch = new Watch(gan.config);
    for (const line of lines) {
      this.#watch.remember(line);
      if (line.type === 'step' && line.epoch === gan.epoch + 1) this.#begun.push(line);
    }
  }

  /** Whether the loop ends after the step under way. */
  protected abstract readonly stopping: boolean;
  /** Takes the images that the generator makes of the fixed noise, after `epoch` epochs. */
  protected abstract picture(epoch: number, images: Float32Array): E;
  protected abstract save(state: State): C | Promise<C>;
  /**
   * Takes a line for the metrics. An epoch's line comes before its checkpoint, so a checkpoint's
   * metrics are always there.
   */
  protected note(_line: TrainedLine): void {}
  /** Called when a step is done and its events were yielded. */
  protected async stepped(): Promise<void> {}
  /**
   * Makes the evaluation that is due after the finished epoch; null when none is due, and STOPPED
   * when the loop was asked to stop before it was done.
   */
  protected async evaluate(_state: State): Promise<E | typeof STOPPED | null> {
    return null;
  }

  /** Set when a number is not finite. Nothing is saved from then on. */
  get divergence(): Divergence | null {
    return this.#divergence;
  }

  /** The number of steps whose events were yielded. */
  get taken(): number {
    return this.#taken;
  }

  protected get isDone(): boolean {
    return this.gan.epoch >= this.gan.config.epochs;
  }

  /** Yields the first picture, and all epochs until the last one, a stop or a divergence. */
  protected async *epochs(): AsyncGenerator<StepEvent | EpochEvent | WarningEvent | E | C, void, undefined> {
    if (this.gan.steps === 0) yield this.picture(0, await progressImages(this.gan));
    while (!this.isDone && !this.stopping && !this.#divergence) yield* this.#epoch();
  }

  /**
   * Saves the current state. Returns null, and the run has diverged, when a value is not finite.
   */
  protected async saveNow(): Promise<C | null> {
    if (this.#checkpoint && this.#saved === this.gan.steps) return this.#checkpoint;
    const state = await this.#state();
    return state && this.#save(state);
  }

  /** Saves what would be lost when the iteration is broken off. */
  async saveUnsaved(): Promise<void> {
    if (this.gan.steps !== this.#saved && !this.#divergence) await this.saveNow();
  }

  async *#epoch(): AsyncGenerator<StepEvent | EpochEvent | WarningEvent | E | C, void, undefined> {
    const { gan, data } = this;
    const epoch = gan.epoch + 1;
    const lines = this.#begun.splice(0);
    yield* this.#epochSteps(epoch, lines);
    if (this.#divergence || gan.steps < epoch * this.stepsPerEpoch) return;
    // The time between two steps in which the listener works is not part of the epoch's time.
    const before = lines.reduce((total, line) => total + line.seconds, 0);
    const started = performance.now();
    let waited = 0;
    const state = await this.#state();
    if (!state) return;
    const images = await progressImages(gan);
    const picture = this.picture(epoch, images);
    const seconds = (): number => before + (performance.now() - started - waited) / 1000;
    this.#diversity ??= new Diversity(data, gan.config);
    const found = { ...(await this.#diversity.of(gan, images, epoch)), ...gradientNorms(state) };
    const event = { type: 'epoch', epoch, step: gan.steps, ...meansOf(lines), ...found } as const;
    this.note({ ...event, seconds: seconds() });
    gan.epoch = epoch;
    const evaluated = performance.now();
    const evaluation = await this.evaluate(state).catch((error: unknown) => {
      // The epoch is not done yet; a resume finishes it.
      gan.epoch = epoch - 1;
      throw error;
    });
    if (evaluation === STOPPED) {
      gan.epoch = epoch - 1;
      return;
    }
    waited += performance.now() - evaluated;
    const checkpoint = await this.#save(state);
    yield picture;
    yield checkpoint;
    yield { ...event, seconds: seconds() };
    if (evaluation) yield evaluation;
    for (const warning of this.#watch.epoch(event)) yield { type: 'warning', ...warning };
  }

  /**
   * Takes the remaining steps of an epoch, with pictures between them. Their lines are added to
   * `lines`.
   */
  async *#epochSteps(
    epoch: number,
    lines: TrainedLine[],
  ): AsyncGenerator<StepEvent | WarningEvent | E, void, undefined> {
    const { gan, data } = this;
    const { batchSize } = gan.config;
    const order = epochOrder(data.count, gan.seed, epoch);
    const first = (epoch - 1) * this.stepsPerEpoch;
    const end = epoch * this.stepsPerEpoch;
    const pictureIsDue = (step: number): boolean => step % this.#pictureEvery === 0 && step < end;
    const steps = this.#steps;
    const take = async (): Promise<StepEvent> => {
      const event = await steps.next();
      const { images: _, stepInEpoch: __, ...line } = event;
      this.note(line);
      lines.push(line);
      this.#taken = event.step;
      const seen = brokenNumber(event);
      if (seen !== null) this.#divergence = { step: event.step, seen };
      return event;
    };
    try {
      for (;;) {
        while (gan.steps < end && !steps.full && !this.stopping) {
          // A picture shows the state after its own step.
          if (steps.underWay > 0 && pictureIsDue(gan.steps)) break;
          const i = gan.steps - first;
          steps.ask(epoch, i + 1, order.subarray(i * batchSize, (i + 1) * batchSize));
        }
        if (steps.underWay === 0) return;
        const event = await take();
        yield event;
        if (this.#divergence) return;
        for (const warning of this.#watch.step(event)) yield { type: 'warning', ...warning };
        await this.stepped();
        if (pictureIsDue(event.step)) yield this.picture(gan.epoch, await progressImages(gan));
      }
    } finally {
      // When the iteration is broken off, the steps under way are part of the state that is saved.
      while (steps.underWay > 0 && !this.#divergence) await take();
    }
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
