// A comparison of samples with data, as `Judge` and `Gauge` both make it: its options with their
// defaults, and the sliced Wasserstein distances from a part of the data.
import { layoutState } from '../engine/layout.ts';
import type { Session } from '../engine/session.ts';
import type { Extracted, Extractor } from './extractor.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import type { ImageSet } from './pyramid.ts';
import { type ExtractionProgress, extractSet, firstOf, slicedCount } from './sets.ts';
import { type SlicedDistance, SlicedTarget } from './wasserstein.ts';

/** The default number of images in each set, when the data have as many. */
export const SAMPLES = 10_000;
/** The default seed. It is the same for all evaluations, so that their figures compare. */
export const EVALUATION_SEED = 1;

export interface ComparisonOptions extends MetricsMachine {
  readonly extractor: Extractor | null;
  /**
   * Decides the samples' noise, which images are taken, and the patches; `EVALUATION_SEED` when not
   * given.
   */
  readonly seed?: number | undefined;
  /** The number of images in each set; `SAMPLES` when not given. */
  readonly count?: number | undefined;
  readonly onProgress?: ExtractionProgress | undefined;
}

/** Options with the defaults in place. */
export type Comparison = ComparisonOptions & { readonly seed: number; readonly count: number };

export function comparisonOf(options: ComparisonOptions): Comparison {
  const { seed = EVALUATION_SEED, count = SAMPLES } = options;
  return { ...options, seed, count };
}

/** Extracts features of samples, which listeners of the progress know by that name. */
export function extractSamples(
  extractor: Extractor,
  samples: ImageSet,
  { onProgress }: Comparison,
): Promise<Extracted> {
  return extractSet(extractor, samples, 'the samples', onProgress);
}

/** A part of the data, from which the sliced Wasserstein distances of other sets are measured. */
export class SlicedData {
  readonly #images: ImageSet;
  readonly #seed: number;
  readonly #session: Session;
  #target: SlicedTarget | null = null;

  private constructor(images: ImageSet, seed: number, session: Session) {
    this.#images = images;
    this.#seed = seed;
    this.#session = session;
  }

  static async open(images: ImageSet, options: Comparison): Promise<SlicedData> {
    return new SlicedData(images, options.seed, await openSession(layoutState([]), options));
  }

  /** The session that computes; its state is empty. */
  get session(): Session {
    return this.#session;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  /**
   * Returns the distances at each level, finest first. The smaller set decides how many images are
   * compared.
   */
  distances(set: ImageSet): Promise<SlicedDistance[]> {
    const count = Math.min(set.count, this.#images.count, slicedCount(set));
    if (this.#target?.count !== count)
      this.#target = new SlicedTarget(firstOf(this.#images, count), this.#seed, this.#session);
    return this.#target.distances(firstOf(set, count));
  }
}
