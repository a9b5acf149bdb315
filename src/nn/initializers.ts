// Initial values of variables.
import type { Shape, Tensor } from '../engine/graph.ts';
import { broadcast, constant, type DrawSource, normal, scale, shift, uniform } from '../engine/ops/index.ts';

/**
 * Returns the start of a variable of the given shape. An initializer that draws calls `source` for
 * its own draw.
 */
export type Initializer = (shape: Shape, source: () => DrawSource) => Tensor;

export const zeros: Initializer = (shape) => broadcast(constant(0), shape);
export const ones: Initializer = (shape) => broadcast(constant(1), shape);

/** Draws uniform values in ±limit. */
export const uniformWithin =
  (limit: number): Initializer =>
  (shape, source) =>
    shift(scale(uniform(shape, source()), 2 * limit), -limit);

/** Draws normal values with mean 0 and the given standard deviation. */
export const randomNormal =
  (deviation: number): Initializer =>
  (shape, source) =>
    scale(normal(shape, source()), deviation);

/**
 * Draws uniform values in ±sqrt(6 / (fan in + fan out)), Keras' default for kernels (Glorot and
 * Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
 * equation 16). A kernel's last two sizes are its channels; the sizes before them multiply both
 * fans.
 */
export const glorotUniform: Initializer = (shape, source) => {
  const [a, b] = shape.slice(-2) as [number, number];
  const receptive = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  return uniformWithin(Math.sqrt(6 / (receptive * (a + b))))(shape, source);
};
