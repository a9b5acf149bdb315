// The steps of a training, reported in their order. As many are under way at a time as the device asks
// for. A GPU asks for two, since it would else wait for the next one to be handed over. A processor asks
// for one: another would gain it nothing, and a stop would take longer.
import type { Dataset } from '../data/dataset.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { StepEvent } from './events.ts';

export class Steps {
  readonly #gan: DCGAN;
  readonly #data: Dataset;
  /** Of the steps under way, in turn: fresh arrays for each would be more garbage than a small model. */
  readonly #images: readonly Float32Array<ArrayBuffer>[];
  #underWay: Promise<StepEvent>[] = [];
  /** When the last one was done. */
  #done = Number.NEGATIVE_INFINITY;

  constructor(gan: DCGAN, data: Dataset) {
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

  /** Whether as many are under way as should be. */
  get full(): boolean {
    return this.#underWay.length === this.#images.length;
  }

  /**
   * Begins the next step.
   * @param indices of its images
   */
  ask(epoch: number, stepInEpoch: number, indices: Uint32Array): void {
    const asked = performance.now();
    const [gan, data] = [this.#gan, this.#data];
    const place = this.#images[gan.steps % this.#images.length]!;
    const images = data.batch(indices, place.subarray(0, indices.length * data.imageSize));
    const classes = gan.config.classes > 0 ? Array.from(indices, (i) => data.labels![i]!) : undefined;
    const stepping = gan.step(images, { classes });
    const about = { type: 'step', step: gan.steps, epoch, stepInEpoch, images: indices.length } as const;
    const event = stepping.then((result) => {
      const began = Math.max(asked, this.#done);
      this.#done = performance.now();
      return { ...about, ...result, seconds: (this.#done - began) / 1000 };
    });
    // A failure is thrown where it is waited for.
    event.catch(() => {});
    this.#underWay.push(event);
  }

  /** The first of those under way, done. When it fails nothing is under way any more: what follows it cannot be right. */
  async next(): Promise<StepEvent> {
    try {
      return await this.#underWay.shift()!;
    } catch (error) {
      this.#underWay = [];
      throw error;
    }
  }
}
