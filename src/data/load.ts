// Opens what a person typed after `--data` as a Dataset; recognize.ts finds out what it is. Arrays
// are read as they are, unless another size or other channels are asked for. Pictures are packed
// into the cache first, and the pack is used as long as its source and the options stay the same.

import { createHash } from 'node:crypto';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheFolder } from '../platform/cache.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { evict, keepInUse, markUsed } from '../platform/evict.ts';
import { safeName } from '../platform/text.ts';
import { isTrustedFile } from '../platform/trusted.ts';
import { type Built, guessedGrey, type PackProgress, settle, writePack } from './build.ts';
import type { Dataset } from './dataset.ts';
import { SEVERAL_FRAMES } from './frames.ts';
import {
  checkDataOptions,
  checkLimit,
  type DataOptions,
  DEFAULT_SIZE,
  SETTLING,
  type Shaping,
} from './image-options.ts';
import { imageSizeOf, isTrainable, refuseImages, refuseSize, sizeText } from './image-size.ts';
import { isKnown } from './known.ts';
import { packTarget, refuseSource, writePackInto } from './output.ts';
import { openPack, readHeader } from './pack.ts';
import { recognize } from './recognize.ts';
import type { Supply } from './supply.ts';
import { firstPictures, tableSupply } from './table.ts';

/** Options of `datasets.load` and `datasets.pack`. */
export interface LoadOptions extends DataOptions {
  /** Called while pictures are read. */
  readonly onProgress?: ((progress: PackProgress) => void) | undefined;
  /**
   * What a person should know and nothing fails for: pictures left out, a pack older than its
   * source.
   */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Aborting ends the reading with an error. */
  readonly signal?: AbortSignal | undefined;
}

const NAMED_SKIPPED = 5;

/**
 * Opens any data.
 * @param where a known name or a path, as it was given; a folder called mnist is `./mnist`
 * @param limit how many images are wanted at most, mirror images counted; default: all
 * @throws DcganError that names the path or the file as it was given, and says what to do
 */
export async function loadDataset(where = 'mnist', options: LoadOptions = {}, limit?: number): Promise<Dataset> {
  checkDataOptions(options);
  checkLimit(limit);
  const found = await recognize(where, options);
  const wanted = limit !== undefined && options.flip ? Math.ceil(limit / 2) : limit;
  const dataset =
    'dataset' in found
      ? await asAsked(found.dataset, where, options, wanted)
      : await packed(found.supply, await settle(found.supply, options), where, options);
  // What is resized from a known dataset comes from a pack, which does not know.
  const known = isKnown(where) && !options.dedupe ? dataset.knownAs(where) : dataset;
  const why = 'supply' in found ? found.supply.whyNoClasses : (found.dataset.whyNoClasses ?? null);
  const told = why === null ? known : known.withoutClasses(why);
  const all = options.flip ? told.mirrored() : told;
  return limit === undefined ? all : all.limit(limit);
}

/** An array as it is, or, when another shape is asked for, as pictures are. */
async function asAsked(dataset: Dataset, where: string, options: LoadOptions, wanted?: number): Promise<Dataset> {
  const own = imageSizeOf(dataset.height, dataset.width);
  const asIs = typeof own === 'number' || isTrainable(own);
  const { size = asIs ? own : DEFAULT_SIZE, channels = dataset.channels } = options;
  if (!options.dedupe && sizeText(size) === sizeText(own) && channels === dataset.channels) return dataset;
  const supply = tableSupply(dataset, where);
  const shaping = await settle(supply, options);
  // Which images are the first without duplicates is not known before all of them were compared.
  if (options.dedupe || wanted === undefined || wanted >= dataset.count) return packed(supply, shaping, where, options);
  // The pack of all of them may be there already.
  const whole = await keptPack(placeOf(supply, shaping, where, options), supply, options);
  return whole ?? packed(firstPictures(supply, wanted), shaping, where, options, wanted);
}

/** Where the pack of a supply lies in the cache. */
interface PackPlace {
  readonly folder: string;
  readonly file: string;
  /** A guess of grey may turn out wrong; all images of an array have the same channels. */
  readonly greyIsGuessed: boolean;
}

function placeOf(supply: Supply, shaping: Shaping, where: string, options: LoadOptions, limit?: number): PackPlace {
  const { skipBroken = false } = options;
  const { size, fit, channels, background } = shaping;
  const { key: array, transpose } = options;
  const greyIsGuessed = supply.form !== 'array' && guessedGrey(options, shaping);
  const asked = [
    supply.form,
    resolve(where),
    size,
    fit,
    channels,
    background,
    skipBroken,
    array,
    transpose,
    options.svg,
    options.followLinks,
    options.dedupe,
    greyIsGuessed,
  ];
  // Labels may lie in a file beside pictures that stay as they are.
  const key = createHash('sha256')
    .update(JSON.stringify([...asked, supply.classes?.names, ...(limit === undefined ? [] : [limit])]))
    .update(supply.classes?.labels ?? '')
    .digest('hex');
  const { path: folder } = cacheFolder('data');
  return { folder, file: join(folder, `${safeName(supply.name)}-${key.slice(0, 16)}.pack`), greyIsGuessed };
}

