// Computes the sizes and widths of the two networks for an image size.
import { sidesOf } from '../data/image-size.ts';
import type { Config } from './schema.ts';

/** An added layer has at most this many channels. */
const WIDEST = 512;

export interface Architecture {
  /** [height, width] of the generator's base, and of the discriminator's last features. */
  readonly base: readonly [height: number, width: number];
  /**
   * The channels of the base, of the stride-1 layer if there is one, and of each layer that doubles
   * the sides, except where the last of these makes the image.
   */
  readonly generatorWidths: readonly number[];
  readonly discriminatorWidths: readonly number[];
}

/**
 * Halves both sides of the image while both are even and at least 8: 28 becomes 7 in two stages, 32
 * becomes 4 in three, 64 becomes 4 in four, and 64 x 96 becomes 4 x 6 in four. Widths are counted
 * from the image. If more layers are needed than widths are given, layers are added next to the
 * base. Each is twice as wide as its neighbour, but at most 512 channels wide. If fewer layers are
 * needed, the widths next to the base are left out. Where pixels are repeated, one more layer
 * doubles the sides, and is as wide as the one before it.
 */
export function architecture(config: Config): Architecture {
  let [height, width] = sidesOf(config.imageSize);
  let stages = 0;
  const halves = (side: number): boolean => side % 2 === 0 && side >= 8;
  for (; halves(height) && halves(width); [height, width] = [height / 2, width / 2]) stages++;
  const fromImage = (widths: readonly number[], layers: number): number[] => {
    const fitted = widths.slice(0, layers);
    while (fitted.length < layers) fitted.push(Math.max(fitted.at(-1)!, Math.min(WIDEST, 2 * fitted.at(-1)!)));
    return fitted;
  };
  const layers = config.strideOneLayer ? stages + 1 : stages;
  const generatorWidths = fromImage(config.generatorWidths.toReversed(), layers).toReversed();
  if (config.upsampling === 'nearest') generatorWidths.push(generatorWidths.at(-1)!);
  return {
    base: [height, width],
    generatorWidths,
    discriminatorWidths: fromImage(config.discriminatorWidths, stages),
  };
}
