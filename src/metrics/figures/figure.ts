// What a figure by features is: one row that says how it is computed and how it is shown. `../figures.ts` lists
// all rows; the evaluation, its floors and its text follow from that list.
import type { Distances } from '../distances.ts';
import type { Features } from '../extractor.ts';

/** The data that sets of images are compared with. */
export interface ComparedData {
  /** Features of all of its images. */
  readonly all: Features;
  /** Features of as many of its images as there are samples. */
  readonly some: Features;
  readonly distances: Distances;
}

/** A set of images that is measured: the samples, or held-out images in their place. */
export interface MeasuredSet {
  readonly features: Features;
  /** What a classifier answers [count, classes]; null where the extractor knows no classes. */
  readonly logits: Features | null;
  readonly data: ComparedData;
}

/** Where a figure stands in an evaluation: beside the others, or in a group of this name. */
export type Group = 'features' | 'copying' | 'classes';

export interface FigureRow<G extends Group = Group, K extends string = string> {
  /** Its name in an evaluation, and so in JSON. */
  readonly key: K;
  readonly group: G;
  /** Its name for people. */
  readonly name: string;
  /** Which way is good, for people. */
  readonly better: string;
  /** Digits behind the decimal point, for people. */
  readonly digits: number;
  /**
   * A number of the held-out images that the figure of any set depends on.
   * Figures without one say nothing here, and are given NaN.
   */
  scale?(heldOut: MeasuredSet): Promise<number>;
  /** The figure of a set; null where the extractor does not tell what it needs. */
  measure(set: MeasuredSet, scale: number): Promise<number | null>;
}

/** Keeps the literal types of a row. */
export function figure<const G extends Group, const K extends string>(row: FigureRow<G, K>): FigureRow<G, K> {
  return row;
}

/** The same work, done once for each object it is asked for: several figures share it. */
export function oncePer<O extends object, T>(work: (object: O) => Promise<T>): (object: O) => Promise<T> {
  const done = new WeakMap<O, Promise<T>>();
  return (object) => {
    const result = done.get(object) ?? work(object);
    done.set(object, result);
    return result;
  };
}
