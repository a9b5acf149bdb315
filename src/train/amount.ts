// What preset `best` makes of data, by how many images they are; docs/quality.md has the measurements. What is asked for by name goes first.
import { makesSense } from '../gan/combinations.ts';
import type { Config, ConfigOverrides } from '../gan/schema.ts';
import { stepsPerEpoch } from './order.ts';

/** Groups, where each has enough images to have something in common. */
const [GROUPS, IMAGES_OF_GROUP] = [100, 50];
/** Fewer steps are too few for any data: digits come clear after four epochs of MNIST, 3,752 steps. */
const LEAST_STEPS = 4000;
/** Of fewer images the discriminator learns each one by heart, and the generator makes one picture of each group. */
const MANY_IMAGES = 10_000;

/** Groups of alike images; 0: none. */
export function groupsFor(images: number): number {
  const fitting = Math.min(GROUPS, Math.floor(images / IMAGES_OF_GROUP));
  return fitting > 1 ? fitting : 0;
}

/** A configuration of the preset, with what the number of images decides and was not asked for. */
export function fitted(config: Config, images: number, given: ConfigOverrides): Config {
  const few = images < MANY_IMAGES;
  const fitting: Config = {
    ...config,
    epochs: given.epochs ?? Math.max(config.epochs, Math.ceil(LEAST_STEPS / stepsPerEpoch(images, config.batchSize))),
    augment: given.augment ?? (few ? 'diffaugment' : config.augment),
  };
  // Some options of others exclude it.
  const normed: Config = { ...fitting, discriminatorBatchNorm: given.discriminatorBatchNorm ?? few };
  return makesSense(normed) ? normed : fitting;
}
