// What an evaluation says, and how it is put together: each figure of the samples beside its floor, the same figure of held-out images.
import type { Extracted, ExtractorInfo, Features } from './extractor.ts';
import type { ManifoldFigures } from './manifold.ts';
import { classifierScore, histogram, predictions } from './score.ts';
import type { SlicedDistance } from './wasserstein.ts';

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

/** A share of held-out images: what lies nearer to the data than they do is near. */
const NEAR = 0.01;

/** What one set of images is found to be worth. */
export interface Raw {
  readonly sliced: readonly SlicedDistance[];
  readonly features: {
    readonly frechet: number;
    readonly manifold: ManifoldFigures;
    /** From each image to the nearest one of the data, shortest first. */
    readonly lengths: Float64Array;
  } | null;
}

/** The held-out images' figures: plain numbers. */
export interface Floor {
  readonly sliced: readonly SlicedDistance[];
  readonly features: {
    readonly frechet: number;
    readonly manifold: ManifoldFigures;
    readonly median: number;
    /** What is shorter is near. */
    readonly limit: number;
    readonly near: number;
    readonly score: number | null;
  } | null;
}

export function floorOf({ sliced, features }: Raw, extracted: Extracted | null): Floor {
  if (!features) return { sliced, features: null };
  const { frechet, manifold, lengths } = features;
  const limit = lengths[Math.floor(NEAR * lengths.length)]!;
  const logits = extracted?.logits;
  return {
    sliced,
    features: {
      ...{ frechet, manifold, limit },
      median: median(lengths),
      near: shareBelow(lengths, limit),
      score: logits ? classifierScore(logits) : null,
    },
  };
}

export function besideFloor(
  own: NonNullable<Raw['features']>,
  floor: NonNullable<Floor['features']>,
): Omit<FeatureFigures, 'extractor' | 'classes'> {
  const of = (name: keyof ManifoldFigures): Figure => ({ value: own.manifold[name], floor: floor.manifold[name] });
  return {
    frechetDistance: { value: own.frechet, floor: floor.frechet },
    precision: of('precision'),
    recall: of('recall'),
    density: of('density'),
    coverage: of('coverage'),
    copying: {
      median: { value: median(own.lengths), floor: floor.median },
      near: { value: shareBelow(own.lengths, floor.limit), floor: floor.near },
    },
  };
}

function median(sorted: Float64Array): number {
  return sorted[Math.floor(sorted.length / 2)]!;
}

function shareBelow(values: Float64Array, limit: number): number {
  return values.filter((value) => value < limit).length / values.length;
}

export function classFigures(
  own: Features | null,
  floor: number | null,
  asked: ArrayLike<number> | null,
): ClassFigures | null {
  if (!own || floor === null) return null;
  const found = predictions(own);
  return {
    score: { value: classifierScore(own), floor },
    histogram: histogram(found, own.width),
    accuracy: asked && found.filter((each, n) => each === asked[n]).length / found.length,
  };
}
