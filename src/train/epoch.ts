// An epoch: its number of steps, the order of its data, and the means over its steps. The order is
// a full shuffle that depends on the seed and the epoch alone, so a run can resume in the middle of
// any epoch.
import { permutation } from '../engine/random.ts';
import type { StepResult } from '../gan/dcgan.ts';
import type { STEP_NUMBERS } from '../gan/step.ts';
import { EPOCH_ORDER_STREAM } from '../gan/streams.ts';

/** Returns the number of steps of an epoch. Its last mini-batch may be smaller. */
export function stepsPerEpoch(count: number, batchSize: number): number {
  return Math.ceil(count / batchSize);
}

/** Returns the epoch's permutation of 0 .. count - 1. Epochs count from 1. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(count, { seed, step: epoch }, EPOCH_ORDER_STREAM);
}

/** The numbers of a step as metrics hold them. Those of a diverged run may be null. */
export type LoggedNumbers = { readonly [K in keyof StepResult]: number | null };

/** Returns the means over an epoch's steps. */
export function meansOf(lines: readonly LoggedNumbers[]): StepResult {
  const mean = (name: (typeof STEP_NUMBERS)[number]): number =>
    lines.reduce((total, line) => total + (line[name] ?? Number.NaN), 0) / lines.length;
  return {
    generatorLoss: mean('generatorLoss'),
    discriminatorLoss: mean('discriminatorLoss'),
    realScore: mean('realScore'),
    fakeScore: mean('fakeScore'),
  };
}
