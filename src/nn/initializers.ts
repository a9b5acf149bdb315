// How variables start.
import type { Shape, Tensor } from '../engine/graph.ts';
import { broadcast, constant, type DrawSource, normal, scale, shift, uniform } from '../engine/ops/index.ts';

/**
 * The start of a variable of the given shape; `source` gives a place of its own to draw from, when
 * it draws.
 */
export type Initializer = (shape: Shape, source: () => DrawSource) => Tensor;

export const zeros: Initializer = (shape) => broadcast(constant(0), shape);
export const ones: Initializer = (shape) => broadcast(constant(1), shape);

/** Uniform in ±limit. */
export const uniformWithin =
  (limit: number): Initializer =>
  (shape, source) =>
    shift(scale(uniform(shape, source()), 2 * limit), -limit);

/** Normal with mean 0 and the given standard deviation. */
export const randomNormal =
  (deviation: number): Initializer =>
  (shape, source) =>
    scale(normal(shape, source()), deviation);

/**
 * Uniform in ±sqrt(6 / (fan in + fan out)), Keras' default for kernels (Glorot and Bengio,
 * "Understanding the difficulty of training deep feedforward neural networks", 2010, equation 16).
 * A kernel's last two sizes are its channels; the sizes before them multiply both fans.
 */
export const glorotUniform: Initializer = (shape, source) => {
  const [a, b] = shape.slice(-2) as [number, number];
  const receptive = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  return uniformWithin(Math.sqrt(6 / (receptive * (a + b))))(shape, source);
};
