// Gradients shortened together (Pascanu et al., "On the difficulty of training recurrent neural
// networks", 2013, algorithm 1; as PyTorch's clip_grad_norm_).
import { size, type Tensor } from '../engine/graph.ts';
import { add, constant, div, minimum, mul, reshape, shift, sqrt, square, sum } from '../engine/ops/index.ts';

/** Added to the norm that is divided by. */
const LEAST = 1e-6;

/** The gradients, times what makes their common Euclidean norm at most `limit`. */
export function clipByGlobalNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  const squares = gradients.map((gradient) => sum(square(reshape(gradient, [size(gradient.shape)]))));
  const norm = sqrt(squares.reduce(add));
  const factor = reshape(minimum(constant(1), div(constant(limit), shift(norm, LEAST))), []);
  return gradients.map((gradient) => mul(gradient, factor));
}
