// The pictures that any training shows: the reals, and the generator's images of the fixed noise.
import type { Dataset } from '../data/dataset.ts';
import { imageShape } from '../data/image-size.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import { FIXED_COUNT } from '../gan/model.ts';
import { type GridOptions, makeGrid, type Picture } from '../render/grid.ts';

/**
 * How grey levels are shown: `fixed` shows the network's values, and `tile` stretches each tile to
 * its own range.
 */
export type Contrast = NonNullable<GridOptions['contrast']>;

/** Returns the first images of the data as a 4 x 4 picture. */
export function realsPicture(data: Dataset): Picture {
  const count = Math.min(FIXED_COUNT, data.count);
  const { height, width, channels } = data;
  return makeGrid(data.bytes(0, count), [count, height, width, channels]);
}

/** Returns the generator's images of the fixed noise, [FIXED_COUNT, H, W, channels]. */
export async function progressImages(gan: DCGAN): Promise<Float32Array> {
  return gan.generate(await gan.fixedNoise());
}

/** Returns those images as a 4 x 4 picture. */
export function progressPicture(images: Float32Array, { config }: DCGAN, contrast: Contrast): Picture {
  return makeGrid(images, [FIXED_COUNT, ...imageShape(config)], { contrast });
}
