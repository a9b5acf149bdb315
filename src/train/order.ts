// The order of the data in an epoch: a full shuffle that depends on seed and epoch alone, so that any epoch can be resumed
// in its middle.
import { permutation } from '../engine/random.ts';
import { EPOCH_ORDER_STREAM } from '../gan/streams.ts';

/** Steps of an epoch: its last batch may be short. */
export function stepsPerEpoch(count: number, batchSize: number): number {
  return Math.ceil(count / batchSize);
}

/** A permutation of 0 .. count - 1. Epochs count from 1. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(count, { seed, step: epoch }, EPOCH_ORDER_STREAM);
}
