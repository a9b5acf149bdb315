// The generator: noise [N, latent] -> images [N, S, S, channels] in [-1, 1]. A dense layer makes the base, a stride-1 layer
// refines it, each stride-2 layer doubles it; batch norm and activation after each but the last, which ends in tanh. No biases.
import type { Tensor } from '../engine/graph.ts';
import { leakyRelu, reshape, tanh } from '../engine/ops/index.ts';
import { type BatchNorm, batchNormalization, dense, transposedConvolution } from '../nn/layers.ts';
import type { Variables } from '../nn/variables.ts';
import { architecture, type Config } from './config.ts';

export const KERNEL_SIZE = 5;

/** The generator as a function: in training it puts new running statistics into `updates`. */
export type Generator = (noise: Tensor, mode: Parameters<BatchNorm>[1]) => Tensor;

export function makeGenerator(variables: Variables, config: Config): Generator {
  const { baseSize, generatorWidths } = architecture(config);
  const [base, ...widths] = generatorWidths as [number, ...number[]];
  const norm = (layer: number, channels: number): BatchNorm =>
    batchNormalization(variables, `bn${layer}`, {
      channels,
      momentum: config.batchNormMomentum,
      epsilon: config.batchNormEpsilon,
      unbiasedMovingVariance: config.unbiasedMovingVariance,
    });
  const units = baseSize * baseSize * base;
  const project = dense(variables, 'fc1', { inputs: config.latent, units, bias: false });
  const projectNorm = norm(1, units);
  const layers = [...widths, config.channels].map((filters, i) => ({
    convolve: transposedConvolution(variables, `conv${i + 1}`, {
      inputs: i === 0 ? base : widths[i - 1]!,
      filters,
      kernelSize: KERNEL_SIZE,
      stride: i === 0 ? 1 : 2,
      bias: false,
    }),
    norm: i < widths.length ? norm(i + 2, filters) : null,
  }));
  return (noise, mode) => {
    const activate = (x: Tensor): Tensor => leakyRelu(x, config.generatorSlope);
    let x = activate(projectNorm(project(noise), mode));
    x = reshape(x, [x.shape[0]!, baseSize, baseSize, base]);
    for (const layer of layers) {
      x = layer.convolve(x);
      if (layer.norm) x = activate(layer.norm(x, mode));
    }
    return tanh(x);
  };
}
