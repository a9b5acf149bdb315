// What an evaluation says: each figure of the samples beside its floor, the same figure of held-out images. A new figure is a
// file in `figures/` and a row in `FIGURES`.
import type { ExtractorInfo, Features } from './extractor.ts';
import { copyingMedian, copyingNear } from './figures/copying.ts';
import type { FigureRow, Group, MeasuredSet } from './figures/figure.ts';
import { frechetFigure } from './figures/frechet.ts';
import { coverage, density, precision, recall } from './figures/manifold.ts';
import { histogram, predictions, scoreFigure } from './figures/score.ts';
import type { Verdict } from './verdict-kind.ts';
import type { SlicedDistance } from './wasserstein.ts';

/** Every figure by features, in the order in which they are shown. */
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

/** A figure of the samples, and of held-out data in their place. */
export interface Figure {
  /** The figure of the samples. */
  readonly value: number;
  /** The same figure of held-out images. */
  readonly floor: number;
}

type FiguresOf<G extends Group> = { readonly [R in Extract<Row, { readonly group: G }> as R['key']]: Figure };

/**
 * `median`: the median distance in feature space from an image to the nearest one of the data.
 * `near`: the share of images that are nearer to one of the data than all but 1 % of the held-out images are.
 */
export type Copying = FiguresOf<'copying'>;

/** What an extractor's features say. */
export interface FeatureFigures extends FiguresOf<'features'> {
  /** Whose features were compared. */
  readonly extractor: ExtractorInfo;
  /** How near the samples come to single images of the data. */
  readonly copying: Copying;
  /** What the classifier's answers say; null for an extractor that knows no classes. */
  readonly classes: ClassFigures | null;
}

/** Figures that need a classifier, and what it takes the samples for. */
export interface ClassFigures extends FiguresOf<'classes'> {
  /** How many samples are taken for each class. */
  readonly histogram: readonly number[];
  /** Share of samples taken for the class that was asked for; null where none was, or the extractor knows other classes. */
  readonly accuracy: number | null;
}

/** The figures of `evaluate`. */
export interface Evaluation {
  /** What all figures together say: see `verdictOf`. */
  readonly verdict: Verdict;
  /** How many samples were measured. */
  readonly samples: { readonly count: number };
  /** The data that they were compared with: name, and number of images. */
  readonly against: { readonly name: string; readonly count: number };
  /** The images that the floors are measured with. */
  readonly heldOut: { readonly name: string; readonly count: number };
  /** Sliced Wasserstein distance of patches at each side of the image pyramid, largest first, each with its floor. */
  readonly slicedWasserstein: readonly { readonly side: number; readonly value: number; readonly floor: number }[];
  /** Null for images that no extractor knows. */
  readonly features: FeatureFigures | null;
}

/** One number a figure, by `idOf`; null where the extractor does not tell it. */
export type Values = Readonly<Record<string, number | null>>;

/** The held-out images' figures: plain numbers, which the cache keeps. */
export interface Floor {
  readonly sliced: readonly SlicedDistance[];
  /** Null without an extractor. */
  readonly features: { readonly values: Values; readonly scales: Values } | null;
}

/** Tells a figure from all others. */
export function idOf({ group, key }: FigureRow): string {
  return `${group}.${key}`;
}

/** The numbers of the held-out images that figures of other sets depend on. */
export async function scalesOf(heldOut: MeasuredSet): Promise<Values> {
  const scales: Record<string, number> = {};
  for (const row of FIGURES as readonly FigureRow[]) if (row.scale) scales[idOf(row)] = await row.scale(heldOut);
  return scales;
}

/** Every figure of one set. */
export async function valuesOf(set: MeasuredSet, scales: Values): Promise<Values> {
  const values: Record<string, number | null> = {};
  for (const row of FIGURES) values[idOf(row)] = await row.measure(set, scales[idOf(row)] ?? Number.NaN);
  return values;
}

/** The figures of one group beside their floors; null where one is missing. */
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

/** The figures of samples beside those of held-out images. */
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

/** What a classifier takes samples for; `asked` are the classes they were made as. */
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

/** A figure as it is shown: its row's words, and its two numbers. */
export interface ShownFigure extends Figure, Pick<FigureRow, 'key' | 'name' | 'better' | 'digits'> {}

/** Every figure that an evaluation has, in order. */
export function shownFigures({ features, slicedWasserstein }: Omit<Evaluation, 'verdict'>): ShownFigure[] {
  const groups = features && { features, copying: features.copying, classes: features.classes };
  const rows = (FIGURES as readonly FigureRow[]).flatMap(({ group, key, name, better, digits }) => {
    const found = (groups?.[group] as Readonly<Record<string, Figure>> | null | undefined)?.[key];
    return found ? [{ key, name, better, digits, ...found }] : [];
  });
  const levels = slicedWasserstein.map(({ side, ...found }) => ({
    ...{
      key: 'slicedWasserstein',
      name: `sliced Wasserstein, ${side} x ${side}`,
      better: 'lower is better',
      digits: 2,
    },
    ...found,
  }));
  return [...rows, ...levels];
}
