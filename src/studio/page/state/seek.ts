// The search for the nearest thing to a drawing, in pieces, so that the page shows each step of the
// way and a new stroke ends it. Together the pieces are one search of `dcgan project`, to the bit.
import type { Projection, ProjectOptions } from 'dcgan/browser';
import type { Networks } from '../sources/networks.ts';

export const STEPS = 120;
export const STARTS = 4;
/** Steps between two looks at what was found. */
const PIECE = 10;

export interface Found extends Projection {
  readonly step: number;
}

/** Tells what was found, again and again, until the search is over or nobody wants it any more. */
export async function seek(
  networks: Networks,
  picture: Float32Array,
  mask: Float32Array,
  tell: (found: Found) => void,
  wanted: () => boolean,
): Promise<void> {
  const options: ProjectOptions = { steps: STEPS, starts: STARTS, seed: 0, mask };
  let found = await networks.project(picture, { ...options, pauseAt: 0 });
  for (;;) {
    if (!wanted()) return;
    const { search } = found;
    tell({ ...found, step: search?.step ?? STEPS });
    if (!search) return;
    found = await networks.project(picture, { ...options, resume: search, pauseAt: search.step + PIECE });
  }
}

/** Grey levels up to which a distance is called by a word, measured on digits. */
const WORDS = [
  ['same', 4],
  ['near', 12],
  ['alike', 28],
  ['far', Number.POSITIVE_INFINITY],
] as const;

export const distanceWord = (levels: number): (typeof WORDS)[number][0] =>
  WORDS.find(([, most]) => levels <= most)?.[0] ?? 'far';
