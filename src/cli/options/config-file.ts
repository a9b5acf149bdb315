// `--config FILE` reads the options of a training from JSON, under the names of the library's
// `train`. It also takes a run's own config.json, which repeats that run. Unknown keys are errors
// that name the nearest right key.
import { z } from 'zod';
import { configSchema } from '../../gan/schema.ts';
import { type DcganError, usage } from '../../platform/errors.ts';
import { readJsonFile } from '../../platform/file-bytes.ts';
import { parseData } from '../../platform/schema.ts';
import { optionsThatRepeat } from '../../train/repeat.ts';
import { LONGEST_PREVIEW, type TrainOptions } from '../../train/run-options.ts';
import { readingSchema, runSchema, settingsSchema } from '../../train/run-schema.ts';

/** The options of a training under the names that the library has for them. */
export const fileSchema = z
  .strictObject({
    ...configSchema.shape,
    cond: z.boolean(),
    data: z.string(),
    limit: z.int().positive(),
    seed: z.int().min(0),
    device: z.string(),
    threads: z.int().min(1).max(256),
    out: z.string(),
    /** In seconds. */
    preview: z.int().min(1).max(LONGEST_PREVIEW),
    ...settingsSchema.shape,
    ...readingSchema.shape,
  })
  .partial();

/**
 * Returns the options in a file. It throws when the file can't be read, is not JSON, has an unknown
 * key or a wrong value, or is a run's record beside another preset.
 */
export function readConfigFile(path: string, preset?: string): TrainOptions {
  const data = parseJson(path);
  const run = runSchema.safeParse(data);
  if (run.success) {
    const own = run.data.config.preset;
    // The record has a value for each option, so nothing would be left for another preset.
    if (preset !== undefined && preset !== own)
      throw usage({
        what: `--preset ${preset} and ${path} exclude each other: that run's values are those of preset ${own}`,
        todo: 'Leave one of them out',
      });
    return optionsThatRepeat(run.data);
  }
  return parseData(fileSchema, data, path, Object.keys(fileSchema.shape));
}

function parseJson(path: string): unknown {
  const wrong = (got: string): DcganError =>
    usage({ what: `${path} is not JSON`, got, todo: 'Mend it, or leave --config out' });
  return readJsonFile(path, wrong, { typed: true });
}
