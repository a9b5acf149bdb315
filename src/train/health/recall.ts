// Recall says which share of the reals lies among a run's samples, by their pixels (Kynkäänniemi et
// al. 2019; metrics/figures/manifold.ts). It sees a loss of variety that the distances of
// diversity.ts miss: blends of several reals lie far apart, and no real lies among them. It is also
// low when the networks have learned little so far. Then coverage is low too, the share of reals
// with a sample near by.
import type { Dataset } from '../../data/dataset.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import type { Config } from '../../gan/schema.ts';
import { EVALUATION_SEED } from '../../metrics/comparison.ts';
import { Distances } from '../../metrics/distances.ts';
import type { Extractor, Features } from '../../metrics/extractor.ts';
import { manifoldFigures, realNeighbours } from '../../metrics/figures/manifold.ts';
import type { Neighbours } from '../../metrics/neighbours.ts';
import { openPixels } from '../../metrics/pixels.ts';
import { allOf } from '../../metrics/sets.ts';
import { stepsPerEpoch } from '../epoch.ts';
import { evenly, indicesOf, presentClasses } from './spread.ts';

/**
 * So many samples are compared with as many reals. Of 128, each of 40 groups has three, and
 * collapsed groups went unseen; 500 cost twice as much and told sound trainings apart later.
 */
const COUNT = 256;
/** With more classes the samples of a class would have too few neighbours of their own class. */
const CLASSES = 40;
/**
 * It is measured once in so many steps. It takes as long as one to seven of them, the more the
 * smaller the pictures, so that it costs 0.2 to 1.5 % of a training.
 */
const STEPS = 500;

/** The data's side of the comparison. */
interface Against {
  readonly distances: Distances;
  readonly reals: Features;
  readonly neighbours: Neighbours;
}

/** What is measured; null in epochs in which it is not, and with fewer than 256 images. */
export interface Recalled {
  /** The share of the reals that lie among the samples, by the pixels of 256 of each. */
  readonly recall: number | null;
  /** The share of the same reals that have a sample near by. */
  readonly coverage: number | null;
}

/** Measures a run's recall and coverage, in some of its epochs. */
export class Recall {
  readonly #data: Dataset;
  readonly #every: number;
  /** The classes of the samples, in turn; null without classes. */
  readonly #classes: readonly number[] | null;
  readonly #pixels: Extractor;
  #against: Promise<Against> | null = null;

  constructor(data: Dataset, { classes, batchSize }: Pick<Config, 'classes' | 'batchSize'>) {
    this.#data = data;
    this.#every = Math.ceil(STEPS / stepsPerEpoch(data.count, batchSize));
    this.#classes = classes > 0 ? evenly(presentClasses(data), CLASSES) : null;
    this.#pixels = openPixels(data);
  }

  async of(gan: Pick<DCGAN, 'generate'>, epoch: number): Promise<Recalled> {
    if (epoch % this.#every !== 0 || this.#data.count < COUNT) return { recall: null, coverage: null };
    this.#against ??= this.#reals();
    const { distances, reals, neighbours } = await this.#against;
    const classes = this.#classes ?? undefined;
    const samples = await gan.generate(COUNT, { seed: EVALUATION_SEED, classes });
    const { features } = await this.#pixels.extract(samples, COUNT);
    const { recall, coverage } = await manifoldFigures(distances, reals, features, neighbours);
    return { recall, coverage };
  }

  async #reals(): Promise<Against> {
    // One thread of WebAssembly is part of every Node and every page, and holds nothing to free.
    const distances = await Distances.open({ device: 'wasm', threads: 1 });
    const indices = evenly(this.#classes ? indicesOf(this.#data, this.#classes) : [...allOf(this.#data)], COUNT);
    const { features } = await this.#pixels.extract(this.#data.batch(indices), indices.length);
    return { distances, reals: features, neighbours: await realNeighbours(distances, features) };
  }
}
