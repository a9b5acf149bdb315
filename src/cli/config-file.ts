// `--config FILE`: the options of a training as JSON, under the names of the library's `train`. A run's own config.json is
// taken too, and repeats that run. Unknown keys are errors with the nearest right name.
import { z } from 'zod';
import { FITS } from '../data/options.ts';
import { configSchema, savedConfigSchema } from '../gan/schema.ts';
import { RANGES } from '../metrics/network-input.ts';
import { readFile } from '../platform/durable.ts';
import { usage } from '../platform/errors.ts';
import { parseData } from '../platform/schema.ts';
import { ON_NAN, type TrainOptions } from '../train/options.ts';
import { evaluateEverySchema } from '../train/run.ts';

/** How pictures are read. */
const reading = z
  .strictObject({ fit: z.enum(FITS), background: z.string(), flip: z.boolean(), skipBroken: z.boolean() })
  .partial();

const fileSchema = z
  .strictObject({
    ...configSchema.shape,
    data: z.string(),
    limit: z.int().positive(),
    seed: z.int().min(0),
    device: z.string(),
    threads: z.int().min(1).max(256),
    out: z.string(),
    contrast: z.enum(['fixed', 'tile']),
    onNan: z.enum(ON_NAN),
    evaluateEvery: evaluateEverySchema,
    keepBest: z.boolean(),
    extractor: z.string(),
    extractorRange: z.enum(RANGES),
    ...reading.shape,
  })
  .partial();

/** What a run writes of itself, as far as it says what to repeat. */
const runSchema = z.object({
  format: z.literal(1),
  config: savedConfigSchema,
  seed: z.int().min(0),
  data: z.object({ source: z.string(), count: z.int().positive(), reading: reading.optional() }),
  contrast: z.enum(['fixed', 'tile']),
  onNan: z.enum(ON_NAN).default('stop'),
  evaluateEvery: evaluateEverySchema.default(0),
  keepBest: z.boolean().default(false),
  extractor: z.string().optional(),
  extractorRange: z.enum(RANGES).optional(),
});

/** The options in a file. Errors: it can't be read, is not JSON, or has a key or value that does not fit. */
export function readConfigFile(path: string): TrainOptions {
  const data = parseJson(path);
  const run = runSchema.safeParse(data);
  if (run.success) {
    const { config, data: images, format: _, ...rest } = run.data;
    return { ...config, ...images.reading, ...rest, data: images.source, limit: images.count };
  }
  return parseData(fileSchema, data, path, Object.keys(fileSchema.shape));
}

function parseJson(path: string): unknown {
  const text = new TextDecoder().decode(readFile(path));
  try {
    return JSON.parse(text);
  } catch (error) {
    // It quotes the file, whose lines are not ours.
    const got = (error as Error).message.replace(/\s+/g, ' ');
    throw usage({ what: `${path} is not JSON`, got, todo: 'Mend it, or leave --config out' });
  }
}
