// What preset `best` makes of data, by how many images they are; docs/quality.md has the measurements. What is asked for by name goes first.
import type { Config, ConfigOverrides } from '../gan/schema.ts';

/** Groups, where each has enough images to have something in common. */
const [GROUPS, IMAGES_OF_GROUP] = [100, 50];
/** Fewer, each epoch's counted anew, are too few for any data: digits come clear after four epochs of MNIST. */
const LEAST_SHOWN = 256_000;
/** Of fewer images the discriminator learns each one by heart, and the generator makes few pictures again and again. */
const MANY_IMAGES = 10_000;
/** Against that: more steps for the same images, and none that sees many of them. */
export const SMALL_BATCH = 16;

/** Groups of alike images; 0: none. */
export function groupsFor(images: number): number {
  const fitting = Math.min(GROUPS, Math.floor(images / IMAGES_OF_GROUP));
  return fitting > 1 ? fitting : 0;
}

/** A configuration of the preset, with what the number of images decides and was not asked for. */
export function fitted(config: Config, images: number, given: ConfigOverrides): Config {
  const few = images < MANY_IMAGES;
  return {
    ...config,
    batchSize: given.batchSize ?? (few ? SMALL_BATCH : config.batchSize),
    epochs: given.epochs ?? Math.max(config.epochs, Math.ceil(LEAST_SHOWN / images)),
    augment: given.augment ?? (few ? 'diffaugment' : config.augment),
  };
}
