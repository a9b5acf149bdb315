// Opens the images of a run: those that its options name, or those that an old run was trained on.
import { Dataset } from '../data/dataset.ts';
import { checkLimit, type ReadingOptions } from '../data/image-options.ts';
import { imageSizeOf, refuseSize } from '../data/image-size.ts';
import { isKnown, originOf } from '../data/known.ts';
import { loadDataset } from '../data/load.ts';
import { isFolder } from '../data/open.ts';
import { DcganError } from '../platform/errors.ts';
import { sourceOf } from './data-place.ts';
import type { AskedData } from './ranks/orders.ts';
import type { RankedTrainOptions } from './run-options.ts';
import { type RunConfig, readingSchema } from './run-schema.ts';
import { withGroups } from './settle.ts';

/** Options for reading pictures, beyond size and channels. */
export const READING = Object.keys(readingSchema.shape) as (keyof ReadingOptions)[];

type DataQuestion = Pick<
  RankedTrainOptions,
  'data' | 'limit' | 'imageSize' | 'channels' | 'onDataProgress' | 'signal' | keyof ReadingOptions
>;

/**
 * Opens the data that the options name, cut to `limit`. `onNote` receives what a person should know
 * about them.
 */
export async function openData(options: DataQuestion, onNote?: (note: string) => void): Promise<Dataset> {
  const { data = 'mnist', limit, imageSize, channels, onDataProgress, signal } = options;
  checkLimit(limit);
  // This is checked before a hundred thousand pictures are read.
  refuseSize(imageSize, 'imageSize');
  if (data instanceof Dataset) return limit === undefined ? data : data.limit(limit);
  const reading = { ...readingOf(options), size: imageSize, channels, onProgress: onDataProgress, onNote, signal };
  return loadDataset(data, reading, limit);
}

/**
 * Returns images of the same kind, size and channels that no training on `data` sees; null when
 * there are none.
 */
export async function heldOutFor(data: Dataset): Promise<Dataset | null> {
  const test = `${originOf(data)}-test`;
  if (!isKnown(test)) return null;
  return loadDataset(test, { size: imageSizeOf(data.height, data.width), channels: data.channels as 1 | 3 });
}

/** Returns the options that say how pictures are read. */
export function readingOf(options: DataQuestion): NonNullable<RunConfig['data']['reading']> {
  const given = READING.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]);
  return Object.fromEntries(given);
}

/** What other ranks need in order to open the same data. */
export function askedOf({
  data = 'mnist',
  limit,
  imageSize,
  channels,
  ...options
}: DataQuestion): AskedData['options'] {
  return { data, limit, imageSize, channels, ...readingOf(options) };
}

/**
 * Opens the data that a run was trained on, with its groups as labels where it has groups.
 * @param question as `dataOfRun` gives it; `again` is the command that names the data elsewhere
 * @throws DcganError when they are not the same images
 */
export async function openRunData(
  folder: string,
  { config, data }: RunConfig,
  { again, onNote, ...question }: DataQuestion & { readonly again: string; readonly onNote?: (note: string) => void },
): Promise<Dataset> {
  // Pictures may have been added to a folder since.
  const { data: source } = question;
  const mayHaveGrown = data.limit === undefined && typeof source === 'string' && !isKnown(source) && isFolder(source);
  const all = await openData(mayHaveGrown ? { ...question, limit: undefined } : question, onNote);
  const images = all.count > data.count ? all.limit(data.count) : all;
  const more = all.count - images.count;
  if (images.count !== data.count || images.sha256 !== data.sha256)
    throw new DcganError({
      what: `the data of ${folder} have changed`,
      expected: `${data.count} images with SHA-256 ${data.sha256.slice(0, 12)}...`,
      got:
        more > 0
          ? `${all.count}, of which the first ${data.count} are others`
          : `${all.count} with ${images.sha256.slice(0, 12)}...`,
      todo: `Give the same images again: ${again}; or start a new run on those of now`,
    });
  if (more > 0)
    onNote?.(
      `${source} holds ${all.count} images now: the run goes on with its own ${data.count}, and a new run takes all`,
    );
  return withGroups(images, config);
}

/** Returns the options of `openData` that open the data of an existing run. */
export function dataOfRun(
  folder: string,
  record: RunConfig,
  options: RankedTrainOptions,
  again?: string,
): DataQuestion {
  const { config, data } = record;
  const { imageSize, channels } = config;
  const source = options.data ?? sourceOf(folder, record, again);
  return { ...options, ...data.reading, data: source, limit: data.count, imageSize, channels };
}
