// The order of the data in an epoch: a full shuffle that depends on seed and epoch alone, so that any epoch can be resumed
// in its middle. Fisher and Yates' shuffle, from the last place down, with Philox words made even by rejection.
import { type DrawKey, drawBlock } from '../engine/random.ts';
import { EPOCH_ORDER_STREAM } from '../gan/streams.ts';

/** Steps of an epoch: its last batch may be short. */
export function stepsPerEpoch(count: number, batchSize: number): number {
  return Math.ceil(count / batchSize);
}

/** A permutation of 0 .. count - 1. Epochs count from 1. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  const next = words({ seed, step: epoch });
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1, next);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** The words of the epoch's stream, one after another. */
function words(key: DrawKey): () => number {
  let index = 0;
  let block: readonly number[] = [];
  return () => {
    if (index % 4 === 0) block = drawBlock(key, EPOCH_ORDER_STREAM, index / 4);
    return block[index++ % 4]!;
  };
}

/** A whole number below n, each as likely: words past the last whole multiple of n are left out. */
function below(n: number, next: () => number): number {
  const limit = 2 ** 32 - (2 ** 32 % n);
  for (;;) {
    const word = next();
    if (word < limit) return word % n;
  }
}
