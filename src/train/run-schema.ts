// The schema of config.json, which holds everything needed to repeat a run.
import { z } from 'zod';
import { FITS, type ReadingOptions } from '../data/image-options.ts';
import { savedConfigSchema } from '../gan/schema.ts';
import { PIXEL_RANGES } from '../metrics/network-input.ts';
import { hostSchema } from '../platform/host.ts';
import { CONTRASTS } from '../render/grid.ts';
import { ON_NAN } from './run-options.ts';

/** How pictures are read, beyond size and channels. A missing value means the default. */
export const readingSchema = z
  .strictObject({
    fit: z.enum(FITS),
    background: z.string(),
    flip: z.boolean(),
    key: z.string(),
    transpose: z.boolean(),
    svg: z.boolean(),
    followLinks: z.boolean(),
    dedupe: z.boolean(),
    skipBroken: z.boolean(),
  } satisfies Record<keyof ReadingOptions, z.ZodType>)
  .partial();

/** Settings of a training beside its networks and its data. */
export const settingsSchema = z.strictObject({
  contrast: z.enum(CONTRASTS),
  onNan: z.enum(ON_NAN),
  /** In epochs; 0 means never. */
  evaluateEvery: z.int('expected a whole number').min(0).max(1_000_000),
  keepBest: z.boolean(),
  extractor: z.string(),
  extractorRange: z.enum(PIXEL_RANGES),
  tensorboard: z.boolean(),
});
const { contrast, onNan, evaluateEvery, keepBest, extractor, extractorRange, tensorboard } = settingsSchema.shape;

/** Milliseconds since 1970, as every time in a run's files. */
const time = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * One sitting of a run: a process that began or resumed it, on one machine. A process that was
 * killed has written no end.
 */
const sittingSchema = z.strictObject({
  start: time,
  /** The steps that were done when it began. */
  fromStep: z.int().nonnegative(),
  /** How it evaluated; sittings of older versions do not say it. */
  evaluations: z
    .strictObject({
      evaluateEvery,
      keepBest,
      extractor: extractor.optional(),
      extractorRange: extractorRange.optional(),
    })
    .optional(),
  /** The command line, as it can be typed again. */
  command: z.string(),
  version: z.string(),
  device: z.string(),
  variant: z.string(),
  threads: z.int().positive(),
  host: hostSchema,
  end: z
    .strictObject({
      time,
      /** `done`: all epochs. `stopped`: by a person or a signal. `failed`: by an error. */
      how: z.enum(['done', 'stopped', 'failed']),
      /** The newest checkpoint by its name, and the SHA-256 of its file. */
      checkpoint: z.string(),
      sha256: hash,
      /** The SHA-256 of best.safetensors, where the run keeps it. */
      best: hash.optional(),
    })
    .optional(),
});

export type Sitting = Readonly<z.infer<typeof sittingSchema>>;

export const runSchema = z.strictObject({
  /** Raised whenever older programs could misread the folder. */
  format: z.literal(1),
  config: savedConfigSchema,
  seed: z.int().min(0),
  data: z.strictObject({
    /** The name or path, as it was given. */
    source: z.string(),
    /** The same path, as seen from the run's folder. */
    fromRun: z.string().optional(),
    name: z.string(),
    /** The number of images used, after the limit. */
    count: z.int().positive(),
    /** The limit, where one was given. */
    limit: z.int().positive().optional(),
    sha256: z.string(),
    /** The names of the classes; null for a class without images. */
    classes: z.array(z.string().nullable()).optional(),
    reading: readingSchema.optional(),
  }),
  contrast,
  onNan: onNan.default('stop'),
  evaluateEvery: evaluateEvery.default(0),
  keepBest: keepBest.default(false),
  extractor: extractor.optional(),
  extractorRange: extractorRange.optional(),
  tensorboard: tensorboard.optional(),
  /** The machine of the run. A resume only uses it to announce that bits will differ. */
  notes: z.strictObject({ version: z.string(), device: z.string(), variant: z.string() }),
  /** All sittings, oldest first; runs of older versions have none. */
  sittings: z.array(sittingSchema).optional(),
});

export type RunConfig = Readonly<z.infer<typeof runSchema>>;
