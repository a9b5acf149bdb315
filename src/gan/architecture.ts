// Sizes and widths of the two networks for an image size.
import type { Config } from './schema.ts';

/** Most channels an added layer has. */
const WIDEST = 512;

export interface Architecture {
  /** Height and width of the generator's base and of the discriminator's last features. */
  readonly baseSize: number;
  /** Channels: base, stride-1 layer if there is one, then each stride-2 layer but the last. */
  readonly generatorWidths: readonly number[];
  readonly discriminatorWidths: readonly number[];
}

/**
 * The image size is halved while it is even and at least 8: 28 → 7 (two stages), 32 → 4 (three), 64
 * → 4 (four), 48 → 6 (three). Widths are counted from the image: where more layers are needed than
 * widths are given, each added one, next to the base, is twice as wide as its neighbour (but no
 * wider than 512); where fewer are, those next to the base are left out.
 */
export function architecture(config: Config): Architecture {
  let baseSize = config.imageSize;
  let stages = 0;
  for (; baseSize % 2 === 0 && baseSize >= 8; baseSize /= 2) stages++;
  const fromImage = (widths: readonly number[], layers: number): number[] => {
    const fitted = widths.slice(0, layers);
    while (fitted.length < layers) fitted.push(Math.max(fitted.at(-1)!, Math.min(WIDEST, 2 * fitted.at(-1)!)));
    return fitted;
  };
  const layers = config.strideOneLayer ? stages + 1 : stages;
  return {
    baseSize,
    generatorWidths: fromImage(config.generatorWidths.toReversed(), layers).toReversed(),
    discriminatorWidths: fromImage(config.discriminatorWidths, stages),
  };
}
