// The discriminator: images [N, S, S, channels] -> logits [N, 1], positive for real. Stride-2 convolutions, each followed by
// leaky ReLU and dropout, then one dense unit. No batch norm: each sample is judged by itself.
import { size, type Tensor } from '../engine/graph.ts';
import { leakyRelu, reshape } from '../engine/ops/index.ts';
import { convolution, dense, dropout } from '../nn/layers.ts';
import type { Variables } from '../nn/variables.ts';
import { architecture, type Config } from './config.ts';
import { KERNEL_SIZE } from './generator.ts';
import { maskSource } from './streams.ts';

/** The discriminator in training mode: reals and fakes get dropout masks of their own. */
export type Discriminator = (images: Tensor, of: 'real' | 'fake') => Tensor;

export function makeDiscriminator(variables: Variables, config: Config): Discriminator {
  const { baseSize, discriminatorWidths } = architecture(config);
  const layers = discriminatorWidths.map((filters, i) =>
    convolution(variables, `conv${i + 1}`, {
      inputs: i === 0 ? config.channels : discriminatorWidths[i - 1]!,
      filters,
      kernelSize: KERNEL_SIZE,
      stride: 2,
      bias: true,
    }),
  );
  const features = baseSize * baseSize * discriminatorWidths[discriminatorWidths.length - 1]!;
  const judge = dense(variables, 'fc1', { inputs: features, units: 1, bias: true });
  return (images, of) => {
    let x = images;
    layers.forEach((convolve, i) => {
      x = dropout(leakyRelu(convolve(x), config.discriminatorSlope), config.dropout, maskSource(of, i + 1));
    });
    return judge(reshape(x, [x.shape[0]!, size(x.shape) / x.shape[0]!]));
  };
}
