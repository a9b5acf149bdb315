// Compares samples with data: every figure, and beside it the same figure of held-out data as the
// floor that no samples can be expected to pass. Features of the data are extracted once, so that
// many checkpoints can be judged against them.
import type { Dataset } from '../data/dataset.ts';
import { type Comparison, type ComparisonOptions, comparisonOf, extractSamples, SlicedData } from './comparison.ts';
import { Distances } from './distances.ts';
import { infoOf } from './extractor.ts';
import type { ComparedData, MeasuredSet } from './figures/figure.ts';
import {
  classAnswers,
  type Evaluation,
  FIGURES,
  type Floor,
  featureFigures,
  idOf,
  scalesOf,
  valuesOf,
} from './figures.ts';
import { type Neighbours, nearest } from './neighbours.ts';
import type { ImageSet } from './pyramid.ts';
import { allOf, chosen, comparedPart, heldOutPart, orderOf, setOf } from './sets.ts';
import { extractorKey, imagesKey, storedExtraction, storedFigures } from './stored.ts';
import { verdictOf } from './verdict.ts';

/**
 * Images that no samples can be expected to beat. Their figures are only computed when they are not
 * in the cache.
 */
interface HeldOut {
  readonly name: string;
  readonly data: Dataset;
  readonly indices: Uint32Array;
}

/** The data's side of a comparison. */
interface Against {
  readonly name: string;
  readonly count: number;
  /** The number of classes of its labels; 0 when it has none. */
  readonly classes: number;
  readonly sliced: SlicedData;
  /** Identifies the data and the subset. */
  readonly key: readonly unknown[];
  /** Features of all images, and of the subset; null without an extractor. */
  readonly known: ComparedData | null;
}

export class Judge {
  readonly #options: Comparison;
  readonly #against: Against;
  readonly #heldOut: HeldOut;
  #floor: Promise<Floor> | null = null;

  private constructor(options: Comparison, against: Against, heldOut: HeldOut) {
    this.#options = options;
    this.#against = against;
    this.#heldOut = heldOut;
  }

  /**
   * Opens a judge for a dataset.
   * @param heldOut other images of the same kind, for the floors; when it is null, the last half of
   * `data` serves, and samples are judged against the first half
   */
  static async open(data: Dataset, heldOut: Dataset | null, options: ComparisonOptions): Promise<Judge> {
    const comparison = comparisonOf(options);
    const own = comparedPart(data, heldOut);
    const { extractor, seed, count, onProgress } = comparison;
    const some = orderOf(own.count, seed).subarray(0, count);
    const all = extractor && (await storedExtraction(own, allOf(own), extractor, onProgress)).features;
    const { name, count: images } = own;
    const sliced = await SlicedData.open(setOf(own, some), comparison);
    const known = all && { all, some: chosen(all, some), distances: new Distances(sliced.session) };
    const against = { name, count: images, classes: data.classCount, sliced, key: imagesKey(own, some), known };
    return new Judge(comparison, against, heldOutPart(data, heldOut, { seed, count }));
  }

  /** Frees the device. The extractor remains its owner's. */
  dispose(): Promise<void> {
    return this.#against.sliced.dispose();
  }

  /** Computes every figure of samples. `asked` holds the classes that they were made for. */
  async judge(samples: ImageSet, asked: ArrayLike<number> | null = null): Promise<Evaluation> {
    const { extractor } = this.#options;
    const extracted = extractor && (await extractSamples(extractor, samples, this.#options));
    const sliced = await this.#against.sliced.distances(samples);
    this.#floor ??= this.#floorFigures();
    const floor = await this.#floor;
    const { name, count, known, classes } = this.#against;
    // An extractor with other classes cannot say whether the samples' classes are right.
    const answers =
      extracted?.logits && classAnswers(extracted.logits, extracted.logits.width === classes ? asked : null);
    const figures = {
      samples: { count: samples.count },
      against: { name, count },
      heldOut: { name: this.#heldOut.name, count: this.#heldOut.indices.length },
      slicedWasserstein: sliced.map(({ side, distance }, i) => ({
        side,
        value: distance,
        floor: floor.sliced[i]!.distance,
      })),
      features:
        extractor && extracted && known && floor.features
          ? featureFigures(
              infoOf(extractor),
              await valuesOf({ ...extracted, data: known }, floor.features.scales),
              floor.features.values,
              answers ?? null,
            )
          : null,
    };
    return { verdict: verdictOf(figures), ...figures };
  }

  /**
   * Finds the nearest image of the data for each sample: its index, and its distance. It needs an
   * extractor.
   */
  async nearestImages(samples: ImageSet): Promise<Neighbours> {
    const { features } = await this.#options.extractor!.extract(samples.images, samples.count);
    const { distances, all } = this.#against.known!;
    return nearest(distances, features, all, 1);
  }

  /**
   * This takes as long as the figures of the samples and always gives the same numbers, so the
   * cache keeps them.
   */
  #floorFigures(): Promise<Floor> {
    const { data, indices } = this.#heldOut;
    const { extractor, seed, onProgress } = this.#options;
    const { device, variant } = this.#against.sliced.session.backend.info;
    const key = [
      FIGURES.map(idOf),
      this.#against.key,
      imagesKey(data, indices),
      extractor && extractorKey(extractor),
      seed,
      device,
      variant,
    ];
    return storedFigures(key, async () => {
      const extracted = extractor && (await storedExtraction(data, indices, extractor, onProgress));
      const sliced = await this.#against.sliced.distances(setOf(data, indices));
      const { known } = this.#against;
      if (!extracted || !known) return { sliced, features: null };
      const set: MeasuredSet = { ...extracted, data: known };
      const scales = await scalesOf(set);
      return { sliced, features: { scales, values: await valuesOf(set, scales) } };
    });
  }
}
