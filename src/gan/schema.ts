// The schema of a configuration: one flat record that decides a model and its training. Presets are
// frozen records of it. Options, config files and checkpoints override single values under the same
// names. The import is not `{ z }`, because a bundle for pages would then contain the messages of
// every language.
import * as z from 'zod';
import { GROUPED_BY } from '../data/group-features.ts';
import { imageSizeOf, SIDE_LIMITS, sizeFromText } from '../data/image-size.ts';
import { CONVOLUTIONS, PRECISIONS } from '../engine/plan.ts';

const count = z.int().positive();
const width = z.int().min(1).max(4096);
const side = z.int().min(SIDE_LIMITS.least).max(SIDE_LIMITS.most).multipleOf(SIDE_LIMITS.step);
const slope = z.number().min(0).max(1);
const decay = z.number().min(0).lt(1);
const rate = z.number().positive().max(1);

export const LOSSES = ['ns', 'hinge', 'ls', 'wgan-gp'] as const;
export const AUGMENTS = ['none', 'diffaugment'] as const;
export const UPSAMPLINGS = ['transposed', 'nearest'] as const;
const INITIALIZERS = ['glorot', 'normal'] as const;

/**
 * The tutorial's values for the keys that the first checkpoints did not have. A missing key has
 * this value.
 */
export const SINCE = {
  strideOneLayer: true,
  upsampling: 'transposed',
  initializer: 'glorot',
  discriminatorBatchNorm: false,
  spectralNorm: false,
  classes: 0,
  groups: 0,
  groupsBy: 'copies',
  loss: 'ns',
  labelSmoothing: 0,
  r1: 0,
  r1Every: 1,
  augment: 'none',
  generatorLearningRate: null,
  discriminatorLearningRate: null,
  halvedAfter: Object.freeze([] as number[]),
  discriminatorSteps: 1,
  clipGradient: 0,
  ema: 0,
  precision: 'float32',
  convolutions: 'fast',
  shards: 1,
} as const;

/** A size in its one form: a square as a number, and a text as what it means. */
function plainSize(given: unknown): unknown {
  if (typeof given === 'string') return sizeFromText(given) ?? given;
  const isPair = Array.isArray(given) && given.length === 2 && given.every((one) => typeof one === 'number');
  return isPair ? imageSizeOf(given[0] as number, given[1] as number) : given;
}

