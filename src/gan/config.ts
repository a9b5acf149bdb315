// What a model and its training are made of: one flat record, checked once. Presets are frozen records; options, config
// files and checkpoints override single values under the same names.
import { z } from 'zod';
import { usage } from '../platform/errors.ts';
import { parseData } from '../platform/schema.ts';
import { nearest } from '../platform/suggest.ts';

/** Most channels an added layer has. */
const WIDEST = 512;

const count = z.int().positive();
const width = z.int().min(1).max(4096);
const slope = z.number().min(0).max(1);
const decay = z.number().min(0).lt(1);

export const configSchema = z.strictObject({
  /** Name of the preset these values started from. */
  preset: z.string(),
  /** Height and width of an image in pixels. */
  imageSize: z.int().min(16).max(128).multipleOf(4),
  /** 1 grey, 3 colour. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Length of a noise vector. */
  latent: z.int().min(1).max(4096),
  /** Channels of the generator's base, its stride-1 and its stride-2 layers but the last (for two stride-2 stages). */
  generatorWidths: z.array(width).length(3),
  /** Channels of the discriminator's layers (for two stride-2 stages). */
  discriminatorWidths: z.array(width).length(2),
  /** Slope of the generator's activation below zero; 0 is ReLU. */
  generatorSlope: slope,
  discriminatorSlope: slope,
  /** Dropout rate in the discriminator. */
  dropout: z.number().min(0).max(0.95),
  batchNormMomentum: decay,
  batchNormEpsilon: z.number().positive(),
  /** Keep n / (n - 1) times the batch variance of images for inference, as TensorFlow 1's fused kernel does. */
  unbiasedMovingVariance: z.boolean(),
  /** Fakes of every step and reals of all but an epoch's last. */
  batchSize: z.int().min(1).max(65536),
  epochs: count.max(1_000_000),
  learningRate: z.number().positive().max(1),
  beta1: decay,
  beta2: decay,
  /** Added to sqrt(v), after the bias corrections. */
  adamEpsilon: z.number().positive(),
});

export type Config = Readonly<z.infer<typeof configSchema>>;
export type ConfigOverrides = { readonly [K in keyof Omit<Config, 'preset'>]?: Config[K] | undefined };

const tf2018: Config = Object.freeze({
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

/** Frozen configurations, by name. */
export const presets = Object.freeze({
  /** TensorFlow 1.11's tutorial of 2018, exactly. */
  tf2018,
  /** Today's form of the tutorial (Keras 3). */
  tf2: Object.freeze({
    ...tf2018,
    preset: 'tf2',
    generatorWidths: [256, 128, 64],
    generatorSlope: 0.3,
    discriminatorSlope: 0.3,
    unbiasedMovingVariance: false,
    adamEpsilon: 1e-7,
    epochs: 50,
  } satisfies Config),
  /** tf2018, small: for tests and slow machines. */
  tiny: Object.freeze({
    ...tf2018,
    preset: 'tiny',
    generatorWidths: [16, 16, 8],
    discriminatorWidths: [16, 32],
    batchSize: 64,
    epochs: 10,
  } satisfies Config),
}) satisfies Readonly<Record<string, Config>>;

export type PresetName = keyof typeof presets;
export const DEFAULT_PRESET: PresetName = 'tf2018';

/** A preset with single values replaced. Wrong names or values: a usage error that names the nearest right one. */
export function resolveConfig(preset: string = DEFAULT_PRESET, overrides: ConfigOverrides = {}): Config {
  const base = Object.entries(presets).find(([name]) => name === preset)?.[1];
  if (!base) {
    const close = nearest(preset, Object.keys(presets));
    throw usage({
      what: `unknown preset ${JSON.stringify(preset)}`,
      expected: Object.keys(presets).join(', '),
      ...(close && { todo: `Did you mean ${close}` }),
    });
  }
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return parseConfig({ ...base, ...given }, 'the configuration');
}

/** A whole configuration from unknown data; `where` names it in errors. */
export function parseConfig(data: unknown, where: string): Config {
  return parseData(configSchema, data, where, Object.keys(configSchema.shape));
}

/** Sizes and widths of the two networks for an image size. */
export interface Architecture {
  /** Height and width of the generator's base and of the discriminator's last features. */
  readonly baseSize: number;
  /** Channels: base, stride-1 layer, then each stride-2 layer but the last. */
  readonly generatorWidths: readonly number[];
  readonly discriminatorWidths: readonly number[];
}

/**
 * The image size is halved while it is even and at least 8: 28 → 7 (two stages), 32 → 4 (three), 64 → 4 (four), 48 → 6
 * (three). Each stage beyond two adds a layer next to the base, twice as wide as its neighbour.
 */
export function architecture({ imageSize, generatorWidths, discriminatorWidths }: Config): Architecture {
  let baseSize = imageSize;
  let stages = 0;
  for (; baseSize % 2 === 0 && baseSize >= 8; baseSize /= 2) stages++;
  const generator = [...generatorWidths];
  const discriminator = [...discriminatorWidths];
  for (let extra = 2; extra < stages; extra++) {
    generator.unshift(Math.min(WIDEST, 2 * generator[0]!));
    discriminator.push(Math.min(WIDEST, 2 * discriminator[discriminator.length - 1]!));
  }
  return { baseSize, generatorWidths: generator, discriminatorWidths: discriminator };
}
