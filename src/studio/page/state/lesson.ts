// What the lesson works with: digits that come with the page, a small pair of networks that learns
// by single steps, and the networks of the visitor's own training once there are any.
import type { Dataset, DCGAN, Picture, StepResult } from 'dcgan/browser';
import { findGroups } from '../../../data/groups.ts';
import { makeGrid } from '../../../render/grid.ts';

export type Library = typeof import('dcgan/browser');

/** Reals and fakes of a slow step. */
export const BATCH = 16;
export const SIDE = 28;
export const FORM = { height: SIDE, width: SIDE, channels: 1 } as const;

export interface Lesson {
  readonly library: Library;
  readonly digits: Dataset;
  /** Learns only by the visitor's presses. */
  readonly small: DCGAN;
}

/** @throws Error where the digits cannot be had, or no device can run */
export async function openLesson(): Promise<Lesson> {
  const library = await import('dcgan/browser');
  const response = await fetch('digits.gz');
  if (!response.ok) throw new Error(`digits.gz: ${response.status}`);
  const digits = await library.datasets.idx(await response.blob(), { name: 'mnist' });
  const small = await library.DCGAN.create({ preset: 'quick', batchSize: BATCH, ema: 0, seed: 1, device: 'cpu' });
  return { library, digits, small };
}

/** Images [N, 28, 28, 1] in [-1, 1] as one picture. */
export const gridOf = (images: Float32Array, columns: number): Picture =>
  makeGrid(images, [images.length / SIDE ** 2, SIDE, SIDE, 1], { columns, enlarge: 2 });

/** The digits of a slow step: others in each step. */
export function realsOf({ digits }: Lesson, step: number): Float32Array {
  return digits.batch(Array.from({ length: BATCH }, (_, i) => (step * BATCH + i) % digits.count));
}

/** What a step computes of its mini-batch, and the same once it has been taken. */
export interface Rehearsal {
  readonly before: StepResult;
  readonly after: StepResult;
}

/**
 * Takes the next step with a copy of the networks, and once more on the same noise and digits. A
 * step works with its mini-batch's own means and variances, so what it computes can be had from a
 * step alone, and not from networks at rest.
 */
export async function rehearse(
  { library, small }: Pick<Lesson, 'library' | 'small'>,
  reals: Float32Array,
  noise: Float32Array,
): Promise<Rehearsal> {
  const copy = await library.DCGAN.load(await small.toBytes(), { device: 'cpu' });
  try {
    const before = await copy.step(reals, { noise });
    return { before, after: await copy.step(reals, { noise }) };
  } finally {
    await copy.dispose();
  }
}

let grouped: { readonly key: string; readonly labels: Promise<Uint8Array> } | null = null;

/** Where an image comes from: drawn by hand, a digit of the lesson, or made of a group. */
export type Origin =
  | { readonly kind: 'drawing'; readonly bytes: Uint8Array }
  | { readonly kind: 'real'; readonly index: number }
  | { readonly kind: 'fake'; readonly group: number | null };

/**
 * The group that an image is judged as; null for networks without groups. A digit has the one that
 * the visitor's training found for it, a made image the one that it was made of, and a drawing that
 * of the digit nearest to it. The best group of all would call nearly everything real.
 */
export async function groupOf(
  { digits }: Pick<Lesson, 'digits'>,
  { config: { groups, groupsBy } }: Pick<DCGAN, 'config'>,
  from: Origin,
): Promise<number | null> {
  if (groups === 0) return null;
  if (from.kind === 'fake') return from.group;
  const key = `${groups} by ${groupsBy}`;
  // The search takes seconds, so its answer is kept.
  if (grouped?.key !== key) grouped = { key, labels: findGroups(digits, groups, groupsBy) };
  const labels = await grouped.labels;
  return labels[from.kind === 'real' ? from.index : nearestTo(digits, from.bytes)]!;
}

/** The place of the digit whose pixels differ least. */
function nearestTo(digits: Pick<Dataset, 'count' | 'bytes'>, picture: Uint8Array): number {
  const all = digits.bytes(0, digits.count);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let index = 0; index < digits.count; index++) {
    let squared = 0;
    for (let i = 0; i < picture.length; i++) squared += (all[index * picture.length + i]! - picture[i]!) ** 2;
    if (squared < least) [best, least] = [index, squared];
  }
  return best;
}

/** A number without a divisor in common with the usual numbers of groups. */
const STRIDE = 37;

/** The group that a seed draws beside its noise; null for networks without groups. */
export const groupDrawn = ({ config: { classes } }: Pick<DCGAN, 'config'>, seed: number): number | null =>
  classes > 0 ? (seed * STRIDE) % classes : null;

/** The sigmoid, for numbers that are only shown. */
export const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The loss of a logit whose right answer is 1, for numbers that are only shown. */
export const lossOf = (logit: number): number => Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(-logit, 0);

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;
