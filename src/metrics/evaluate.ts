// Samples against data: every figure, with the same figure of held-out data beside it as the floor that no samples can be
// expected to pass. Features of the data are taken once, so that many checkpoints can be judged against them.
import type { Dataset } from '../data/dataset.ts';
import { Distances } from './distances.ts';
import type { Extracted, Extractor, Features } from './extractor.ts';
import { frechetDistance, type Moments, momentsOf } from './frechet.ts';
import type { MetricsMachine } from './machine.ts';
import { type ManifoldFigures, manifoldFigures } from './manifold.ts';
import { type Neighbours, nearest } from './neighbours.ts';
import type { ImageSet } from './pyramid.ts';
import { classifierScore, histogram, predictions } from './score.ts';
import { comparedPart, featuresOf, firstOf, heldOutPart, orderOf, setOf, slicedCount } from './sets.ts';
import { type SlicedDistance, slicedWasserstein } from './wasserstein.ts';

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
  readonly extractor: { readonly name: string; readonly sha256: string };
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
  /** Share of samples taken for the class that was asked for; null where none was. */
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
}

/** A share of held-out images: what lies nearer to the data than they do is near. */
const NEAR = 0.01;

interface Part {
  readonly name: string;
  readonly set: ImageSet;
  readonly extracted: Extracted | null;
}

export class Judge {
  readonly #options: JudgeOptions;
  readonly #all: { readonly features: Features; readonly moments: Moments } | null;
  readonly #count: number;
  readonly #name: string;
  readonly #subset: Part;
  readonly #heldOut: Part;
  #floor: Promise<Raw> | null = null;

  private constructor(
    options: JudgeOptions,
    parts: readonly [subset: Part, heldOut: Part],
    data: Dataset,
    all: Features | null,
  ) {
    this.#options = options;
    [this.#subset, this.#heldOut] = parts;
    this.#name = data.name;
    this.#count = data.count;
    this.#all = all && { features: all, moments: momentsOf(all) };
  }

  /**
   * Looks at the data.
   * @param heldOut other images of the same kind, for the floors; the last half of `data` when null, which is then judged against the first
   */
  static async open(data: Dataset, heldOut: Dataset | null, options: JudgeOptions): Promise<Judge> {
    const own = comparedPart(data, heldOut);
    const { extractor, seed, count } = options;
    const part = async (name: string, set: ImageSet): Promise<Part> => ({
      name,
      set,
      extracted: extractor && (await extractor.extract(set.images, set.count)),
    });
    const rest = heldOutPart(data, heldOut, { seed, count });
    const parts = [
      await part(own.name, setOf(own, orderOf(own.count, seed).subarray(0, count))),
      await part(rest.name, rest.set),
    ] as const;
    return new Judge(options, parts, own, extractor && (await featuresOf(own, extractor)));
  }

  /** Every figure of samples; `asked` are the classes they were made as. */
  async judge(samples: ImageSet, asked: ArrayLike<number> | null = null): Promise<Evaluation> {
    const { extractor } = this.#options;
    const extracted = extractor && (await extractor.extract(samples.images, samples.count));
    const own = await this.#raw({ name: 'samples', set: samples, extracted });
    this.#floor ??= this.#raw(this.#heldOut);
    const floor = await this.#floor;
    const beside = (value: number, held: number): Figure => ({ value, floor: held });
    const [mine, theirs] = [own.features, floor.features];
    return {
      samples: { count: samples.count },
      against: { name: this.#name, count: this.#count },
      heldOut: { name: this.#heldOut.name, count: this.#heldOut.set.count },
      slicedWasserstein: own.sliced.map(({ side, distance }, i) => ({
        side,
        ...beside(distance, floor.sliced[i]!.distance),
      })),
      features:
        extractor && mine && theirs
          ? {
              extractor: { name: extractor.name, sha256: extractor.sha256 },
              frechetDistance: beside(mine.frechet, theirs.frechet),
              precision: beside(mine.manifold.precision, theirs.manifold.precision),
              recall: beside(mine.manifold.recall, theirs.manifold.recall),
              density: beside(mine.manifold.density, theirs.manifold.density),
              coverage: beside(mine.manifold.coverage, theirs.manifold.coverage),
              copying: copying(mine.nearest, theirs.nearest),
              classes: classFigures(extracted!.logits, this.#heldOut.extracted!.logits, asked),
            }
          : null,
    };
  }

  /** The image of the data nearest to each sample, by its index, and how far it is. */
  async nearestImages(samples: ImageSet): Promise<Neighbours> {
    const { features } = await this.#options.extractor!.extract(samples.images, samples.count);
    return this.#withDistances((distances) => nearest(distances, features, this.#all!.features, 1));
  }

  async #raw({ set, extracted }: Part): Promise<Raw> {
    const { seed } = this.#options;
    const count = Math.min(set.count, this.#subset.set.count, slicedCount(set.side, set.channels));
    const sliced = await slicedWasserstein(firstOf(set, count), firstOf(this.#subset.set, count), seed, this.#options);
    if (!extracted) return { sliced, features: null };
    const all = this.#all!;
    return this.#withDistances(async (distances) => ({
      sliced,
      features: {
        frechet: frechetDistance(momentsOf(extracted.features), all.moments),
        manifold: await manifoldFigures(distances, this.#subset.extracted!.features, extracted.features),
        nearest: await nearest(distances, extracted.features, all.features, 1),
      },
    }));
  }

  async #withDistances<T>(use: (distances: Distances) => Promise<T>): Promise<T> {
    const distances = await Distances.open(this.#options);
    try {
      return await use(distances);
    } finally {
      await distances.dispose();
    }
  }
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
