// Preset `best` adapts to the number of images. Options that were given by name take precedence.
// The measurements are in docs/quality.md and docs/own-pictures.md.
import type { GroupedBy } from '../data/group-features.ts';
import { type ImageSize, sidesOf } from '../data/image-size.ts';
import { makesSense } from '../gan/combinations.ts';
import type { Config, ConfigOverrides } from '../gan/schema.ts';

/** The most groups, and how many images a group needs at least to have something in common. */
const [GROUPS, IMAGES_OF_GROUP] = [100, 50];
/**
 * Show at least this many images (epochs times images). Digits become clear after four epochs of
 * MNIST.
 */
const LEAST_SHOWN = 256_000;
/** Pictures in colour with R1 are shown so often instead: icons grew less various after that. */
const SHOWN_IN_COLOUR = 150_000;
/**
 * With fewer images the discriminator memorizes each of them, and the generator repeats a few
 * pictures.
 */
const MANY_IMAGES = 10_000;
/**
 * The mini-batch for few images: more steps for the same images, each of which sees few of them.
 */
export const SMALL_BATCH = 16;
/** R1's γ for few images is so much for each pixel. */
const PENALTY_OF_PIXEL = 1 / 256;
/**
 * With that γ pictures in colour are learned at this rate: by both networks up to so many pixels,
 * and above by the generator alone. Grey digits got worse by it. At 64 x 64 a discriminator of this
 * rate had a loss of 500 within three epochs, and a generator without it was far behind.
 */
const [RATE_IN_COLOUR, SMALL_PIXELS] = [1e-3, 32 * 32];
/**
 * With it pictures in colour of up to so many pixels have R1 in every fourth step, which was as
 * good and is faster. At 128 x 128, where it is four times as strong, the losses exploded.
 */
const [PENALTY_EVERY, PENALTY_PIXELS] = [4, 64 * 64];
/**
 * With that γ a generator of pictures in colour repeats pixels, from so many on. Its transposed
 * convolutions left a pattern of two pixels in flat colours, which more steps did not remove. At 16
 * x 16 it did not help, and grey pictures were not measured.
 */
const [UPSAMPLING_IN_COLOUR, MEASURED_PIXELS] = ['nearest', 32 * 32] as const;

/** Returns the number of groups of alike images; 0 means none. */
export function groupsFor(images: number): number {
  const fitting = Math.min(GROUPS, Math.floor(images / IMAGES_OF_GROUP));
  return fitting > 1 ? fitting : 0;
}

/**
 * Returns what groups are found by: for grey images the directions of their edges. By these 90 % of
 * the digits in a group of MNIST are of one kind, and 77 % by small copies. For images in colour
 * edges alone were worse, and edges with colours no better than small copies. Without groups it is
 * the value of files that lack the key.
 */
export function groupsByFor(groups: number, channels: number): GroupedBy {
  return groups > 0 && channels === 1 ? 'edges' : 'copies';
}

/**
 * Returns R1's γ for few images of this size: 1 for 16 x 16 pixels, and in proportion to the number
 * of pixels, to two digits. The slope at an image shrinks when more pixels show the same, so that
 * a larger image needs a larger γ. The program of Karras et al., "Training generative adversarial
 * networks with limited data", 2020, scales its default likewise.
 */
export function penaltyFor(size: ImageSize): number {
  const [height, width] = sidesOf(size);
  return Number((PENALTY_OF_PIXEL * height * width).toPrecision(2));
}

/**
 * Returns the preset's configuration with the values that depend on the number of images and their
 * size and were not given. An augmentation takes the place of R1, because the two together made the
 * samples less various than R1 alone.
 */
export function fitted(config: Config, images: number, given: ConfigOverrides): Config {
  const few = images < MANY_IMAGES;
  const batchSize = given.batchSize ?? (few ? SMALL_BATCH : config.batchSize);
  // An epoch of fewer images than a mini-batch is a step as well.
  const counted = Math.max(images, batchSize);
  const epochsToShow = (shown: number): number => given.epochs ?? Math.max(config.epochs, Math.ceil(shown / counted));
  const sized = {
    ...config,
    batchSize,
    epochs: epochsToShow(LEAST_SHOWN),
  };
  const penalized = { ...sized, r1: penaltyFor(config.imageSize) };
  if (!few || given.r1 !== undefined || config.augment !== 'none' || !makesSense(penalized)) return sized;
  if (config.channels !== 3) return penalized;
  const [height, width] = sidesOf(config.imageSize);
  const pixels = height * width;
  const small = pixels <= SMALL_PIXELS;
  const learningRate = given.learningRate ?? (small ? RATE_IN_COLOUR : config.learningRate);
  const ofGenerator = small || given.learningRate !== undefined ? config.generatorLearningRate : RATE_IN_COLOUR;
  const upsampling = pixels >= MEASURED_PIXELS ? UPSAMPLING_IN_COLOUR : config.upsampling;
  return {
    ...penalized,
    epochs: epochsToShow(SHOWN_IN_COLOUR),
    r1Every: given.r1Every ?? (pixels <= PENALTY_PIXELS ? PENALTY_EVERY : config.r1Every),
    learningRate,
    generatorLearningRate: given.generatorLearningRate ?? ofGenerator,
    upsampling: given.upsampling ?? upsampling,
  };
}
