// Spectral normalisation (Miyato et al., "Spectral normalization for generative adversarial
// networks", 2018, section 2.1 and algorithm 1). A kernel is seen as a matrix with a column for
// each output channel and divided by its largest singular value. One power iteration a step finds
// that value, starting from the direction of the step before. No gradient flows through the
// directions.
import { size, type Tensor } from '../engine/graph.ts';
import { div, matmul, mul, normal, reshape, rsqrt, shift, square, sum } from '../engine/ops/index.ts';
import type { Initializer } from './initializers.ts';
import type { Variables } from './variables.ts';

/** This is added to a squared length, so that a kernel of zeros has a direction. */
const LEAST = 1e-12;

const unit = (x: Tensor): Tensor => mul(x, rsqrt(shift(sum(square(x)), LEAST)));

const unitNormal: Initializer = (shape, source) => unit(normal(shape, source()));

export class SpectralNorm {
  readonly #variables: Variables;
  /** Tensors that gradients treat as constants. */
  readonly directions: Tensor[] = [];
  /** The directions that the next step starts from, by name. */
  readonly updates = new Map<string, Tensor>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /**
   * Returns kernel [..., out] / sigma in the same shape. It keeps a direction [1, out] as the
   * layer's variable `u`.
   */
  normalize(kernel: Tensor, layer: string): Tensor {
    const out = kernel.shape.at(-1)!;
    const matrix = reshape(kernel, [size(kernel.shape) / out, out]);
    const u = this.#variables.declare(layer, 'u', [1, out], unitNormal, false);
    const left = unit(matmul(u, matrix, false, true));
    const image = matmul(left, matrix);
    const right = unit(image);
    this.directions.push(left, right);
    this.updates.set(`${this.#variables.pool}/${layer}/u`, right);
    return div(kernel, reshape(sum(mul(image, right)), []));
  }
}
