// Samples against data: every figure, with the same figure of held-out data beside it as the floor that no samples can be
// expected to pass. What is known of the data is taken once, so that many checkpoints can be judged against them.
import type { Dataset } from '../data/dataset.ts';
import { layoutState } from '../engine/layout.ts';
import type { Session } from '../engine/session.ts';
import { Distances } from './distances.ts';
import { type Extracted, type Extractor, type Features, infoOf } from './extractor.ts';
import { besideFloor, classFigures, type Evaluation, type Floor, floorOf, type Raw } from './figures.ts';
import { frechetDistance, type Moments, momentsOf } from './frechet.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import { manifoldFigures, realNeighbours } from './manifold.ts';
import { type Neighbours, nearest } from './neighbours.ts';
import type { ImageSet } from './pyramid.ts';
import {
  allOf,
  chosen,
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
import { extractorKey, imagesKey, storedExtraction, storedFigures } from './stored.ts';
import { SlicedTarget } from './wasserstein.ts';

export interface JudgeOptions extends MetricsMachine {
  /** Decides which of the data are taken where not all are, and the sliced distance's places and directions. */
  readonly seed: number;
  /** Images in each set. */
  readonly count: number;
  readonly extractor: Extractor | null;
  readonly onProgress?: ExtractionProgress | undefined;
}

/** Images that no samples can be expected to beat; looked at when their figures are not known yet. */
interface HeldOut {
  readonly name: string;
  readonly data: Dataset;
  readonly indices: Uint32Array;
}

/** The data's side of a comparison. */
interface Against {
  readonly name: string;
  readonly count: number;
  /** Classes of its labels; 0 where it has none. */
  readonly classes: number;
  readonly subset: ImageSet;
  /** Tells the data and the subset from any others. */
  readonly key: readonly unknown[];
  /** Of all, and of the subset; null without an extractor. */
  readonly known: { readonly all: Features; readonly moments: Moments; readonly some: Features } | null;
}

export class Judge {
  readonly #options: JudgeOptions;
  readonly #session: Session;
  readonly #distances: Distances;
  readonly #against: Against;
  readonly #heldOut: HeldOut;
  #target: SlicedTarget | null = null;
  #neighbours: Promise<Neighbours> | null = null;
  #floor: Promise<Floor> | null = null;

  private constructor(options: JudgeOptions, session: Session, against: Against, heldOut: HeldOut) {
    this.#options = options;
    this.#session = session;
    this.#distances = new Distances(session);
    this.#against = against;
    this.#heldOut = heldOut;
  }

  /**
   * Looks at the data.
   * @param heldOut other images of the same kind, for the floors; the last half of `data` when null, which is then judged against the first
   */
  static async open(data: Dataset, heldOut: Dataset | null, options: JudgeOptions): Promise<Judge> {
    const own = comparedPart(data, heldOut);
    const { extractor, seed, count, onProgress } = options;
    const some = orderOf(own.count, seed).subarray(0, count);
    const all = extractor && (await storedExtraction(own, allOf(own), extractor, onProgress)).features;
    const known = all && { all, moments: momentsOf(all), some: chosen(all, some) };
    const { name, count: images } = own;
    const subset = setOf(own, some);
    const against = { name, count: images, classes: data.classCount, subset, key: imagesKey(own, some), known };
    const session = await openSession(layoutState([]), options);
    return new Judge(options, session, against, heldOutPart(data, heldOut, { seed, count }));
  }

  /** Frees the device; the extractor remains its owner's. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  /** Every figure of samples; `asked` are the classes they were made as. */
  async judge(samples: ImageSet, asked: ArrayLike<number> | null = null): Promise<Evaluation> {
    const { extractor, onProgress } = this.#options;
    const extracted = extractor && (await extractSet(extractor, samples, SAMPLES_NAME, onProgress));
    const own = await this.#raw(samples, extracted);
    this.#floor ??= this.#floorFigures();
    const floor = await this.#floor;
    const { name, count } = this.#against;
    return {
      samples: { count: samples.count },
      against: { name, count },
      heldOut: { name: this.#heldOut.name, count: this.#heldOut.indices.length },
      slicedWasserstein: own.sliced.map(({ side, distance }, i) => ({
        side,
        value: distance,
        floor: floor.sliced[i]!.distance,
      })),
      features:
        extractor && own.features && floor.features
          ? {
              extractor: infoOf(extractor),
              ...besideFloor(own.features, floor.features),
              classes: classFigures(
                extracted!.logits,
                floor.features.score,
                // An extractor of other classes cannot say whether they are right.
                extracted!.logits?.width === this.#against.classes ? asked : null,
              ),
            }
          : null,
    };
  }

  /** The image of the data nearest to each sample, by its index, and how far it is; needs an extractor. */
  async nearestImages(samples: ImageSet): Promise<Neighbours> {
    const { features } = await this.#options.extractor!.extract(samples.images, samples.count);
    return nearest(this.#distances, features, this.#against.known!.all, 1);
  }

  async #raw(set: ImageSet, extracted: Extracted | null): Promise<Raw> {
    const { subset, known } = this.#against;
    const count = Math.min(set.count, subset.count, slicedCount(set.side, set.channels));
    if (this.#target?.count !== count)
      this.#target = new SlicedTarget(firstOf(subset, count), this.#options.seed, this.#session);
    const sliced = await this.#target.distances(firstOf(set, count));
    if (!extracted || !known) return { sliced, features: null };
    const { features } = extracted;
    this.#neighbours ??= realNeighbours(this.#distances, known.some);
    const { squared } = await nearest(this.#distances, features, known.all, 1);
    return {
      sliced,
      features: {
        frechet: frechetDistance(momentsOf(features), known.moments),
        manifold: await manifoldFigures(this.#distances, known.some, features, await this.#neighbours),
        lengths: squared.map(Math.sqrt).sort(),
      },
    };
  }

  /** As long a work as that on samples, and always the same: the cache keeps it. */
  #floorFigures(): Promise<Floor> {
    const { data, indices } = this.#heldOut;
    const { extractor, seed, onProgress } = this.#options;
    const { device, variant } = this.#session.backend.info;
    const key = [
      this.#against.key,
      imagesKey(data, indices),
      extractor && extractorKey(extractor),
      seed,
      device,
      variant,
    ];
    return storedFigures(key, async () => {
      const extracted = extractor && (await storedExtraction(data, indices, extractor, onProgress));
      return floorOf(await this.#raw(setOf(data, indices), extracted), extracted);
    });
  }
}
