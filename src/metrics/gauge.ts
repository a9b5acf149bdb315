// One number for many checkpoints, cheap enough for every epoch: the Fréchet distance where an extractor knows the images, else
// the mean of the sliced Wasserstein distances. Both are to the last digit what a `Judge` says of the same samples.
import type { Dataset } from '../data/dataset.ts';
import { layoutState } from '../engine/layout.ts';
import type { Session } from '../engine/session.ts';
import { type Extractor, type ExtractorInfo, type Features, infoOf } from './extractor.ts';
import { frechetDistance, type Moments, momentsOf } from './figures/frechet.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import type { ImageSet } from './pyramid.ts';
import {
  allOf,
  comparedPart,
  type ExtractionProgress,
  extractSet,
  firstOf,
  heldOutPart,
  orderOf,
  SAMPLES_NAME,
  setOf,
  slicedCount,
} from './sets.ts';
import { storedExtraction } from './stored.ts';
import { SlicedTarget } from './wasserstein.ts';

export const MEASURES = ['frechet-distance', 'sliced-wasserstein'] as const;
/** What an evaluation during a training measures. */
export type Measure = (typeof MEASURES)[number];

/** For people. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  'frechet-distance': 'Fréchet distance',
  'sliced-wasserstein': 'sliced Wasserstein distance',
};

/** How far samples are from the data: lower is better. Only values of one measure, extractor and sample count compare. */
export interface Measurement {
  /** What was measured. */
  readonly measure: Measure;
  /** The figure: lower is better. */
  readonly value: number;
  /** The same of held-out images in the samples' place. */
  readonly floor: number;
  /** Samples that were measured. */
  readonly samples: number;
  /** Null for a measure that needs none. */
  readonly extractor: ExtractorInfo | null;
}

type Kind = Pick<Measurement, 'measure' | 'samples' | 'extractor'>;

export function comparable(a: Kind, b: Kind): boolean {
  return (
    a.measure === b.measure &&
    a.samples === b.samples &&
    a.extractor?.sha256 === b.extractor?.sha256 &&
    a.extractor?.input === b.extractor?.input
  );
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
  readonly onProgress?: ExtractionProgress | undefined;
}

/** What is known of the data, and the held-out images: features, or patches. */
type Against =
  | {
      readonly measure: 'frechet-distance';
      readonly extractor: Extractor;
      readonly moments: Moments;
      readonly heldOut: Features;
    }
  | {
      readonly measure: 'sliced-wasserstein';
      readonly subset: ImageSet;
      readonly session: Session;
      readonly heldOut: ImageSet;
    };

export class Gauge {
  /** Samples of a measurement. */
  readonly count: number;
  readonly #options: GaugeOptions;
  readonly #seed: number;
  readonly #against: Against;
  #target: SlicedTarget | null = null;
  #floor: number | null = null;

  private constructor(options: GaugeOptions, against: Against, count: number) {
    this.#options = options;
    this.#seed = options.seed ?? EVALUATION_SEED;
    this.#against = against;
    this.count = count;
  }

  /**
   * Looks at the data.
   * @param others held-out images, as for `Judge.open`: without, only the first half of the data is compared with
   */
  static async open(data: Dataset, others: Dataset | null, options: GaugeOptions): Promise<Gauge> {
    const { extractor, seed = EVALUATION_SEED, count: most = SAMPLES, onProgress } = options;
    const part = comparedPart(data, others);
    const rest = heldOutPart(data, others, { seed, count: most });
    if (extractor) {
      const { features } = await storedExtraction(part, allOf(part), extractor, onProgress);
      const { features: heldOut } = await storedExtraction(rest.data, rest.indices, extractor, onProgress);
      const against = { measure: 'frechet-distance', extractor, moments: momentsOf(features), heldOut } as const;
      return new Gauge(options, against, Math.min(most, data.count));
    }
    const count = Math.min(most, part.count, slicedCount(data.height, data.channels));
    const subset = setOf(part, orderOf(part.count, seed).subarray(0, count));
    const session = await openSession(layoutState([]), options);
    const heldOut = setOf(rest.data, rest.indices);
    return new Gauge(options, { measure: 'sliced-wasserstein', subset, session, heldOut }, count);
  }

  get measure(): Measure {
    return this.#against.measure;
  }

  /** Frees its device; the extractor remains its owner's. */
  async dispose(): Promise<void> {
    if (this.#against.measure === 'sliced-wasserstein') await this.#against.session.dispose();
  }

  /** Measures samples of a model, made of the seed's noise; classes take turns. Its state is left as it is. */
  async measureModel(gan: Sampler): Promise<Measurement> {
    const { imageSize: side, channels } = gan.config;
    const images = await gan.generate(this.count, { seed: this.#seed });
    return this.measureSet({ images, count: this.count, side, channels });
  }

  async measureSet(samples: ImageSet): Promise<Measurement> {
    const against = this.#against;
    const value =
      against.measure === 'frechet-distance'
        ? distanceTo(
            against,
            (await extractSet(against.extractor, samples, SAMPLES_NAME, this.#options.onProgress)).features,
          )
        : await this.#sliced(against, samples);
    this.#floor ??=
      against.measure === 'frechet-distance'
        ? distanceTo(against, against.heldOut)
        : await this.#sliced(against, against.heldOut);
    const { extractor } = this.#options;
    return {
      measure: against.measure,
      value,
      floor: this.#floor,
      samples: samples.count,
      extractor: extractor && infoOf(extractor),
    };
  }

  async #sliced({ subset, session }: Against & { measure: 'sliced-wasserstein' }, set: ImageSet): Promise<number> {
    const count = Math.min(set.count, subset.count);
    if (this.#target?.count !== count) this.#target = new SlicedTarget(firstOf(subset, count), this.#seed, session);
    const levels = await this.#target.distances(firstOf(set, count));
    return levels.reduce((total, { distance }) => total + distance, 0) / levels.length;
  }
}

function distanceTo({ moments }: { readonly moments: Moments }, features: Features): number {
  return frechetDistance(momentsOf(features), moments);
}
