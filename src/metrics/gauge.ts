// One number for many checkpoints, cheap enough for every epoch: the Fréchet distance when there is
// an extractor for the images, otherwise the mean of the sliced Wasserstein distances. A `Judge` of
// the same samples gives the same number to the last digit.
import type { Dataset } from '../data/dataset.ts';
import { type ImageSize, imageShape } from '../data/image-size.ts';
import { type Comparison, type ComparisonOptions, comparisonOf, extractSamples, SlicedData } from './comparison.ts';
import { type Extractor, type ExtractorInfo, type Features, infoOf } from './extractor.ts';
import { frechetDistance, type Moments, momentsOf } from './figures/frechet.ts';
import type { ImageSet } from './pyramid.ts';
import { allOf, comparedPart, heldOutPart, orderOf, setOf, slicedCount } from './sets.ts';
import { storedExtraction } from './stored.ts';

export const MEASURES = ['frechet-distance', 'sliced-wasserstein'] as const;
/** The figure that an evaluation during a training measures. */
export type Measure = (typeof MEASURES)[number];

/** The names in texts. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  'frechet-distance': 'Fréchet distance',
  'sliced-wasserstein': 'sliced Wasserstein distance',
};

/**
 * How far samples are from the data; lower is better. Values compare only when measure, extractor
 * and number of samples are equal.
 */
export interface Measurement {
  /** The figure that was measured. */
  readonly measure: Measure;
  /** The figure's value; lower is better. */
  readonly value: number;
  /** The same figure of held-out images. */
  readonly floor: number;
  /** The number of samples that were measured. */
  readonly samples: number;
  /** Null for a measure that needs no extractor. */
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

/** Makes samples. A `DCGAN` is a sampler. */
export interface Sampler {
  readonly config: { readonly imageSize: ImageSize; readonly channels: number };
  generate(count: number, options: { readonly seed: number }): Promise<Float32Array>;
}

/** What is known of the data and the held-out images: features, or patches. */
type Against =
  | {
      readonly measure: 'frechet-distance';
      readonly extractor: Extractor;
      readonly moments: Moments;
      readonly heldOut: Features;
    }
  | {
      readonly measure: 'sliced-wasserstein';
      readonly sliced: SlicedData;
      readonly heldOut: ImageSet;
    };

export class Gauge {
  /** The number of samples in a measurement. */
  readonly count: number;
  readonly #options: Comparison;
  readonly #against: Against;
  #floor: number | null = null;

  private constructor(options: Comparison, against: Against, count: number) {
    this.#options = options;
    this.#against = against;
    this.count = count;
  }

  /**
   * Opens a gauge for a dataset.
   * @param others held-out images, as for `Judge.open`; without them only the first half of the
   * data is compared with
   */
  static async open(data: Dataset, others: Dataset | null, options: ComparisonOptions): Promise<Gauge> {
    const comparison = comparisonOf(options);
    const { extractor, seed, count: most, onProgress } = comparison;
    const part = comparedPart(data, others);
    const rest = heldOutPart(data, others, { seed, count: most });
    if (extractor) {
      const { features } = await storedExtraction(part, allOf(part), extractor, onProgress);
      const { features: heldOut } = await storedExtraction(rest.data, rest.indices, extractor, onProgress);
      const against = { measure: 'frechet-distance', extractor, moments: momentsOf(features), heldOut } as const;
      return new Gauge(comparison, against, Math.min(most, data.count));
    }
    const count = Math.min(most, part.count, slicedCount(data));
    const subset = setOf(part, orderOf(part.count, seed).subarray(0, count));
    const sliced = await SlicedData.open(subset, comparison);
    const heldOut = setOf(rest.data, rest.indices);
    return new Gauge(comparison, { measure: 'sliced-wasserstein', sliced, heldOut }, count);
  }

  get measure(): Measure {
    return this.#against.measure;
  }

  /** Frees the device. The extractor remains its owner's. */
  async dispose(): Promise<void> {
    if (this.#against.measure === 'sliced-wasserstein') await this.#against.sliced.dispose();
  }

  /**
   * Measures samples that a model makes from the seed's noise, with classes in turn. It does not
   * change the model's state.
   */
  async measureModel(gan: Sampler): Promise<Measurement> {
    const [height, width, channels] = imageShape(gan.config);
    const images = await gan.generate(this.count, { seed: this.#options.seed });
    return this.measureSet({ images, count: this.count, height, width, channels });
  }

  async measureSet(samples: ImageSet): Promise<Measurement> {
    const against = this.#against;
    const value =
      against.measure === 'frechet-distance'
        ? distanceTo(against, (await extractSamples(against.extractor, samples, this.#options)).features)
        : await meanDistance(against, samples);
    this.#floor ??=
      against.measure === 'frechet-distance'
        ? distanceTo(against, against.heldOut)
        : await meanDistance(against, against.heldOut);
    const { extractor } = this.#options;
    return {
      measure: against.measure,
      value,
      floor: this.#floor,
      samples: samples.count,
      extractor: extractor && infoOf(extractor),
    };
  }
}

function distanceTo({ moments }: { readonly moments: Moments }, features: Features): number {
  return frechetDistance(momentsOf(features), moments);
}

async function meanDistance({ sliced }: { readonly sliced: SlicedData }, set: ImageSet): Promise<number> {
  const levels = await sliced.distances(set);
  return levels.reduce((total, { distance }) => total + distance, 0) / levels.length;
}
