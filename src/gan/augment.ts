// DiffAugment (Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020,
// section 3, with the policy colour + translation + cutout of its appendix). Reals and fakes are
// changed in the same way before they are judged, and each image has its own draws. So the
// discriminator cannot memorise a small dataset. Gradients flow through the changes to the
// generator.
import type { Tensor } from '../engine/graph.ts';
import { add, mul, scale, shift, shiftCut, sub, sum, uniform } from '../engine/ops/index.ts';
import { augmentSources } from './streams.ts';

/** The largest shift and the side of the blanked square, as shares of an image's shorter side. */
const REACH = 1 / 8;
const HOLE = 1 / 2;

/** Returns images [N, H, W, C] with random changes, in the same shape. */
export function diffAugment(images: Tensor, of: 'real' | 'fake'): Tensor {
  const [n, height, width, channels] = images.shape as [number, number, number, number];
  const { brightness, saturation, contrast, place } = augmentSources(of);
  const draw = (source: typeof brightness): Tensor => uniform([n, 1, 1, 1], source);
  let x = add(images, shift(draw(brightness), -0.5));
  if (channels > 1) x = around(x, scale(sum(x, 3, 3), 1 / channels), scale(draw(saturation), 2));
  x = around(x, scale(sum(x, 1, 3), 1 / (height * width * channels)), shift(draw(contrast), 0.5));
  const rounded = (part: number): number => Math.floor(Math.min(height, width) * part + 0.5);
  return shiftCut(x, uniform([n, 4], place), { reach: rounded(REACH), hole: rounded(HOLE) });
}

/** Moves `x` away from the mean or towards it: (x - mean) * factor + mean. */
function around(x: Tensor, mean: Tensor, factor: Tensor): Tensor {
  return add(mul(sub(x, mean), factor), mean);
}
