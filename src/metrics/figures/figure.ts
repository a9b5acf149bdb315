// The record of a figure that uses features: one row says how it is computed and how it is shown.
// `../figures.ts` lists all rows. The evaluation, its floors and its text follow from that list.
import type { Distances } from '../distances.ts';
import type { Features } from '../extractor.ts';

/** The data that sets of images are compared with. */
export interface ComparedData {
  /** Features of all images of the data. */
  readonly all: Features;
  /** Features of as many images of the data as there are samples. */
  readonly some: Features;
  readonly distances: Distances;
}

/** A set of images that is measured: the samples, or held-out images. */
export interface MeasuredSet {
  readonly features: Features;
  /** A classifier's logits [count, classes]; null when the extractor is no classifier. */
  readonly logits: Features | null;
  readonly data: ComparedData;
}

/** Where a figure stands in an evaluation: at the top, or in a group of this name. */
export type Group = 'features' | 'copying' | 'classes';

export interface FigureRow<G extends Group = Group, K extends string = string> {
  /** The figure's name in an evaluation and in JSON. */
  readonly key: K;
  readonly group: G;
  /** The figure's name in texts. */
  readonly name: string;
  /** Says in texts which direction is better. */
  readonly better: string;
  /** Digits after the decimal point in texts. */
  readonly digits: number;
  /**
   * Returns a number of the held-out images on which the figure of any set depends. A figure
   * without it is given NaN.
   */
  scale?(heldOut: MeasuredSet): Promise<number>;
  /** Returns the figure of a set; null when the extractor does not provide what it needs. */
  measure(set: MeasuredSet, scale: number): Promise<number | null>;
}

/** Returns the row unchanged, with its literal types. */
export function figure<const G extends Group, const K extends string>(row: FigureRow<G, K>): FigureRow<G, K> {
  return row;
}

/** Returns a function that does the work once for each object. Several figures share the result. */
export function oncePer<O extends object, T>(work: (object: O) => Promise<T>): (object: O) => Promise<T> {
  const done = new WeakMap<O, Promise<T>>();
  return (object) => {
    const result = done.get(object) ?? work(object);
    done.set(object, result);
    return result;
  };
}
