// The discriminator maps images [N, H, W, channels] to logits [N, 1], which are positive for real.
// Stride-2 convolutions, each followed by leaky ReLU and dropout, lead to one dense unit. Without
// batch norm (the default) each image is judged independently. A conditional discriminator adds the
// inner product of the features and a vector of the image's class. That is the projection
// discriminator (Miyato and Koyama, "cGANs with projection discriminator", 2018, equation 3), on
// features that are not pooled.
import { size, type Tensor } from '../engine/graph.ts';
import { add, leakyRelu, matmul, mul, reshape, sum } from '../engine/ops/index.ts';
import { glorotUniform } from '../nn/initializers.ts';
import { batchOnlyNormalization, convolution, dense, dropout, type KernelOptions } from '../nn/layers.ts';
import type { BatchPart } from '../nn/losses.ts';
import { SpectralNorm } from '../nn/spectral.ts';
import type { Variables } from '../nn/variables.ts';
import { architecture } from './architecture.ts';
import { KERNEL_SIZE, type See } from './generator.ts';
import { kernelInitializer } from './initial.ts';
import type { Config } from './schema.ts';
import { type Judged, maskSource } from './streams.ts';

/** The discriminator. */
export interface Discriminator {
  /**
   * Returns the logits of images. Reals, fakes and mixtures have dropout masks of their own.
   * Classes are one-hot, [N, classes]; they are required when the configuration has classes. `part`
   * names the whole mini-batch that the images belong to. `inference` has no dropout, but batch
   * norm still uses the batch's statistics.
   */
  judge(
    images: Tensor,
    of: Judged | 'inference',
    part: BatchPart,
    classes?: Tensor | undefined,
    see?: See | undefined,
  ): Tensor;
  /** Tensors that gradients treat as constants. */
  readonly constants: readonly Tensor[];
  /** The new values of variables that change without a gradient, by name. */
  readonly updates: ReadonlyMap<string, Tensor>;
}

export function makeDiscriminator(variables: Variables, config: Config): Discriminator {
  const { base, discriminatorWidths } = architecture(config);
  const initializer = kernelInitializer(config);
  const spectral = new SpectralNorm(variables);
  const constrain = config.spectralNorm
    ? (kernel: Tensor, layer: string) => spectral.normalize(kernel, layer)
    : undefined;
  const layers = discriminatorWidths.map((filters, i) => {
    const normalised = config.discriminatorBatchNorm && i > 0;
    const convolve = convolution(variables, `conv${i + 1}`, {
      inputs: i === 0 ? config.channels : discriminatorWidths[i - 1]!,
      filters,
      kernelSize: KERNEL_SIZE,
      stride: 2,
      // Batch norm would cancel a bias.
      bias: !normalised,
      initializer,
      constrain,
    });
    if (!normalised) return convolve;
    const norm = batchOnlyNormalization(variables, `bn${i + 1}`, {
      channels: filters,
      epsilon: config.batchNormEpsilon,
    });
    return (x: Tensor, part: BatchPart): Tensor => norm(convolve(x), part);
  });
  const features = base[0] * base[1] * discriminatorWidths[discriminatorWidths.length - 1]!;
  const judgeAlone = dense(variables, 'fc1', { inputs: features, units: 1, bias: true, initializer, constrain });
  const embedding = config.classes > 0 ? embed(variables, [config.classes, features], constrain) : null;
  return {
    judge(images, of, part, classes, see) {
      let x = images;
      layers.forEach((layer, i) => {
        x = leakyRelu(layer(x, part), config.discriminatorSlope);
        if (of !== 'inference') x = dropout(x, config.dropout, maskSource(of, i + 1));
        see?.(`conv${i + 1}`, x);
      });
      const flat = reshape(x, [x.shape[0]!, size(x.shape) / x.shape[0]!]);
      const alone = judgeAlone(flat);
      const logits = embedding ? add(alone, sum(mul(flat, matmul(classes!, embedding)), 1, 1)) : alone;
      see?.('fc1', logits);
      return logits;
    },
    constants: spectral.directions,
    updates: spectral.updates,
  };
}

function embed(
  variables: Variables,
  shape: readonly [classes: number, features: number],
  constrain: KernelOptions['constrain'],
): Tensor {
  const kernel = variables.declare('embedding', 'kernel', shape, glorotUniform);
  return constrain ? constrain(kernel, 'embedding') : kernel;
}
