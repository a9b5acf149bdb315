// The schema of config.json, which holds everything needed to repeat a run.
import { z } from 'zod';
import { FITS } from '../data/image-options.ts';
import { savedConfigSchema } from '../gan/schema.ts';
import { PIXEL_RANGES } from '../metrics/network-input.ts';
import { ON_NAN } from './run-options.ts';

/** How pictures are read, beyond size and channels. A missing value means the default. */
export const readingSchema = z
  .strictObject({
    ...{ fit: z.enum(FITS), background: z.string(), flip: z.boolean() },
    ...{
      key: z.string(),
      transpose: z.boolean(),
      svg: z.boolean(),
      followLinks: z.boolean(),
      dedupe: z.boolean(),
      skipBroken: z.boolean(),
    },
  })
  .partial();

/** Settings of a training beside its networks and its data. */
export const settingsSchema = z.strictObject({
  contrast: z.enum(['fixed', 'tile']),
  onNan: z.enum(ON_NAN),
  /** In epochs; 0 means never. */
  evaluateEvery: z.int().min(0).max(1_000_000),
  keepBest: z.boolean(),
  extractor: z.string(),
  extractorRange: z.enum(PIXEL_RANGES),
  tensorboard: z.boolean(),
});
const { contrast, onNan, evaluateEvery, keepBest, extractor, extractorRange, tensorboard } = settingsSchema.shape;

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
});

export type RunConfig = Readonly<z.infer<typeof runSchema>>;
