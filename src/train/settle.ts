// What a run is made of, settled before its first step, by options and data. Nothing here needs Node, so pages use it too.
import type { Dataset } from '../data/dataset.ts';
import { isTrainable } from '../data/options.ts';
import { resolveConfig } from '../gan/config.ts';
import { DEFAULT_PRESET, type PresetName } from '../gan/presets.ts';
import { type Config, type ConfigOverrides, configSchema } from '../gan/schema.ts';
import { DcganError, usage } from '../platform/errors.ts';
import type { TrainOptions } from './options.ts';

/** Options that say what to train; a resumed run has settled them. */
type Settled = Exclude<keyof Config, 'epochs'>;
export const SETTLED = Object.keys(configSchema.shape).filter((key): key is Settled => key !== 'epochs');

export const TRAINABLE = 'a size from 16 to 128 that 4 divides';

/**
 * The configuration that options mean for a data set: its size and channels are the data's, and its classes if wanted. `otherwise` is
 * the preset where none is asked for.
 */
export function configOn(
  data: Dataset,
  options: Pick<TrainOptions, 'preset' | 'cond' | keyof ConfigOverrides>,
  otherwise: PresetName = DEFAULT_PRESET,
): Config {
  const { preset = otherwise, cond, ...rest } = options;
  const given: ConfigOverrides = Object.fromEntries(
    SETTLED.filter((key) => key !== 'preset').map((key) => [key, rest[key]]),
  );
  if (data.height !== data.width)
    throw new DcganError({
      what: `data set ${data.name}: images are not square`,
      expected: 'equal height and width',
      got: `${data.height} x ${data.width}`,
    });
  for (const [key, of] of [['imageSize', data.height] as const, ['channels', data.channels] as const])
    if (given[key] !== undefined && given[key] !== of)
      throw usage({ what: `${key} differs from the data`, expected: String(of), got: String(given[key]) });
  const { height: imageSize, channels } = data;
  if (!isTrainable(imageSize))
    throw new DcganError({
      what: `data set ${data.name}: images of ${imageSize} x ${imageSize} pixels`,
      expected: TRAINABLE,
      todo: 'Choose another size: --size 64',
    });
  const classes = cond || given.classes ? countClasses(data) : 0;
  if (given.classes && given.classes !== classes)
    throw usage({ what: 'classes differs from the data', expected: String(classes), got: String(given.classes) });
  return resolveConfig(preset, {
    ...given,
    classes,
    ...(rest.epochs !== undefined && { epochs: rest.epochs }),
    imageSize,
    channels: channels as Config['channels'],
  });
}

function countClasses({ name, labels, classes }: Dataset): number {
  if (!labels)
    throw usage({
      what: `data set ${name} has no classes, which cond needs`,
      expected: 'labels, or a folder for each class',
      todo: 'Leave --cond out, or sort the pictures into folders',
    });
  return classes?.length ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1;
}
