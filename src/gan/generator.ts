// The generator maps noise [N, latent] to images [N, H, W, channels] in [-1, 1]. A dense layer
// makes the base, a stride-1 layer refines it, and each layer behind doubles its size. Batch norm
// and an activation follow each layer except the last, which ends in tanh. There are no biases. A
// conditional generator adds a vector of the image's class to the base, which equals a dense layer
// over the noise and a class embedding side by side.
import type { Tensor } from '../engine/graph.ts';
import { add, leakyRelu, matmul, reshape, tanh } from '../engine/ops/index.ts';
import { uniformWithin } from '../nn/initializers.ts';
import {
  type BatchNorm,
  batchNormalization,
  dense,
  transposedConvolution,
  upsampledConvolution,
} from '../nn/layers.ts';
import type { Variables } from '../nn/variables.ts';
import { architecture } from './architecture.ts';
import { kernelInitializer } from './initial.ts';
import type { Config } from './schema.ts';

export const KERNEL_SIZE = 5;
/** That of layers behind repeated pixels, and of the one that then makes the image. */
const REPEATED_KERNEL_SIZE = 3;

/** Is shown what each layer of a network makes, activation included, by the layer's name. */
export type See = (layer: string, made: Tensor) => void;

/**
 * The generator as a function. In training it puts new running statistics into `updates`. Classes
 * are one-hot, [N, classes]; they are required when the configuration has classes.
 */
export type Generator = (
  noise: Tensor,
  mode: Parameters<BatchNorm>[1],
  classes?: Tensor | undefined,
  see?: See | undefined,
) => Tensor;

export function makeGenerator(variables: Variables, config: Config): Generator {
  const { base: sides, generatorWidths } = architecture(config);
  const [base, ...widths] = generatorWidths as [number, ...number[]];
  const initializer = kernelInitializer(config);
  const norm = (layer: number, channels: number): BatchNorm =>
    batchNormalization(variables, `bn${layer}`, {
      channels,
      momentum: config.batchNormMomentum,
      epsilon: config.batchNormEpsilon,
      unbiasedMovingVariance: config.unbiasedMovingVariance,
    });
  const units = sides[0] * sides[1] * base;
  const project = dense(variables, 'fc1', { inputs: config.latent, units, bias: false, initializer });
  // At the start a class is as strong as the noise, whose `latent` values add up.
  const limit = Math.sqrt((6 * config.latent) / (config.latent + units));
  const embedding =
    config.classes > 0 ? variables.declare('embedding', 'kernel', [config.classes, units], uniformWithin(limit)) : null;
  const projectNorm = norm(1, units);
  const layers = [...widths, config.channels].map((filters, i) => {
    const [refines, makesImage] = [i === 0 && config.strideOneLayer, i === widths.length];
    const options = { inputs: i === 0 ? base : widths[i - 1]!, filters, bias: false, initializer };
    const convolve =
      config.upsampling === 'nearest' && !refines
        ? upsampledConvolution(variables, `conv${i + 1}`, {
            ...options,
            kernelSize: REPEATED_KERNEL_SIZE,
            stride: makesImage ? 1 : 2,
          })
        : transposedConvolution(variables, `conv${i + 1}`, {
            ...options,
            kernelSize: KERNEL_SIZE,
            stride: refines ? 1 : 2,
          });
    return { convolve, norm: makesImage ? null : norm(i + 2, filters) };
  });
  return (noise, mode, classes, see) => {
    const activate = (x: Tensor): Tensor => leakyRelu(x, config.generatorSlope);
    const projected = embedding ? add(project(noise), matmul(classes!, embedding)) : project(noise);
    let x = activate(projectNorm(projected, mode));
    x = reshape(x, [x.shape[0]!, ...sides, base]);
    see?.('fc1', x);
    layers.forEach((layer, i) => {
      x = layer.convolve(x);
      x = layer.norm ? activate(layer.norm(x, mode)) : tanh(x);
      see?.(`conv${i + 1}`, x);
    });
    return x;
  };
}
