// What an epoch is: how many steps it has, the order of the data in it, and the means of its steps. The order is a full shuffle
// that depends on seed and epoch alone, so that any epoch can be resumed in its middle.
import { permutation } from '../engine/random.ts';
import type { StepResult } from '../gan/dcgan.ts';
import type { STEP_NUMBERS } from '../gan/step.ts';
import { EPOCH_ORDER_STREAM } from '../gan/streams.ts';

/** Steps of an epoch: its last batch may be short. */
export function stepsPerEpoch(count: number, batchSize: number): number {
  return Math.ceil(count / batchSize);
}

/** A permutation of 0 .. count - 1. Epochs count from 1. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(count, { seed, step: epoch }, EPOCH_ORDER_STREAM);
}

type Numbers = { readonly [K in keyof StepResult]: number | null };

/** Means over an epoch's steps. */
export function meansOf(lines: readonly Numbers[]): StepResult {
  const mean = (name: (typeof STEP_NUMBERS)[number]): number =>
    lines.reduce((total, line) => total + (line[name] ?? Number.NaN), 0) / lines.length;
  return {
    generatorLoss: mean('generatorLoss'),
    discriminatorLoss: mean('discriminatorLoss'),
    realScore: mean('realScore'),
    fakeScore: mean('fakeScore'),
  };
}
