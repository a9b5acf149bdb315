// What a model and its training are made of: one flat record. Presets are frozen records of it;
// options, config files and checkpoints override single values under the same names. Not `{ z }`: a
// bundle for pages would then carry the words of every language.
import * as z from 'zod';
import { PRECISIONS } from '../engine/plan.ts';

const count = z.int().positive();
const width = z.int().min(1).max(4096);
const slope = z.number().min(0).max(1);
const decay = z.number().min(0).lt(1);
const rate = z.number().positive().max(1);

export const LOSSES = ['ns', 'hinge', 'ls', 'wgan-gp'] as const;
export const AUGMENTS = ['none', 'diffaugment'] as const;
export const INITIALIZERS = ['glorot', 'normal'] as const;

/**
 * The tutorial's values of what the first checkpoints did not have yet: what they mean where they
 * are missing.
 */
export const SINCE = {
  strideOneLayer: true,
  initializer: 'glorot',
  discriminatorBatchNorm: false,
  spectralNorm: false,
  classes: 0,
  groups: 0,
  loss: 'ns',
  labelSmoothing: 0,
  r1: 0,
  augment: 'none',
  generatorLearningRate: null,
  discriminatorLearningRate: null,
  halvedAfter: [] as number[],
  discriminatorSteps: 1,
  clipGradient: 0,
  ema: 0,
  precision: 'float32',
  shards: 1,
} as const;

export const configSchema = z.strictObject({
  /** Name of the preset these values started from. It becomes a part of a folder's name. */
  preset: z.string().regex(/^[\w-][\w.-]{0,63}$/, 'expected up to 64 letters, digits, dots, dashes and underscores'),
  /** Height and width of an image in pixels. */
  imageSize: z.int().min(16).max(128).multipleOf(4),
  /** 1 grey, 3 colour. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Length of a noise vector. */
  latent: z.int().min(1).max(4096),
  /**
   * Channels of the generator's base, its stride-1 layer if it has one, and its stride-2 layers but
   * the last: see `architecture`.
   */
  generatorWidths: z.array(width).min(1).max(8),
  /** Channels of the discriminator's layers: see `architecture`. */
  discriminatorWidths: z.array(width).min(1).max(8),
  /** A stride-1 layer between the generator's base and its first stride-2 layer. */
  strideOneLayer: z.boolean(),
  /** How kernels start: Glorot's uniform limits, or normal with a standard deviation of 0.02. */
  initializer: z.enum(INITIALIZERS),
  /** Slope of the generator's activation below zero; 0 is ReLU. */
  generatorSlope: slope,
  discriminatorSlope: slope,
  /** Dropout rate in the discriminator. */
  dropout: z.number().min(0).max(0.95),
  batchNormMomentum: decay,
  batchNormEpsilon: z.number().positive(),
  /**
   * Keep n / (n - 1) times the batch variance of images for inference, as TensorFlow 1's fused
   * kernel does.
   */
  unbiasedMovingVariance: z.boolean(),
  /** Batch norm in the discriminator, behind all convolutions but the first. */
  discriminatorBatchNorm: z.boolean(),
  /** Divide the discriminator's kernels by their largest singular value. */
  spectralNorm: z.boolean(),
  /** Number of classes that condition both networks; 0: none. */
  classes: z.int().min(0).max(256),
  /**
   * Groups of alike images found in the data, in place of classes of its own: as many as `classes`.
   * 0: none.
   */
  groups: z.int().min(0).max(256),
  /** Non-saturating cross-entropy, hinge, least squares, or Wasserstein with gradient penalty. */
  loss: z.enum(LOSSES),
  /** The discriminator's target for reals is 1 less this. */
  labelSmoothing: z.number().min(0).lt(0.5),
  /** Weight of the penalty on the discriminator's slope at reals; 0: none. */
  r1: z.number().min(0),
  /** What is done to reals and fakes before the discriminator sees them. */
  augment: z.enum(AUGMENTS),
  /** Fakes of every step and reals of all but an epoch's last. */
  batchSize: z.int().min(1).max(65536),
  epochs: count.max(1_000_000),
  /** Adam's, of both networks. */
  learningRate: rate,
  /** In place of `learningRate`, where not null. */
  generatorLearningRate: rate.nullable(),
  discriminatorLearningRate: rate.nullable(),
  /**
   * Steps after which both learning rates were halved, a step once for each time: how a run went on
   * that had diverged.
   */
  halvedAfter: z.array(z.int().min(0)).max(30),
  beta1: decay,
  beta2: decay,
  /** Added to sqrt(v), after the bias corrections. */
  adamEpsilon: z.number().positive(),
  /** Steps of the discriminator for one of the generator, which is trained in the last of them. */
  discriminatorSteps: z.int().min(1).max(100),
  /** Largest norm of a network's gradient; longer ones are shortened to it. 0: any. */
  clipGradient: z.number().min(0),
  /** Decay of the generator's moving average, which then makes all pictures; 0: none is kept. */
  ema: decay,
  /**
   * What training steps round the operands of large convolutions and matrix products to. Pictures
   * are float32's.
   */
  precision: z.enum(PRECISIONS),
  /**
   * Parts that each mini-batch is cut into, a power of two. Each is computed apart, and only sums go
   * between them.
   */
  shards: z
    .int()
    .min(1)
    .max(256)
    .refine((n) => 2 ** Math.round(Math.log2(n)) === n, 'expected a power of two'),
});

/** All that decides a model and its training: a flat record, saved in every checkpoint. */
export type Config = Readonly<z.infer<typeof configSchema>>;
/** Single values of a configuration, which replace those of a preset. */
export type ConfigOverrides = { readonly [K in keyof Omit<Config, 'preset'>]?: Config[K] | undefined };

/** A configuration out of a file that may be older than some of its values. */
export const savedConfigSchema = z.preprocess(
  (saved) => (typeof saved === 'object' && saved !== null ? { ...SINCE, ...saved } : saved),
  configSchema,
);

/**
 * How many of the dataset's own classes condition the networks: none where groups stand in for
 * them.
 */
export function ownClasses({ classes, groups }: Config): number {
  return groups > 0 ? 0 : classes;
}

/** What is left of the learning rates in a step: exact in floating point. */
export function learningRateShare({ halvedAfter }: Config, step: number): number {
  return halvedAfter.reduce((share, after) => (step > after ? share / 2 : share), 1);
}

/** Adam's learning rate of each network, before any halving. */
export function learningRates(config: Config): { readonly generator: number; readonly discriminator: number } {
  const { learningRate, generatorLearningRate, discriminatorLearningRate } = config;
  return {
    generator: generatorLearningRate ?? learningRate,
    discriminator: discriminatorLearningRate ?? learningRate,
  };
}
