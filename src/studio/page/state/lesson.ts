// What the lesson works with: digits that come with the page, a small pair of networks that learns
// by single steps, and the networks of the visitor's own training once there are any.
import type { Dataset, DCGAN, Picture } from 'dcgan/browser';
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

let grouped: { readonly key: string; readonly labels: Promise<Uint8Array> } | null = null;

/**
 * The group of each digit, as the visitor's training found it; null for networks without groups.
 * The search takes seconds, so its answer is kept.
 */
export async function groupsOfDigits(
  { digits }: Lesson,
  { config }: Pick<DCGAN, 'config'>,
): Promise<Uint8Array | null> {
  const { groups, groupsBy } = config;
  if (groups === 0) return null;
  const key = `${groups} by ${groupsBy}`;
  if (grouped?.key !== key) grouped = { key, labels: findGroups(digits, groups, groupsBy) };
  return grouped.labels;
}

/** A number without a divisor in common with the usual numbers of groups. */
const STRIDE = 37;

/** The group that a seed draws beside its noise; null for networks without groups. */
export const groupDrawn = ({ config: { classes } }: Pick<DCGAN, 'config'>, seed: number): number | null =>
  classes > 0 ? (seed * STRIDE) % classes : null;

export interface Judged {
  readonly logit: number;
  /** The group that the image was judged with; null for networks without groups. */
  readonly group: number | null;
}

/**
 * What the discriminator says of an image of that group, or, where nobody knows the group, of the
 * group that suits the image best.
 */
export async function judgeOne(
  gan: Pick<DCGAN, 'config' | 'judge'>,
  image: Float32Array,
  group: number | null,
): Promise<Judged> {
  const { classes } = gan.config;
  if (classes === 0) return { logit: (await gan.judge(image)).logits[0]!, group: null };
  if (group !== null) return { logit: (await gan.judge(image, { classes: group })).logits[0]!, group };
  const copies = new Float32Array(classes * image.length);
  for (let i = 0; i < classes; i++) copies.set(image, i * image.length);
  const { logits } = await gan.judge(copies, { classes: Array.from({ length: classes }, (_, i) => i) });
  const logit = Math.max(...logits);
  return { logit, group: logits.indexOf(logit) };
}

/** The sigmoid, for numbers that are only shown. */
export const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The loss of a logit whose right answer is 1, for numbers that are only shown. */
export const lossOf = (logit: number): number => Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(-logit, 0);

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;
