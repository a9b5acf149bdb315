// What preset `best` makes of data, by how many images they are; docs/quality.md has the measurements. What is asked for by name goes first.
import { presets } from '../gan/presets.ts';
import type { Config } from '../gan/schema.ts';
import { stepsPerEpoch } from './order.ts';

/** Groups, where each has enough images to have something in common. */
const [GROUPS, IMAGES_OF_GROUP] = [100, 50];
/** Fewer steps are too few for any data: digits come clear after four epochs of MNIST, 3,752 steps. */
const LEAST_STEPS = 4000;
/** Of fewer images the discriminator learns each one by heart. */
const MANY_IMAGES = 10_000;

/** Groups of alike images; 0: none. */
export function groupsFor(images: number): number {
  const fitting = Math.min(GROUPS, Math.floor(images / IMAGES_OF_GROUP));
  return fitting > 1 ? fitting : 0;
}

/** The preset's own, and more of few images, which make short ones. */
export function epochsFor(images: number, batchSize = presets.best.batchSize): number {
  return Math.max(presets.best.epochs, Math.ceil(LEAST_STEPS / stepsPerEpoch(images, batchSize)));
}

export function augmentFor(images: number): Config['augment'] {
  return images < MANY_IMAGES ? 'diffaugment' : presets.best.augment;
}