/** The pack of a supply in the cache, if it is there and still true. */
async function keptPack({ file }: PackPlace, supply: Supply, options: LoadOptions): Promise<Dataset | null> {
  // Before it is looked at, so that nobody evicts it meanwhile.
  keepInUse(file);
  const kept = await reuse(file, supply.fingerprint);
  if (!kept) return null;
  markUsed(file);
  const { skipped, duplicates = 0, several = 0 } = readHeader(file).header;
  if (skipped > 0) options.onNote?.(`left out: ${skipped} broken ${skipped === 1 ? 'file' : 'files'}`);
  noteDuplicates(duplicates, options);
  noteFrames(several, options);
  return kept;
}

/**
 * The pack of a supply in the cache: made now, unless it is there and still true.
 * @param limit where the supply has the first images only: how many
 */
async function packed(
  supply: Supply,
  shaping: Shaping,
  where: string,
  options: LoadOptions,
  limit?: number,
): Promise<Dataset> {
  const place = placeOf(supply, shaping, where, options, limit);
  const kept = await keptPack(place, supply, options);
  if (kept) return kept;
  const { folder, file, greyIsGuessed } = place;
  const built = await writePack(supply, file, relative(folder, resolve(where)), {
    ...options,
    ...shaping,
    greyIsGuessed,
    mode: 0o600,
  });
  noteSkipped(built, options);
  noteColour(built, shaping, options);
  const dataset = await openPack(file);
  evict(folder);
  return dataset;
}

async function reuse(file: string, fingerprint: string): Promise<Dataset | null> {
  if (!isTrustedFile(file)) return null;
  try {
    return readHeader(file).header.source.fingerprint === fingerprint ? await openPack(file) : null;
  } catch (error) {
    if (error instanceof DcganError) return null; // damaged: it is ours, and is made again
    throw error;
  }
}

function noteSkipped({ skipped, duplicates, several }: Built, { onNote }: LoadOptions): void {
  for (const { complaint } of skipped.slice(0, NAMED_SKIPPED)) onNote?.(`left out: ${complaint.what}`);
  if (skipped.length > NAMED_SKIPPED) onNote?.(`left out: ${skipped.length - NAMED_SKIPPED} more broken files`);
  noteDuplicates(duplicates, { onNote });
  noteFrames(several, { onNote });
}

function noteDuplicates(count: number, { onNote }: Pick<LoadOptions, 'onNote'>): void {
  if (count > 0) onNote?.(`left out: ${count} ${count === 1 ? 'image that is' : 'images that are'} there already`);
}

function noteFrames(count: number, { onNote }: Pick<LoadOptions, 'onNote'>): void {
  if (count > 0) onNote?.(`${count} ${count === 1 ? 'picture is' : 'pictures are'} ${SEVERAL_FRAMES}`);
}

/** Somebody who looked at the first pictures would expect grey images. */
function noteColour({ shaping }: Built, settled: Shaping, { onNote }: LoadOptions): void {
  if (shaping.channels !== settled.channels)
    onNote?.(
      `the first ${SETTLING} pictures are grey, and later ones are not: all are read in colour; --channels 1 makes them grey`,
    );
}

/**
 * Packs any data into one file, to be given as `--data FILE`.
 * @throws DcganError as loadDataset; wrong usage when the file is the source
 */
export async function buildPack(where: string, output: string, options: LoadOptions = {}): Promise<Built> {
  checkDataOptions(options);
  refuseSize(options.size, 'size');
  if (options.flip)
    throw usage({ what: 'a pack holds no mirror images', todo: 'Leave --flip out, and give it when training' });
  refuseSource(where, output);
  const target = packTarget(output);
  const found = await recognize(where, options);
  const supply = 'supply' in found ? found.supply : tableSupply(found.dataset, where);
  const shaping = await settle(supply, options);
  refuseImages(supply.name, shaping.size);
  refuseSource(where, output, supply.names);
  const source = relative(dirname(resolve(output)), resolve(where));
  const settled = { ...options, ...shaping, greyIsGuessed: guessedGrey(options, shaping) };
  const built =
    target.how === 'replaced'
      ? await writePack(supply, target.path, source, settled)
      : await writePackInto(supply, target.path, source, settled);
  noteSkipped(built, options);
  noteColour(built, shaping, options);
  return built;
}
