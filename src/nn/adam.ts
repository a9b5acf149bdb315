// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015) as TensorFlow has it:
// epsilon is added to sqrt(v) after the bias corrections have moved into the step size,
//   w -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
// The step size of step t is computed outside the graph, in double precision, and given as an
// input.
import type { Shape, Tensor } from '../engine/graph.ts';
import { add, div, mul, scale, shift, sqrt, square, sub, variable } from '../engine/ops/index.ts';
import type { Declared } from './variables.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Names of a variable's moments. */
export const momentNames = (name: string): { readonly m: string; readonly v: string } => ({
  m: `adam_m/${name}`,
  v: `adam_v/${name}`,
});

export interface Moment {
  readonly name: string;
  readonly shape: Shape;
  readonly tensor: Tensor;
}

/** The moments of a variable, zero at the start. */
export function moments({ name, tensor }: Declared): { readonly m: Moment; readonly v: Moment } {
  const names = momentNames(name);
  const moment = (of: string): Moment => ({ name: of, shape: tensor.shape, tensor: variable(of, tensor.shape) });
  return { m: moment(names.m), v: moment(names.v) };
}

/**
 * New values of a variable and its moments, by name, for its gradient and the step size (a scalar).
 */
export function adam(
  declared: Declared,
  gradient: Tensor,
  stepSize: Tensor,
  options: AdamOptions,
): Map<string, Tensor> {
  const { beta1, beta2, epsilon } = options;
  const old = moments(declared);
  const m = add(scale(old.m.tensor, beta1), scale(gradient, 1 - beta1));
  const v = add(scale(old.v.tensor, beta2), scale(square(gradient), 1 - beta2));
  const w = sub(declared.tensor, div(mul(stepSize, m), shift(sqrt(v), epsilon)));
  return new Map([
    [declared.name, w],
    [old.m.name, m],
    [old.v.name, v],
  ]);
}

/**
 * The step size of step t = 1, 2, ...: powers by repeated multiplication, the same on every
 * machine.
 */
export class AdamStepSize {
  readonly #options: Omit<AdamOptions, 'epsilon'>;
  #t = 0;
  #power1 = 1;
  #power2 = 1;

  constructor(options: Omit<AdamOptions, 'epsilon'>) {
    this.#options = options;
  }

  /** Step sizes are asked for in any order; going back starts over. */
  at(t: number): number {
    if (t < this.#t) [this.#t, this.#power1, this.#power2] = [0, 1, 1];
    for (; this.#t < t; this.#t++) {
      this.#power1 *= this.#options.beta1;
      this.#power2 *= this.#options.beta2;
    }
    return (this.#options.learningRate * Math.sqrt(1 - this.#power2)) / (1 - this.#power1);
  }
}
