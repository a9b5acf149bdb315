// The figures of an evaluation. Each figure of the samples stands beside its floor, which is the
// same figure of held-out images. A new figure is a file in `figures/` and a row in `FIGURES`.
import { type ImageSize, showSize } from '../data/image-size.ts';
import type { ExtractorInfo, Features } from './extractor.ts';
import { copyingMedian, copyingNear } from './figures/copying.ts';
import type { FigureRow, Group, MeasuredSet } from './figures/figure.ts';
import { frechetFigure } from './figures/frechet.ts';
import { coverage, density, precision, recall } from './figures/manifold.ts';
import { histogram, predictions, scoreFigure } from './figures/score.ts';
import type { Verdict } from './verdict-kind.ts';
import type { SlicedDistance } from './wasserstein.ts';

/** Every figure that uses features, in the order in which they are shown. */
export const FIGURES = [
  frechetFigure,
  scoreFigure,
  precision,
  recall,
  density,
  coverage,
  copyingMedian,
  copyingNear,
] as const;

type Row = (typeof FIGURES)[number];

/** A figure of the samples, and the same figure of held-out data. */
export interface Figure {
  /** The figure of the samples. */
  readonly value: number;
  /** The same figure of held-out images. */
  readonly floor: number;
}

type FiguresOf<G extends Group> = { readonly [R in Extract<Row, { readonly group: G }> as R['key']]: Figure };

/**
 * `median` is the median distance in feature space from an image to its nearest image of the data.
 * `near` is the share of images that are nearer to an image of the data than all but 1 % of the
 * held-out images are.
 */
export type Copying = FiguresOf<'copying'>;

/** The figures that use an extractor's features. */
export interface FeatureFigures extends FiguresOf<'features'> {
  /** The extractor whose features were compared. */
  readonly extractor: ExtractorInfo;
  /** How close the samples come to single images of the data. */
  readonly copying: Copying;
  /** Figures of the classifier's answers; null for an extractor without classes. */
  readonly classes: ClassFigures | null;
}

/** Figures that need a classifier, and the classes that it assigns to the samples. */
export interface ClassFigures extends FiguresOf<'classes'> {
  /** How many samples the classifier assigns to each class. */
  readonly histogram: readonly number[];
  /**
   * The share of samples that are assigned to the class that was asked for. It is null when none
   * was, or when the extractor has other classes.
   */
  readonly accuracy: number | null;
}

/** The figures of `evaluate`. */
export interface Evaluation {
  /** The conclusion from all figures: see `verdictOf`. */
  readonly verdict: Verdict;
  /** How many samples were measured. */
  readonly samples: { readonly count: number };
  /** The data that they were compared with: name, and number of images. */
  readonly against: { readonly name: string; readonly count: number };
  /** The images that the floors are measured with. */
  readonly heldOut: { readonly name: string; readonly count: number };
  /**
   * The sliced Wasserstein distance of patches at each size of the image pyramid, largest first,
   * each with its floor.
   */
  readonly slicedWasserstein: readonly { readonly side: ImageSize; readonly value: number; readonly floor: number }[];
  /** Null when no extractor suits the images. */
  readonly features: FeatureFigures | null;
}

/** One number for each figure, by `idOf`; null when the extractor does not give it. */
export type Values = Readonly<Record<string, number | null>>;

/** The figures of the held-out images. They are plain numbers, which the cache keeps. */
export interface Floor {
  readonly sliced: readonly SlicedDistance[];
  /** Null without an extractor. */
  readonly features: { readonly values: Values; readonly scales: Values } | null;
}

/** Returns a name that no other figure has. */
export function idOf({ group, key }: FigureRow): string {
  return `${group}.${key}`;
}

/** Returns the numbers of the held-out images on which figures of other sets depend. */
export async function scalesOf(heldOut: MeasuredSet): Promise<Values> {
  const scales: Record<string, number> = {};
  for (const row of FIGURES as readonly FigureRow[]) if (row.scale) scales[idOf(row)] = await row.scale(heldOut);
  return scales;
}

/** Returns every figure of one set. */
export async function valuesOf(set: MeasuredSet, scales: Values): Promise<Values> {
  const values: Record<string, number | null> = {};
  for (const row of FIGURES) values[idOf(row)] = await row.measure(set, scales[idOf(row)] ?? Number.NaN);
  return values;
}

/** Returns the figures of one group beside their floors; null when one is missing. */
function groupOf<G extends Group>(group: G, own: Values, floor: Values): FiguresOf<G> | null {
  const found: Record<string, Figure> = {};
  for (const row of FIGURES) {
    if (row.group !== group) continue;
    const [value, below] = [own[idOf(row)], floor[idOf(row)]];
    if (value == null || below == null) return null;
    found[row.key] = { value, floor: below };
  }
  return found as FiguresOf<G>;
}

/** Returns the figures of samples beside those of held-out images. */
export function featureFigures(
  extractor: ExtractorInfo,
  own: Values,
  floor: Values,
  answers: Pick<ClassFigures, 'histogram' | 'accuracy'> | null,
): FeatureFigures {
  const classes = answers && groupOf('classes', own, floor);
  return {
    extractor,
    ...groupOf('features', own, floor)!,
    copying: groupOf('copying', own, floor)!,
    classes: answers && classes && { ...classes, ...answers },
  };
}

/**
 * Returns what a classifier says about samples. `asked` holds the classes that they were made for.
 */
export function classAnswers(
  logits: Features,
  asked: ArrayLike<number> | null,
): Pick<ClassFigures, 'histogram' | 'accuracy'> {
  const found = predictions(logits);
  return {
    histogram: histogram(found, logits.width),
    accuracy: asked && found.filter((each, n) => each === asked[n]).length / found.length,
  };
}

/** A figure as it is shown: the words of its row, and its two numbers. */
export interface ShownFigure extends Figure, Pick<FigureRow, 'key' | 'name' | 'better' | 'digits'> {}

/** Returns every figure that an evaluation has, in order. */
export function shownFigures({ features, slicedWasserstein }: Omit<Evaluation, 'verdict'>): ShownFigure[] {
  const groups = features && { features, copying: features.copying, classes: features.classes };
  const rows = (FIGURES as readonly FigureRow[]).flatMap(({ group, key, name, better, digits }) => {
    const found = (groups?.[group] as Readonly<Record<string, Figure>> | null | undefined)?.[key];
    return found ? [{ key, name, better, digits, ...found }] : [];
  });
  const levels = slicedWasserstein.map(({ side, ...found }) => ({
    ...{
      key: 'slicedWasserstein',
      name: `sliced Wasserstein, ${showSize(side)}`,
      better: 'lower is better',
      digits: 2,
    },
    ...found,
  }));
  return [...rows, ...levels];
}
