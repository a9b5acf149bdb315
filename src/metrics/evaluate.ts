// Samples against data: every figure, with the same figure of held-out data beside it as the floor that no samples can be
// expected to pass. Features of the data are taken once, so that many checkpoints can be judged against them.
import type { Dataset } from '../data/dataset.ts';
import { layoutState } from '../engine/layout.ts';
import type { Session } from '../engine/session.ts';
import { Distances } from './distances.ts';
import { type Extracted, type Extractor, type ExtractorInfo, type Features, infoOf } from './extractor.ts';
import { frechetDistance, type Moments, momentsOf } from './frechet.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import { type ManifoldFigures, manifoldFigures, realNeighbours } from './manifold.ts';
import { type Neighbours, nearest } from './neighbours.ts';
import type { ImageSet } from './pyramid.ts';
import { classifierScore, histogram, predictions } from './score.ts';
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
import { storedExtraction } from './stored.ts';
import { type SlicedDistance, SlicedTarget } from './wasserstein.ts';

/** A figure of the samples, and of held-out data in their place. */
export interface Figure {
  readonly value: number;
  readonly floor: number;
}

export interface Copying {
  /** Median distance in feature space from an image to the nearest one of the data. */
  readonly median: Figure;
  /** Share of images nearer to one of the data than all but 1 % of the held-out images are. */
  readonly near: Figure;
}

/** What an extractor's features say. */
export interface FeatureFigures {
  readonly extractor: ExtractorInfo;
  readonly frechetDistance: Figure;
  readonly precision: Figure;
  readonly recall: Figure;
  readonly density: Figure;
  readonly coverage: Figure;
  readonly copying: Copying;
  /** What the classifier's answers say; null for an extractor that knows no classes. */
  readonly classes: ClassFigures | null;
}

export interface ClassFigures {
  readonly score: Figure;
  /** How many samples are taken for each class. */
  readonly histogram: readonly number[];
  /** Share of samples taken for the class that was asked for; null where none was, or the extractor knows other classes. */
  readonly accuracy: number | null;
}

export interface Evaluation {
  readonly samples: { readonly count: number };
  readonly against: { readonly name: string; readonly count: number };
  /** What the floors are measured with. */
  readonly heldOut: { readonly name: string; readonly count: number };
  readonly slicedWasserstein: readonly { readonly side: number; readonly value: number; readonly floor: number }[];
  /** Null for images that no extractor knows. */
  readonly features: FeatureFigures | null;
}

export interface JudgeOptions extends MetricsMachine {
  /** Decides which of the data are taken where not all are, and the sliced distance's places and directions. */
  readonly seed: number;
  /** Images in each set. */
  readonly count: number;
  readonly extractor: Extractor | null;
  readonly onProgress?: ExtractionProgress | undefined;
}

/** A share of held-out images: what lies nearer to the data than they do is near. */
const NEAR = 0.01;

interface Part {
  readonly set: ImageSet;
  readonly extracted: Extracted | null;
}

/** The data's side of a comparison. */
interface Against {
  readonly name: string;
  readonly count: number;
  /** Classes of its labels; 0 where it has none. */
  readonly classes: number;
  readonly subset: ImageSet;
  /** Of all, and of the subset; null without an extractor. */
  readonly known: { readonly all: Features; readonly moments: Moments; readonly some: Features } | null;
}

export class Judge {
  readonly #options: JudgeOptions;
  readonly #session: Session;
  readonly #distances: Distances;
  readonly #against: Against;
  readonly #heldOut: Part & { readonly name: string };
  #target: SlicedTarget | null = null;
  #neighbours: Promise<Neighbours> | null = null;
  #floor: Promise<Raw> | null = null;

  private constructor(options: JudgeOptions, session: Session, against: Against, heldOut: Part & { name: string }) {
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
    const rest = heldOutPart(data, heldOut, { seed, count });
    const all = extractor && (await storedExtraction(own, allOf(own), extractor, onProgress)).features;
    const held = extractor && (await storedExtraction(rest.data, rest.indices, extractor, onProgress));
    const known = all && { all, moments: momentsOf(all), some: chosen(all, some) };
    const against = { name: own.name, count: own.count, classes: classesIn(data), subset: setOf(own, some), known };
    const session = await openSession(layoutState([]), options);
    const set = setOf(rest.data, rest.indices);
    return new Judge(options, session, against, { name: rest.name, set, extracted: held });
  }

