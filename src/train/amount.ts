// Preset `best` adapts to the number of images. Options that were given by name take precedence.
// The measurements are in docs/quality.md.
import type { Config, ConfigOverrides } from '../gan/schema.ts';

/** The most groups, and how many images a group needs at least to have something in common. */
const [GROUPS, IMAGES_OF_GROUP] = [100, 50];
/**
 * Show at least this many images (epochs times images). Digits become clear after four epochs of
 * MNIST.
 */
const LEAST_SHOWN = 256_000;
/**
 * With fewer images the discriminator memorizes each of them, and the generator repeats a few
 * pictures.
 */
const MANY_IMAGES = 10_000;
/**
 * The mini-batch for few images: more steps for the same images, each of which sees few of them.
 */
export const SMALL_BATCH = 16;

/** Returns the number of groups of alike images; 0 means none. */
export function groupsFor(images: number): number {
  const fitting = Math.min(GROUPS, Math.floor(images / IMAGES_OF_GROUP));
  return fitting > 1 ? fitting : 0;
}

/**
 * Returns the preset's configuration with the values that depend on the number of images and were
 * not given.
 */
export function fitted(config: Config, images: number, given: ConfigOverrides): Config {
  const few = images < MANY_IMAGES;
  return {
    ...config,
    batchSize: given.batchSize ?? (few ? SMALL_BATCH : config.batchSize),
    epochs: given.epochs ?? Math.max(config.epochs, Math.ceil(LEAST_SHOWN / images)),
    augment: given.augment ?? (few ? 'diffaugment' : config.augment),
  };
}
