// One number for many checkpoints, cheap enough for every epoch: the Fréchet distance where an extractor knows the images, else
// the mean of the sliced Wasserstein distances. Both are to the last digit what a `Judge` says of the same samples.
import type { Dataset } from '../data/dataset.ts';
import type { Extractor } from './extractor.ts';
import { frechetDistance, type Moments, momentsOf } from './frechet.ts';
import type { MetricsMachine } from './machine.ts';
import type { ImageSet } from './pyramid.ts';
import { comparedPart, featuresOf, firstOf, heldOutPart, orderOf, setOf, slicedCount } from './sets.ts';
import { slicedWasserstein } from './wasserstein.ts';

export const MEASURES = ['frechet-distance', 'sliced-wasserstein'] as const;
export type Measure = (typeof MEASURES)[number];

/** For people. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  'frechet-distance': 'Fréchet distance',
  'sliced-wasserstein': 'sliced Wasserstein distance',
};

/** How far samples are from the data: lower is better. Only values of one measure, extractor and sample count compare. */
export interface Measurement {
  readonly measure: Measure;
  readonly value: number;
  /** The same of held-out images in the samples' place. */
  readonly floor: number;
  readonly samples: number;
  /** Null for a measure that needs none. */
  readonly extractor: { readonly name: string; readonly sha256: string } | null;
}

type Kind = Pick<Measurement, 'measure' | 'samples' | 'extractor'>;

export function comparable(a: Kind, b: Kind): boolean {
  return a.measure === b.measure && a.samples === b.samples && a.extractor?.sha256 === b.extractor?.sha256;
}

/** Samples of a measurement, where the data are as many. */
export const SAMPLES = 10_000;
/** Decides the noise of samples and the choice of data where nothing else is said: equal for all, so that figures compare. */
export const EVALUATION_SEED = 1;

/** What makes samples: a `DCGAN`. */
export interface Sampler {
  readonly config: { readonly imageSize: number; readonly channels: number };
  generate(count: number, options: { readonly seed: number }): Promise<Float32Array>;
}

export interface GaugeOptions extends MetricsMachine {
  readonly extractor: Extractor | null;
  readonly seed?: number | undefined;
  readonly count?: number | undefined;
}

export class Gauge {
  readonly measure: Measure;
  /** Samples of a measurement. */
  readonly count: number;
  readonly #options: GaugeOptions;
  readonly #seed: number;
  readonly #against: Moments | ImageSet;
  readonly #heldOut: ImageSet;
  #floor: Promise<number> | null = null;

  private constructor(options: GaugeOptions, against: Moments | ImageSet, heldOut: ImageSet, count: number) {
    this.#options = options;
    this.#seed = options.seed ?? EVALUATION_SEED;
    this.#against = against;
    this.#heldOut = heldOut;
    this.count = count;
    this.measure = 'mean' in against ? 'frechet-distance' : 'sliced-wasserstein';
  }

  /**
   * Looks at the data.
   * @param heldOut as for `Judge.open`: without, only the first half of the data is compared with
   */
  static async open(data: Dataset, heldOut: Dataset | null, options: GaugeOptions): Promise<Gauge> {
    const { extractor, seed = EVALUATION_SEED, count: most = SAMPLES } = options;
    const part = comparedPart(data, heldOut);
    const { set: rest } = heldOutPart(data, heldOut, { seed, count: most });
    if (extractor) {
      const moments = momentsOf(await featuresOf(part, extractor));
      return new Gauge(options, moments, rest, Math.min(most, data.count));
    }
    const count = Math.min(most, part.count, slicedCount(data.height, data.channels));
    return new Gauge(options, setOf(part, orderOf(part.count, seed).subarray(0, count)), rest, count);
  }

  /** Measures samples of a model, made of the seed's noise; classes take turns. Its state is left as it is. */
  async measureModel(gan: Sampler): Promise<Measurement> {
    const { imageSize: side, channels } = gan.config;
    const images = await gan.generate(this.count, { seed: this.#seed });
    return this.measureSet({ images, count: this.count, side, channels });
  }

  async measureSet(samples: ImageSet): Promise<Measurement> {
    const { extractor } = this.#options;
    const value = await this.#distance(samples);
    this.#floor ??= this.#distance(this.#heldOut);
    return {
      measure: this.measure,
      value,
      floor: await this.#floor,
      samples: samples.count,
      extractor: extractor && { name: extractor.name, sha256: extractor.sha256 },
    };
  }

  #distance(set: ImageSet): Promise<number> {
    const against = this.#against;
    return 'mean' in against ? this.#frechet(set, against) : this.#sliced(set, against);
  }

  async #frechet(set: ImageSet, against: Moments): Promise<number> {
    const { features } = await this.#options.extractor!.extract(set.images, set.count);
    return frechetDistance(momentsOf(features), against);
  }

  async #sliced(set: ImageSet, against: ImageSet): Promise<number> {
    const count = Math.min(set.count, against.count);
    const levels = await slicedWasserstein(firstOf(set, count), firstOf(against, count), this.#seed, this.#options);
    return levels.reduce((total, { distance }) => total + distance, 0) / levels.length;
  }
}
