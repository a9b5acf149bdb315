// Diversity says how much a run's samples differ from each other, compared with the reals. It is
// near 0 when the generator draws the same image for any noise, and about 1 when samples differ as
// much as the data do. A conditional generator could draw one image of each class and still look
// diverse. Therefore samples of one class are also compared with the reals of that class. Recall
// and coverage stand beside these figures (recall.ts).
import type { Dataset } from '../../data/dataset.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import { FIXED_COUNT } from '../../gan/model.ts';
import type { Config } from '../../gan/schema.ts';
import { allOf } from '../../metrics/sets.ts';
import { Recall, type Recalled } from './recall.ts';
import { evenly, indicesOf, presentClasses } from './spread.ts';

/** This many reals are compared with each other. */
const REALS = 64;
/** This many classes are examined. */
const CLASSES = 4;

/** Says how different samples are from each other. */
export interface Diversities extends Recalled {
  /**
   * Mean distance between the pictures of the fixed noise, divided by that between reals; null when
   * all reals are alike.
   */
  readonly diversity: number | null;
  /**
   * The same figure for samples of one class or group and its reals, as the mean over four classes;
   * null without classes.
   */
  readonly classDiversity: number | null;
}

/** Measures a run's samples against its data. */
export class Diversity {
  readonly #data: Dataset;
  readonly #reals: number;
  /**
   * The classes that are examined, spread over all of them, and the mean distance within each of
   * them.
   */
  readonly #classes: readonly { readonly label: number; readonly distance: number }[];
  readonly #recall: Recall;

  constructor(data: Dataset, config: Pick<Config, 'classes' | 'batchSize'>) {
    this.#data = data;
    this.#reals = this.#distance(evenly([...allOf(data)], REALS));
    const present = config.classes > 0 ? presentClasses(data) : [];
    this.#classes = evenly(present, CLASSES).map((label) => {
      return { label, distance: this.#distance(evenly(indicesOf(data, [label]), REALS)) };
    });
    this.#recall = new Recall(data, config);
  }

  /**
   * Returns the diversities of a model after an epoch. `pictures` are what the generator makes of
   * the fixed noise, as the run shows it.
   */
  async of(gan: DCGAN, pictures: Float32Array, epoch: number): Promise<Diversities> {
    return {
      diversity: this.#reals > 0 ? meanDistance(pictures, this.#data.imageSize) / this.#reals : null,
      classDiversity: await this.#within(gan),
      ...(await this.#recall.of(gan, epoch)),
    };
  }

  async #within(gan: DCGAN): Promise<number | null> {
    const total = this.#classes.reduce((sum, { distance }) => sum + distance, 0);
    if (total === 0) return null;
    const each = Math.floor(FIXED_COUNT / this.#classes.length);
    const classes = this.#classes.flatMap(({ label }) => Array.from({ length: each }, () => label));
    const noise = (await gan.fixedNoise()).subarray(0, classes.length * gan.config.latent);
    const samples = await gan.generate(noise, { classes });
    const { imageSize } = this.#data;
    const own = this.#classes.reduce(
      (sum, _, i) => sum + meanDistance(samples.subarray(i * each * imageSize, (i + 1) * each * imageSize), imageSize),
      0,
    );
    return own / total;
  }

  #distance(indices: readonly number[]): number {
    const { imageSize } = this.#data;
    return meanDistance(this.#data.batch(indices, new Float32Array(indices.length * imageSize)), imageSize);
  }
}

/**
 * Returns the mean distance between two of the images, each `values` long; 0 for a single image.
 */
export function meanDistance(images: Float32Array, values: number): number {
  const count = images.length / values;
  let total = 0;
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) {
      let squares = 0;
      for (let i = 0; i < values; i++) squares += (images[a * values + i]! - images[b * values + i]!) ** 2;
      total += Math.sqrt(squares);
    }
  return count > 1 ? total / ((count * (count - 1)) / 2) : 0;
}
