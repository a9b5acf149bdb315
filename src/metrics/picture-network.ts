// The network whose features compare pictures of any kind: four convolutions and a dense layer,
// 200,000 weights. It was trained on drawings of many kinds to tell apart two pictures that differ
// in one part or by one fault, such as blur, and not to mind small moves and tints
// (scripts/train-pictures.mjs; the loss is that of Chen et al., "A simple framework for contrastive
// learning of visual representations", 2020).
import type { Computation } from '../engine/compile.ts';
import type { Tensor } from '../engine/graph.ts';
import { input, leakyRelu, reshape, scale } from '../engine/ops/index.ts';
import { glorotUniform } from '../nn/initializers.ts';
import { convolution, dense } from '../nn/layers.ts';
import { Variables } from '../nn/variables.ts';

/** Pictures are brought to SIDE x SIDE x CHANNELS. */
export const SIDE = 64;
export const CHANNELS = 3;
/** The number of values in a feature vector. */
export const WIDTH = 64;

const FILTERS = [24, 48, 64, 96] as const;
const INITIALIZER = { initializer: glorotUniform, bias: true } as const;

export interface PictureNetwork {
  readonly variables: Variables;
  /** images [N, 64, 64, 3] in [-1, 1] -> features [N, 64], before they are scaled */
  features(images: Tensor): Tensor;
}

export function makePictureNetwork(): PictureNetwork {
  const variables = new Variables('pictures');
  const convolutions = FILTERS.map((filters, i) =>
    convolution(variables, `conv${i + 1}`, {
      inputs: i === 0 ? CHANNELS : FILTERS[i - 1]!,
      filters,
      kernelSize: i === 0 ? 5 : 3,
      stride: 2,
      ...INITIALIZER,
    }),
  );
  const inputs = (SIDE / 2 ** FILTERS.length) ** 2 * FILTERS.at(-1)!;
  const last = dense(variables, 'fc', { inputs, units: WIDTH, ...INITIALIZER });
  const relu = (x: Tensor): Tensor => leakyRelu(x, 0);
  return {
    variables,
    features(images) {
      const maps = convolutions.reduce((x, convolve) => relu(convolve(x)), images);
      return relu(last(reshape(maps, [images.shape[0]!, inputs])));
    },
  };
}

/** Features are multiplied by it, so that Fréchet distances need few decimals. */
export const SCALE = 32;

/** Computes features of images. */
export function featuresOf(network: PictureNetwork, count: number): Computation {
  const features = scale(network.features(input('images', [count, SIDE, SIDE, CHANNELS])), SCALE);
  return { name: `features of ${count} pictures`, outputs: { features }, updates: new Map() };
}
