// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015) in TensorFlow's form:
// the bias corrections are part of the step size, and epsilon is added to the uncorrected sqrt(v),
//   w -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
// The step size of step t is computed outside the graph, in double precision, and is an input.
import type { Shape, Tensor } from '../engine/graph.ts';
import { add, div, mul, scale, shift, sqrt, square, sub, variable } from '../engine/ops/index.ts';
import type { Declared } from './variables.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Returns the names of a variable's moments. */
export const momentNames = (name: string): { readonly m: string; readonly v: string } => ({
  m: `adam_m/${name}`,
  v: `adam_v/${name}`,
});

export interface Moment {
  readonly name: string;
  readonly shape: Shape;
  readonly tensor: Tensor;
}

/** Returns the moments of a variable; both start at zero. */
export function moments({ name, tensor }: Declared): { readonly m: Moment; readonly v: Moment } {
  const names = momentNames(name);
  const moment = (of: string): Moment => ({ name: of, shape: tensor.shape, tensor: variable(of, tensor.shape) });
  return { m: moment(names.m), v: moment(names.v) };
}

/** Returns the new values of a variable and its moments, by name. `stepSize` is a scalar. */
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
 * Returns the new values of several variables and their moments, by name. Gradient i belongs to
 * variable i, and `stepSize` is a scalar.
 */
export function adamOfAll(
  variables: readonly Declared[],
  gradients: readonly Tensor[],
  stepSize: Tensor,
  options: AdamOptions,
): Map<string, Tensor> {
  return new Map(variables.flatMap((each, i) => [...adam(each, gradients[i]!, stepSize, options)]));
}

/**
 * Computes the step size of step t = 1, 2, ... Powers are repeated multiplications, which give the
 * same bits on every machine.
 */
export class AdamStepSize {
  readonly #options: Omit<AdamOptions, 'epsilon'>;
  #t = 0;
  #power1 = 1;
  #power2 = 1;

  constructor(options: Omit<AdamOptions, 'epsilon'>) {
    this.#options = options;
  }

  /** Returns the step size of any step; a step before the last one asked for starts over. */
  at(t: number): number {
    if (t < this.#t) [this.#t, this.#power1, this.#power2] = [0, 1, 1];
    for (; this.#t < t; this.#t++) {
      this.#power1 *= this.#options.beta1;
      this.#power2 *= this.#options.beta2;
    }
    return (this.#options.learningRate * Math.sqrt(1 - this.#power2)) / (1 - this.#power1);
  }
}
