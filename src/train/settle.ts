// Settles what a run is made of before its first step, from options and data. Nothing here needs
// Node, so pages use it too.
import type { Dataset } from '../data/dataset.ts';
import { findGroups } from '../data/groups.ts';
import { imageSizeOf, refuseImages, showSize, sizeText } from '../data/image-size.ts';
import { parseConfig, replaced } from '../gan/config.ts';
import { DEFAULT_PRESET, type PresetName } from '../gan/presets.ts';
import { type Config, type ConfigOverrides, configSchema, ownClasses } from '../gan/schema.ts';
import type { ClassNames, Snapshot } from '../gan/snapshot.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { fitted, groupsByFor, groupsFor } from './amount.ts';
import { stepsPerEpoch } from './epoch.ts';
import type { TrainOptions } from './run-options.ts';

/** Options that say what to train. A resumed run cannot change them. */
type Settled = Exclude<keyof Config, 'epochs'>;
export const SETTLED = Object.keys(configSchema.shape).filter((key): key is Settled => key !== 'epochs');

/**
 * Returns the configuration that the options mean for a dataset. Its size and channels are the
 * data's, and so are its classes when they are wanted. `otherwise` is the preset when none is
 * given.
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
  const imageSize = imageSizeOf(data.height, data.width);
  const { channels } = data;
  const differs = (key: 'imageSize' | 'channels', expected: string, got: string): void => {
    if (got !== expected) throw usage({ what: `${key} differs from the data`, expected, got, options: [key] });
  };
  if (given.imageSize !== undefined) differs('imageSize', sizeText(imageSize), sizeText(given.imageSize));
  if (given.channels !== undefined) differs('channels', String(channels), String(given.channels));
  refuseImages(data.name, imageSize);
  const groups = groupsOn(data, preset, cond, given);
  const classes = groups || (cond || given.classes ? classesOf(data) : 0);
  if (given.classes && given.classes !== classes)
    throw usage({ what: 'classes differs from the data', expected: String(classes), got: String(given.classes) });
  const config = replaced(preset, {
    ...given,
    epochs: rest.epochs,
    classes,
    groups,
    groupsBy: given.groupsBy ?? groupsByFor(groups, channels),
    imageSize,
    channels: channels as Config['channels'],
  });
  const settled = parseConfig(preset === 'best' ? fitted(config, data.count, rest) : config, 'the configuration');
  refuseSmallRest(settled, data.count);
  return settled;
}

/** Refuses shards for which an epoch's last mini-batch is too small. */
function refuseSmallRest({ batchSize, shards }: Config, count: number): void {
  const rest = count % batchSize || batchSize;
  if (rest >= shards) return;
  throw usage({
    what: `the last mini-batch of an epoch, of ${rest} images, cannot be cut into ${shards} shards`,
    expected: `at least ${shards} images`,
    todo: 'Choose another batch size or fewer shards, or leave images out with limit',
    options: ['batchSize', 'shards', 'limit'],
  });
}

/**
 * Returns the number of groups of alike images to train with; 0 means none. Presets `best` and
 * `quick` use groups unless they use classes.
 */
function groupsOn(
  data: Dataset,
  preset: string,
  cond: boolean | undefined,
  { groups, classes }: ConfigOverrides,
): number {
  const grouped = preset === 'best' || preset === 'quick';
  if (groups === undefined) return grouped && !cond && !classes ? groupsFor(data.count) : 0;
  if (groups > 0 && cond)
    throw usage({
      what: 'groups and cond exclude each other, because groups take the place of classes',
      todo: 'Leave one of them out',
      options: ['groups', 'cond'],
    });
  if (groups > data.count)
    throw usage({
      what: 'groups exceeds the number of images',
      options: ['groups'],
      expected: `${data.count} or fewer`,
      got: String(groups),
    });
  return groups;
}

/** Returns the dataset with found groups as its labels when the configuration uses groups. */
export async function withGroups(data: Dataset, { groups, groupsBy }: Config): Promise<Dataset> {
  return groups > 0 ? data.labelled(await findGroups(data, groups, groupsBy)) : data;
}

/**
 * Returns the names of the classes of a conditional training, with null for each class without
 * images. It returns undefined without classes, and when they have no names and all have images.
 */
export function classNamesOf(config: Config, { classes, labels }: Dataset): ClassNames | undefined {
  const count = ownClasses(config);
  if (count === 0 || !labels) return undefined;
  const found = new Set(labels);
  if (!classes && found.size === count) return undefined;
  return Array.from({ length: count }, (_, label) => (found.has(label) ? (classes?.[label] ?? String(label)) : null));
}

/** Returns the number of classes of a dataset. @throws a usage error when it has none */
function classesOf({ name, classCount, whyNoClasses }: Dataset): number {
  if (classCount === 0)
    throw usage({
      what: `dataset ${name} has no classes, which cond needs`,
      expected: 'labels, or a folder for each class',
      ...(whyNoClasses !== undefined && { got: whyNoClasses }),
      todo: 'Leave it out, or give each image a class (docs/data.md)',
      options: ['cond'],
    });
  return classCount;
}

/**
 * Refuses options that the checkpoint has settled, for a run that continues from a checkpoint
 * alone.
 */
export function refuseSettled(options: { readonly [key: string]: unknown }): void {
  const given = [...SETTLED, 'cond', 'seed'].find((key) => options[key] !== undefined);
  if (given !== undefined) throw cannotChange(given);
}

/** Returns the error for an option that a run has settled, with both values when they are known. */
export function cannotChange(option: string, values?: { readonly expected: string; readonly got: string }): DcganError {
  return usage({
    what: `${option} cannot change when a run is resumed`,
    ...values,
    todo: 'Leave it out, or start a new run',
    options: [option],
  });
}

/**
 * Returns the configuration of a run that continues from a checkpoint. The data must match those it
 * was trained on.
 */
export function continuedConfig(
  { config, step, epoch }: Snapshot,
  data: Dataset,
  epochs: number = config.epochs,
): Config {
  const { imageSize, channels, batchSize } = config;
  const shape = `${showSize(imageSize)} x ${channels}`;
  const wrong = (what: string, expected: string, got: string): DcganError =>
    new DcganError({ what: `the checkpoint was not trained on ${data.name}: ${what}`, expected, got, todo: SAME_DATA });
  if (`${data.height} x ${data.width} x ${data.channels}` !== shape)
    throw wrong('its images differ', shape, `${data.height} x ${data.width} x ${data.channels}`);
  const classes = ownClasses(config);
  if (classes > 0 && classesOf(data) !== classes)
    throw wrong('its classes differ', String(classes), String(classesOf(data)));
  const steps = stepsPerEpoch(data.count, batchSize);
  if (step < epoch * steps || step >= (epoch + 1) * steps)
    throw wrong(
      `${data.count} images are ${steps} steps an epoch`,
      `${epoch * steps} to ${(epoch + 1) * steps - 1} steps after ${epoch} epochs`,
      String(step),
    );
  refuseDone(epochs, Math.ceil(step / steps));
  return { ...config, epochs };
}

/** A resumed run may end earlier than planned, but not before the epochs that are done or begun. */
export function refuseDone(epochs: number, begun: number): void {
  if (epochs >= begun) return;
  throw usage({
    what: 'epochs is less than the run has begun',
    options: ['epochs'],
    expected: `${begun} or more`,
    got: String(epochs),
  });
}

const SAME_DATA = 'Give the same images again, and the same limit';
