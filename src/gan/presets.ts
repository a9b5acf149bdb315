// The presets: frozen configurations by name.
import { type Config, frozen, SINCE } from './schema.ts';

const tf2018: Config = frozen({
  ...SINCE,
  preset: 'tf2018',
  imageSize: 28,
  channels: 1,
  latent: 100,
  generatorWidths: [64, 64, 32],
  discriminatorWidths: [64, 128],
  generatorSlope: 0,
  discriminatorSlope: 0.2,
  dropout: 0.3,
  batchNormMomentum: 0.99,
  batchNormEpsilon: 1e-3,
  unbiasedMovingVariance: true,
  batchSize: 256,
  epochs: 150,
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  adamEpsilon: 1e-8,
});

/** Frozen configurations by name; `DCGAN.create` and `train` start from one of them. */
export const presets = Object.freeze({
  /** Equals TensorFlow 1.11's tutorial of 2018. */
  tf2018,
  /** The tutorial in its present form (Keras 3). */
  tf2: frozen({
    ...tf2018,
    preset: 'tf2',
    generatorWidths: [256, 128, 64],
    generatorSlope: 0.3,
    discriminatorSlope: 0.3,
    unbiasedMovingVariance: false,
    adamEpsilon: 1e-7,
    epochs: 50,
  } satisfies Config),
  /** A small tf2018 for tests and slow machines. */
  tiny: frozen({
    ...tf2018,
    preset: 'tiny',
    generatorWidths: [16, 16, 8],
    discriminatorWidths: [16, 32],
    batchSize: 64,
    epochs: 10,
  } satisfies Config),
  /**
   * Legible digits within a minute on one thread of WebAssembly: small networks and small
   * mini-batches with the values of `best`, and twice its learning rate; see docs/quality.md.
   */
  quick: frozen({
    ...tf2018,
    preset: 'quick',
    generatorWidths: [32, 32, 16],
    discriminatorWidths: [16, 32],
    dropout: 0,
    batchSize: 32,
    epochs: 10,
    learningRate: 1e-3,
    beta1: 0.5,
    ema: 0.999,
  } satisfies Config),
  /**
   * The values that gave the best samples for the time in docs/quality.md, for any size and
   * dataset.
   */
  best: frozen({
    ...tf2018,
    preset: 'best',
    dropout: 0,
    batchSize: 64,
    epochs: 15,
    learningRate: 5e-4,
    beta1: 0.5,
    ema: 0.999,
  } satisfies Config),
  /**
   * The networks of Radford et al., "Unsupervised representation learning with deep convolutional
   * generative adversarial networks", 2016, section 4 and figure 1, for 64 x 64 pixels in colour.
   * The noise is normal, as in every preset; in the paper it is uniform.
   */
  paper: frozen({
    ...tf2018,
    preset: 'paper',
    imageSize: 64,
    channels: 3,
    generatorWidths: [1024, 512, 256, 128],
    discriminatorWidths: [128, 256, 512, 1024],
    strideOneLayer: false,
    initializer: 'normal',
    dropout: 0,
    batchNormMomentum: 0.9,
    batchNormEpsilon: 1e-5,
    unbiasedMovingVariance: false,
    discriminatorBatchNorm: true,
    batchSize: 128,
    epochs: 25,
    learningRate: 2e-4,
    beta1: 0.5,
  } satisfies Config),
}) satisfies Readonly<Record<string, Config>>;

/** Any string, beside names that an editor completes. */
export type AnyName = string & Readonly<Record<never, never>>;

/** The name of a preset. */
export type PresetName = keyof typeof presets;
export const DEFAULT_PRESET: PresetName = 'tf2018';