  /** Frees the device; the extractor remains its owner's. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  /** Every figure of samples; `asked` are the classes they were made as. */
  async judge(samples: ImageSet, asked: ArrayLike<number> | null = null): Promise<Evaluation> {
    const { extractor, onProgress } = this.#options;
    const extracted = extractor && (await extractSet(extractor, samples, SAMPLES_NAME, onProgress));
    const own = await this.#raw({ set: samples, extracted });
    this.#floor ??= this.#raw(this.#heldOut);
    const floor = await this.#floor;
    const beside = (value: number, held: number): Figure => ({ value, floor: held });
    const [mine, theirs] = [own.features, floor.features];
    const { name, count } = this.#against;
    return {
      samples: { count: samples.count },
      against: { name, count },
      heldOut: { name: this.#heldOut.name, count: this.#heldOut.set.count },
      slicedWasserstein: own.sliced.map(({ side, distance }, i) => ({
        side,
        ...beside(distance, floor.sliced[i]!.distance),
      })),
      features:
        extractor && mine && theirs
          ? {
              extractor: infoOf(extractor),
              frechetDistance: beside(mine.frechet, theirs.frechet),
              precision: beside(mine.manifold.precision, theirs.manifold.precision),
              recall: beside(mine.manifold.recall, theirs.manifold.recall),
              density: beside(mine.manifold.density, theirs.manifold.density),
              coverage: beside(mine.manifold.coverage, theirs.manifold.coverage),
              copying: copying(mine.nearest, theirs.nearest),
              classes: classFigures(
                extracted!.logits,
                this.#heldOut.extracted!.logits,
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

  async #raw({ set, extracted }: Part): Promise<Raw> {
    const { subset, known } = this.#against;
    const count = Math.min(set.count, subset.count, slicedCount(set.side, set.channels));
    if (this.#target?.count !== count)
      this.#target = new SlicedTarget(firstOf(subset, count), this.#options.seed, this.#session);
    const sliced = await this.#target.distances(firstOf(set, count));
    if (!extracted || !known) return { sliced, features: null };
    const { features } = extracted;
    this.#neighbours ??= realNeighbours(this.#distances, known.some);
    return {
      sliced,
      features: {
        frechet: frechetDistance(momentsOf(features), known.moments),
        manifold: await manifoldFigures(this.#distances, known.some, features, await this.#neighbours),
        nearest: await nearest(this.#distances, features, known.all, 1),
      },
    };
  }
}

function classesIn({ classes, labels }: Dataset): number {
  return classes?.length ?? (labels ? labels.reduce((most, label) => Math.max(most, label), 0) + 1 : 0);
}

interface Raw {
  readonly sliced: readonly SlicedDistance[];
  readonly features: {
    readonly frechet: number;
    readonly manifold: ManifoldFigures;
    readonly nearest: Neighbours;
  } | null;
}

function copying(own: Neighbours, heldOut: Neighbours): Copying {
  const lengths = ({ squared }: Neighbours): Float64Array => squared.map(Math.sqrt).sort();
  const [mine, theirs] = [lengths(own), lengths(heldOut)];
  const median = (sorted: Float64Array): number => sorted[Math.floor(sorted.length / 2)]!;
  const limit = theirs[Math.floor(NEAR * theirs.length)]!;
  const near = (sorted: Float64Array): number => sorted.filter((value) => value < limit).length / sorted.length;
  return {
    median: { value: median(mine), floor: median(theirs) },
    near: { value: near(mine), floor: near(theirs) },
  };
}

function classFigures(
  own: Features | null,
  heldOut: Features | null,
  asked: ArrayLike<number> | null,
): ClassFigures | null {
  if (!own || !heldOut) return null;
  const found = predictions(own);
  return {
    score: { value: classifierScore(own), floor: classifierScore(heldOut) },
    histogram: histogram(found, own.width),
    accuracy: asked && found.filter((each, n) => each === asked[n]).length / found.length,
  };
}
