// Takes the steps of a training and reports them in order. The device says how many steps may be
// under way at once. A GPU takes two, because it would otherwise wait for the next one to be
// submitted. A processor takes one: a second would gain nothing, and a stop would take longer.
import type { Dataset } from '../data/dataset.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { StepEvent } from './events.ts';

/** Whoever computes a part of each step elsewhere. */
export interface Followers {
  /** Is called before each step. @param indices the images of its mini-batch */
  step(step: number, indices: Uint32Array): void;
}

export class Steps {
  readonly #gan: DCGAN;
  readonly #data: Dataset;
  /**
   * Image buffers for the steps under way, used in turn. New arrays for each step would be more
   * garbage than a small model.
   */
  readonly #images: readonly Float32Array<ArrayBuffer>[];
  readonly #followers: Followers | undefined;
  #underWay: Promise<StepEvent>[] = [];
  /** The time when the last step was done. */
  #done = Number.NEGATIVE_INFINITY;

  constructor(gan: DCGAN, data: Dataset, followers?: Followers) {
    this.#followers = followers;
    this.#gan = gan;
    this.#data = data;
    this.#images = Array.from(
      { length: gan.info.stepsAtOnce },
      () => new Float32Array(gan.config.batchSize * data.imageSize),
    );
  }

  get underWay(): number {
    return this.#underWay.length;
  }

  /** Whether as many steps are under way as the device takes. */
  get full(): boolean {
    return this.#underWay.length === this.#images.length;
  }

  /**
   * Begins the next step.
   * @param indices the images of its mini-batch
   */
  ask(epoch: number, stepInEpoch: number, indices: Uint32Array): void {
    const asked = performance.now();
    const [gan, data] = [this.#gan, this.#data];
    const place = this.#images[gan.steps % this.#images.length]!;
    const { first, count } = gan.held(indices.length);
    const own = indices.subarray(first, first + count);
    const images = data.batch(own, place.subarray(0, count * data.imageSize));
    const classes = gan.config.classes > 0 ? Array.from(indices, (i) => data.labels![i]!) : undefined;
    this.#followers?.step(gan.steps + 1, indices);
    const stepping = gan.stepHeld(indices.length, images, classes);
    const about = { type: 'step', step: gan.steps, epoch, stepInEpoch, images: indices.length } as const;
    const event = stepping.then((result) => {
      const began = Math.max(asked, this.#done);
      this.#done = performance.now();
      return { ...about, ...result, seconds: (this.#done - began) / 1000 };
    });
    // A failure is thrown to whoever awaits the step.
    event.catch(() => {});
    this.#underWay.push(event);
  }

  /**
   * Waits for the oldest step under way. When it fails, all later ones are dropped, because they
   * cannot be right.
   */
  async next(): Promise<StepEvent> {
    try {
      return await this.#underWay.shift()!;
    } catch (error) {
      this.#underWay = [];
      throw error;
    }
  }
}
