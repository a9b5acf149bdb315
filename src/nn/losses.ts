// Losses over logits.
import { size, type Tensor } from '../engine/graph.ts';
import { reshape, scale, softplus, sub, sum } from '../engine/ops/index.ts';

/** The mean of all values, a scalar. */
export function mean(x: Tensor): Tensor {
  return reshape(scale(sum(x), 1 / size(x.shape)), []);
}

/**
 * Mean sigmoid cross-entropy of logits against one label (from 0 to 1) for all, in its stable form
 * max(x, 0) - x * label + log(1 + exp(-|x|)).
 */
export function sigmoidCrossEntropy(logits: Tensor, label: number): Tensor {
  if (label === 0) return mean(softplus(logits));
  return mean(sub(softplus(logits), label === 1 ? logits : scale(logits, label)));
}