export const configSchema = z.strictObject({
  /**
   * The name of the preset that these values started from. It becomes a part of a folder's name.
   */
  preset: z.string().regex(/^[\w-][\w.-]{0,63}$/, 'expected up to 64 letters, digits, dots, dashes and underscores'),
  /** The side of square images in pixels, or [height, width]. Files may also say `64x96`. */
  imageSize: z.preprocess(
    plainSize,
    z.union([side, z.tuple([side, side]).readonly()], { error: 'expected a side, or [height, width]' }),
  ),
  /** 1 for grey, 3 for colour. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** The length of a noise vector. */
  latent: z.int().min(1).max(4096),
  /**
   * The channels of the generator's base, of its stride-1 layer if it has one, and of its stride-2
   * layers except the last; see `architecture`.
   */
  generatorWidths: z.array(width).min(1).max(8).readonly(),
  /** The channels of the discriminator's layers; see `architecture`. */
  discriminatorWidths: z.array(width).min(1).max(8).readonly(),
  /** True for a stride-1 layer between the generator's base and its first stride-2 layer. */
  strideOneLayer: z.boolean(),
  /**
   * How the generator doubles the sides of its features: by transposed convolutions of 5 x 5 with
   * stride 2, the last of which makes the image; or by repeating each pixel before a convolution of
   * 3 x 3, where one more convolution of 3 x 3 makes the image.
   */
  upsampling: z.enum(UPSAMPLINGS),
  /**
   * How kernels start: with Glorot's uniform limits, or normal with a standard deviation of 0.02.
   */
  initializer: z.enum(INITIALIZERS),
  /** The slope of the generator's activation below zero; 0 is ReLU. */
  generatorSlope: slope,
  discriminatorSlope: slope,
  /** The dropout rate in the discriminator. */
  dropout: z.number().min(0).max(0.95),
  batchNormMomentum: decay,
  batchNormEpsilon: z.number().positive(),
  /**
   * True to keep n / (n - 1) times the batch variance of images for inference, as TensorFlow 1's
   * fused kernel does.
   */
  unbiasedMovingVariance: z.boolean(),
  /** True for batch norm in the discriminator, after all convolutions except the first. */
  discriminatorBatchNorm: z.boolean(),
  /** True to divide the discriminator's kernels by their largest singular value. */
  spectralNorm: z.boolean(),
  /** The number of classes that condition both networks; 0 means none. */
  classes: z.int().min(0).max(256),
  /**
   * The number of groups of similar images, which are found in the data and replace its own
   * classes. It equals `classes`; 0 means no groups.
   */
  groups: z.int().min(0).max(256),
  /** What groups are found by: small copies of the images, or the directions of their edges. */
  groupsBy: z.enum(GROUPED_BY),
  /**
   * The loss: non-saturating cross-entropy, hinge, least squares, or Wasserstein with gradient
   * penalty.
   */
  loss: z.enum(LOSSES),
  /** The discriminator's target for reals is 1 minus this value. */
  labelSmoothing: z.number().min(0).lt(0.5),
  /** The weight of the penalty on the discriminator's gradient at reals; 0 means no penalty. */
  r1: z.number().min(0),
  /** That penalty is part of every so many steps, and weighs as much more in them. */
  r1Every: z.int().min(1).max(100),
  /** The change to reals and fakes before the discriminator sees them. */
  augment: z.enum(AUGMENTS),
  /** The number of fakes in every step, and of reals in every step except an epoch's last. */
  batchSize: z.int().min(1).max(65536),
  epochs: count.max(1_000_000),
  /** Adam's learning rate for both networks. */
  learningRate: rate,
  /** Replaces `learningRate` for one network when it is not null. */
  generatorLearningRate: rate.nullable(),
  discriminatorLearningRate: rate.nullable(),
  /**
   * The steps after which both learning rates were halved, one entry for each halving. A run that
   * diverged continues in this way.
   */
  halvedAfter: z.array(z.int().min(0)).max(30).readonly(),
  beta1: decay,
  beta2: decay,
  /**
   * This is added to sqrt(v) before the bias corrections, as in TensorFlow 1 (src/nn/adam.ts). It
   * is worth `1 / sqrt(1 - beta2^t)` of PyTorch's in step t.
   */
  adamEpsilon: z.number().positive(),
  /**
   * The number of the discriminator's steps for one of the generator, which is trained in the last
   * of them.
   */
  discriminatorSteps: z.int().min(1).max(100),
  /**
   * The largest norm of a network's gradient; longer gradients are scaled down to it. 0 means no
   * limit.
   */
  clipGradient: z.number().min(0),
  /**
   * The decay of the generator's moving average, which then generates all pictures; 0 means that no
   * average is kept.
   */
  ema: decay,
  /**
   * The precision to which training steps round the operands of large convolutions and matrix
   * products. Pictures are always computed in float32.
   */
  precision: z.enum(PRECISIONS),
  /**
   * How training steps compute convolutions on the CPU: by Winograd's method where it is faster, or
   * always by their own sums. Pictures are always computed the fast way.
   */
  convolutions: z.enum(CONVOLUTIONS),
  /**
   * The number of parts that each mini-batch is cut into, a power of two. Each part is computed
   * alone, and only sums are exchanged.
   */
  shards: z
    .int()
    .min(1)
    .max(256)
    .refine((n) => 2 ** Math.round(Math.log2(n)) === n, 'expected a power of two'),
});

/** A flat record that decides a model and its training; every checkpoint contains it. */
export type Config = Readonly<z.infer<typeof configSchema>>;
/** Single values of a configuration; they replace a preset's values. */
export type ConfigOverrides = { readonly [K in keyof Omit<Config, 'preset'>]?: Config[K] | undefined };

/** Returns a copy of a configuration that nobody can change, its lists included. */
export function frozen<T extends Config>(config: T): Readonly<T> {
  const own = Object.entries(config).map(([key, value]) => [
    key,
    Array.isArray(value) ? Object.freeze([...value]) : value,
  ]);
  return Object.freeze(Object.fromEntries(own) as T);
}

/** Accepts a configuration from a file that may be older than some of the keys. */
export const savedConfigSchema = z.preprocess(
  (saved) => (typeof saved === 'object' && saved !== null ? { ...SINCE, ...saved } : saved),
  configSchema,
);

/**
 * Returns how many of the dataset's own classes condition the networks; 0 when groups replace them.
 */
export function ownClasses({ classes, groups }: Config): number {
  return groups > 0 ? 0 : classes;
}

/**
 * Returns the factor of the learning rates in a step; powers of 1/2 are exact in floating point.
 */
export function learningRateShare({ halvedAfter }: Config, step: number): number {
  return halvedAfter.reduce((share, after) => (step > after ? share / 2 : share), 1);
}

/** Returns Adam's learning rate of each network before any halving. */
export function learningRates(config: Config): { readonly generator: number; readonly discriminator: number } {
  const { learningRate, generatorLearningRate, discriminatorLearningRate } = config;
  return {
    generator: generatorLearningRate ?? learningRate,
    discriminator: discriminatorLearningRate ?? learningRate,
  };
}
