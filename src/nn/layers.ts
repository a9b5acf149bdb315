// Layers under Keras' names and defaults. Making a layer declares its variables; the layer is then
// a function that can be applied any number of times (the discriminator sees reals and fakes).
// Images are NHWC, padding SAME.
import type { Shape, Tensor } from '../engine/graph.ts';
import {
  add,
  broadcast,
  conv2d,
  convTranspose2d,
  type DrawSource,
  dropoutMask,
  matmul,
  mul,
  overShards,
  reshape,
  rsqrt,
  scale,
  shift,
  square,
  sub,
  sum,
} from '../engine/ops/index.ts';
import { type Initializer, ones, zeros } from './initializers.ts';
import { type BatchPart, valuesOfBatch } from './losses.ts';
import type { Variables } from './variables.ts';

/** Options of every layer with a kernel. */
export interface KernelOptions {
  readonly initializer: Initializer;
  /** Computes the kernel that is used in place of the variable, for example a normalised one. */
  readonly constrain?: ((kernel: Tensor, layer: string) => Tensor) | undefined;
}

export interface DenseOptions extends KernelOptions {
  readonly inputs: number;
  readonly units: number;
  readonly bias: boolean;
}

/** Maps x [N, inputs] to x . kernel (+ bias) [N, units]; the kernel is [inputs, units]. */
export function dense(variables: Variables, layer: string, options: DenseOptions): (x: Tensor) => Tensor {
  const { inputs, units, bias } = options;
  const kernel = declareKernel(variables, layer, [inputs, units], options);
  return withBias(variables, layer, units, bias, (x) => matmul(x, kernel));
}

export interface ConvOptions extends KernelOptions {
  readonly inputs: number;
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly bias: boolean;
}

/**
 * Maps x [N, H, W, inputs] to [N, ceil(H / stride), ceil(W / stride), filters]; the kernel is [k,
 * k, inputs, filters].
 */
export function convolution(variables: Variables, layer: string, options: ConvOptions): (x: Tensor) => Tensor {
  const { inputs, filters, kernelSize: k, stride, bias } = options;
  const kernel = declareKernel(variables, layer, [k, k, inputs, filters], options);
  return withBias(variables, layer, filters, bias, (x) => conv2d(x, kernel, stride));
}

/**
 * Keras' Conv2DTranspose: maps x [N, H, W, inputs] to [N, H * stride, W * stride, filters]; the
 * kernel is [k, k, filters, inputs].
 */
export function transposedConvolution(
  variables: Variables,
  layer: string,
  options: ConvOptions,
): (x: Tensor) => Tensor {
  const { inputs, filters, kernelSize: k, stride, bias } = options;
  const kernel = declareKernel(variables, layer, [k, k, filters, inputs], options);
  return withBias(variables, layer, filters, bias, (x) => convTranspose2d(x, kernel, stride));
}

/**
 * Keras' UpSampling2D, which repeats each row and each column `stride` times, and then a
 * convolution of stride 1: maps x [N, H, W, inputs] to [N, H * stride, W * stride, filters]; the
 * kernel is [k, k, inputs, filters]. Even features give an even image, which a transposed
 * convolution has to learn (Odena et al., "Deconvolution and checkerboard artifacts", 2016).
 */
export function upsampledConvolution(variables: Variables, layer: string, options: ConvOptions): (x: Tensor) => Tensor {
  const convolve = convolution(variables, layer, { ...options, stride: 1 });
  return (x) => convolve(repeatPixels(x, options.stride));
}

/** [N, H, W, C] -> [N, H * times, W * times, C]. */
function repeatPixels(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const repeated = broadcast(reshape(x, [n, h, 1, w, 1, c]), [n, h, times, w, times, c]);
  return reshape(repeated, [n, h * times, w * times, c]);
}

function declareKernel(
  variables: Variables,
  layer: string,
  shape: Shape,
  { initializer, constrain }: KernelOptions,
): Tensor {
  const kernel = variables.declare(layer, 'kernel', shape, initializer);
  return constrain ? constrain(kernel, layer) : kernel;
}

