// What the lesson works with: digits that come with the page, a small pair of networks that learns
// by single steps, and the networks of the visitor's own training once there are any.
import type { Dataset, DCGAN, Picture } from 'dcgan/browser';
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

/** A judgement in words of numbers: the logit of the group that suits the image best. */
export async function judgeOne(gan: DCGAN, image: Float32Array): Promise<number> {
  const { classes } = gan.config;
  if (classes === 0) return (await gan.judge(image)).logits[0]!;
  const copies = new Float32Array(classes * image.length);
  for (let i = 0; i < classes; i++) copies.set(image, i * image.length);
  const { logits } = await gan.judge(copies, { classes: Array.from({ length: classes }, (_, i) => i) });
  return Math.max(...logits);
}

/** The sigmoid, for numbers that are only shown. */
export const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The loss of a logit whose right answer is 1, for numbers that are only shown. */
export const lossOf = (logit: number): number => Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(-logit, 0);

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;
