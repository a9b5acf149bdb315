// An exponential moving average of variables (Polyak and Juditsky 1992; for generators: Yazici et
// al., "The unusual effectiveness of averaging in GAN training", 2019). Its decay grows to the
// requested one, so that the average soon forgets the start.
import type { Tensor } from '../engine/graph.ts';
import { add, mul, sub } from '../engine/ops/index.ts';

/** Returns average + share * (value - average); `share` is the scalar 1 - decay. */
export function movedAverage(average: Tensor, value: Tensor, share: Tensor): Tensor {
  return add(average, mul(share, sub(value, average)));
}

/**
 * Returns 1 - decay for update t = 1, 2, ...; the decay is min(limit, (1 + t) / (10 + t)), as in
 * TensorFlow's ExponentialMovingAverage with num_updates.
 */
export function averageShare(limit: number, t: number): number {
  return 1 - Math.min(limit, (1 + t) / (10 + t));
}
