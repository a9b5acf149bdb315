// An exponential moving average of variables (Polyak and Juditsky 1992; for generators: Yazici et
// al., "The unusual effectiveness of averaging in GAN training", 2019). Its decay grows to the one
// asked for, so that the start is soon forgotten.
import type { Tensor } from '../engine/graph.ts';
import { add, mul, sub } from '../engine/ops/index.ts';

/** average + (1 - decay) * (value - average); `share` is 1 - decay, a scalar. */
export function movedAverage(average: Tensor, value: Tensor, share: Tensor): Tensor {
  return add(average, mul(share, sub(value, average)));
}

/**
 * 1 - decay for update t = 1, 2, ...: decay is min(limit, (1 + t) / (10 + t)), as TensorFlow's
 * ExponentialMovingAverage with num_updates.
 */
export function averageShare(limit: number, t: number): number {
  return 1 - Math.min(limit, (1 + t) / (10 + t));
}
