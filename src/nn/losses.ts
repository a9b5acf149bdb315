// Losses over logits.
import { size, type Tensor } from '../engine/graph.ts';
import { reshape, scale, softplus, sub, sum } from '../engine/ops/index.ts';

/**
 * What a tensor of samples [N, ...] is a part of: a mini-batch of `whole` samples, cut into
 * `shards` parts.
 */
export interface BatchPart {
  readonly shards: number;
  readonly whole: number;
}

/** The part that is the whole mini-batch. */
export function wholeBatch(samples: number): BatchPart {
  return { shards: 1, whole: samples };
}

/** How many values of samples shaped like x the whole mini-batch has. */
export function valuesOfBatch({ shape }: Tensor, { whole }: BatchPart): number {
  return (size(shape) / shape[0]!) * whole;
}

/**
 * The sum of x [N, ...] over the number of values of the whole mini-batch, a scalar: where x is all
 * of it, its mean; else the share of the mean that x adds.
 */
export function mean(x: Tensor, part: BatchPart): Tensor {
  return reshape(scale(sum(x), 1 / valuesOfBatch(x, part)), []);
}

/**
 * Returns the mean sigmoid cross-entropy (see `mean`) of logits against one label from 0 to 1, in
 * its stable form max(x, 0) - x * label + log(1 + exp(-|x|)).
 */
export function sigmoidCrossEntropy(logits: Tensor, label: number, part: BatchPart): Tensor {
  if (label === 0) return mean(softplus(logits), part);
  return mean(sub(softplus(logits), label === 1 ? logits : scale(logits, label)), part);
}