function withBias(
  variables: Variables,
  layer: string,
  units: number,
  bias: boolean,
  apply: (x: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  if (!bias) return apply;
  const b = variables.declare(layer, 'bias', [units], zeros);
  return (x) => add(apply(x), b);
}

export interface NormOptions {
  readonly channels: number;
  readonly epsilon: number;
}

export interface BatchNormOptions extends NormOptions {
  readonly momentum: number;
  /**
   * True to multiply the kept batch variance of images by n / (n - 1), where n is the number of
   * values a channel. TensorFlow 1's fused kernel does so for 4-D inputs, but not for 2-D inputs;
   * Keras 3 never does.
   */
  readonly unbiasedMovingVariance: boolean;
}

/** Training mode: where new running statistics go, and of which mini-batch the samples are. */
export interface TrainingMode {
  readonly updates: Map<string, Tensor>;
  readonly part: BatchPart;
}

/**
 * A batch norm layer. In training it uses the batch's statistics and adds the new running
 * statistics to `updates`.
 */
export type BatchNorm = (x: Tensor, mode: TrainingMode | 'inference') => Tensor;

/**
 * Computes gamma * (x - mean) / sqrt(variance + epsilon) + beta over all dimensions except the last
 * (Ioffe and Szegedy, "Batch normalization", 2015, algorithm 1).
 */
export function batchNormalization(variables: Variables, layer: string, options: BatchNormOptions): BatchNorm {
  const { channels, momentum, unbiasedMovingVariance } = options;
  const normalise = normalisation(variables, layer, options);
  const movingMean = variables.declare(layer, 'moving_mean', [channels], zeros, false);
  const movingVariance = variables.declare(layer, 'moving_variance', [channels], ones, false);
  return (x, mode) => {
    if (mode === 'inference') return normalise(sub(x, movingMean), movingVariance);
    const { n, mean, centred, variance } = batchStatistics(x, mode.part);
    const unbiased = unbiasedMovingVariance && x.shape.length > 2;
    const move = (name: string, old: Tensor, batch: Tensor): void => {
      mode.updates.set(`${variables.pool}/${layer}/${name}`, add(scale(old, momentum), scale(batch, 1 - momentum)));
    };
    move('moving_mean', movingMean, mean);
    move('moving_variance', movingVariance, unbiased ? scale(variance, n / (n - 1)) : variance);
    return normalise(centred, variance);
  };
}

/** Batch norm for a network that is only used in training; it keeps no running statistics. */
export function batchOnlyNormalization(
  variables: Variables,
  layer: string,
  options: NormOptions,
): (x: Tensor, part: BatchPart) => Tensor {
  const normalise = normalisation(variables, layer, options);
  return (x, part) => {
    const { centred, variance } = batchStatistics(x, part);
    return normalise(centred, variance);
  };
}

function normalisation(
  variables: Variables,
  layer: string,
  { channels, epsilon }: NormOptions,
): (centred: Tensor, variance: Tensor) => Tensor {
  const gamma = variables.declare(layer, 'gamma', [channels], ones);
  const beta = variables.declare(layer, 'beta', [channels], zeros);
  return (centred, variance) => add(mul(centred, mul(gamma, rsqrt(shift(variance, epsilon)))), beta);
}

/**
 * Returns statistics of the whole mini-batch that x [N, ..., C] is a shard of, over n values a
 * channel. The variance is that of the centred values, not a difference of large sums.
 */
function batchStatistics(x: Tensor, part: BatchPart): { n: number; mean: Tensor; centred: Tensor; variance: Tensor } {
  const n = valuesOfBatch(x, part) / x.shape.at(-1)!;
  const mean = scale(sumOverBatch(x, part), 1 / n);
  const centred = sub(x, mean);
  return { n, mean, centred, variance: scale(sumOverBatch(square(centred), part), 1 / n) };
}

/** [..., C] -> [1, ..., 1, C]. */
function sumOverBatch(x: Tensor, { shards }: BatchPart): Tensor {
  return overShards(sum(x, 0, x.shape.length - 2), shards);
}

/**
 * Inverted dropout: a value becomes 0 with probability `rate`, else it is divided by 1 - rate
 * (Srivastava et al., 2014).
 */
export function dropout(x: Tensor, rate: number, source: DrawSource): Tensor {
  return rate === 0 ? x : mul(x, dropoutMask(x.shape, rate, source));
}
