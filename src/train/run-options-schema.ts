// The options of a run, checked before its folder is made: config.json takes what its schema takes,
// and a run with other values could not be resumed.
import { z } from 'zod';
import { configSchema } from '../gan/schema.ts';
import { parseData } from '../platform/schema.ts';
import { refuseUnknown } from './check-options.ts';
import { LONGEST_PREVIEW, type RankedTrainOptions } from './run-options.ts';
import { readingSchema, settingsSchema } from './run-schema.ts';

/** What is checked here, undefined where it was not given. */
const checked = z
  .strictObject({
    ...settingsSchema.shape,
    ...readingSchema.shape,
    cond: z.boolean(),
    preview: z.number().positive().max(LONGEST_PREVIEW),
  })
  .partial();

type Checked = keyof typeof checked.shape;

/** The other options, which are checked where they are used. */
const OTHERS = {
  ...{ seed: true, data: true, onDataProgress: true, limit: true, out: true, resume: true, from: true, signal: true },
  ...{ device: true, threads: true, variant: true, ranks: true },
} satisfies Record<Exclude<keyof RankedTrainOptions, Checked | keyof typeof configSchema.shape>, true>;

const CHECKED = Object.keys(checked.shape);
const KNOWN = [...Object.keys(configSchema.shape), ...CHECKED, ...Object.keys(OTHERS)];

/** @throws a usage error for an option of another name, and for a value that no run can have */
export function checkRunOptions(options: RankedTrainOptions): void {
  refuseUnknown(options, KNOWN);
  const given = Object.entries(options).filter(([key]) => CHECKED.includes(key));
  parseData(checked, Object.fromEntries(given), 'the options of train', CHECKED);
}
