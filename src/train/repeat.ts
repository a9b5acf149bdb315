// Turns a run's record into the options that repeat it.
import type { TrainOptions } from './run-options.ts';
import type { RunConfig } from './run-schema.ts';

/**
 * Returns the options of `train` that make the same run anew, under the library's names. The number
 * of classes follows from that of groups, or from the data.
 */
export function optionsThatRepeat(run: RunConfig): TrainOptions {
  const { config, data: images, format: _, notes: __, sittings: ___, ...rest } = run;
  const { classes, ...own } = config;
  return {
    ...own,
    ...(config.groups === 0 && { classes }),
    ...images.reading,
    ...rest,
    data: images.source,
    limit: images.count,
  };
}
