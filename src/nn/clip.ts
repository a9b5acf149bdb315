// Clips gradients by their common norm (Pascanu et al., "On the difficulty of training recurrent
// neural networks", 2013, algorithm 1; as PyTorch's clip_grad_norm_).
import { size, type Tensor } from '../engine/graph.ts';
import { add, constant, div, minimum, mul, reshape, shift, sqrt, square, sum } from '../engine/ops/index.ts';

/** This is added to the norm before a division by it. */
const LEAST = 1e-6;

/** Returns the gradients, scaled so that their common Euclidean norm is at most `limit`. */
export function clipByGlobalNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  const squares = gradients.map((gradient) => sum(square(reshape(gradient, [size(gradient.shape)]))));
  const norm = sqrt(squares.reduce(add));
  const factor = reshape(minimum(constant(1), div(constant(limit), shift(norm, LEAST))), []);
  return gradients.map((gradient) => mul(gradient, factor));
}
