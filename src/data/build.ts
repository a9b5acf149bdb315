// Makes a pack of pictures. Each picture is decoded once, several at a time, and written behind the
// last one, so that memory holds a handful of them however many there are. The file appears under
// its name only when it is whole.

import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { usableCores } from '../platform/cores.ts';
import { fileError, syncFolder } from '../platform/durable.ts';
import type { DcganError } from '../platform/errors.ts';
import { sweepLeft, temporaryPath } from '../platform/temporary.ts';
import { BrokenPicture, brokenTogether, noneLeft } from './broken.ts';
import { eachPicture } from './bundles.ts';
import { checkColour, rgbOf } from './colours.ts';
import { decodeWithFacts, factsOf } from './decode.ts';
import {
  type DataOptions,
  DEFAULT_BACKGROUND,
  DEFAULT_SIZE,
  isUsualSide,
  SETTLING,
  type Shaping,
} from './image-options.ts';
import { type ImageSize, imageSizeOf, isTrainable, showSize, sidesOf, sizeText } from './image-size.ts';
import type { Window } from './in-order.ts';
import { encodeHeader, type PackHeader } from './pack.ts';
import { LARGEST_FILE, type Supplied, type Supply } from './supply.ts';

/** How far the reading of pictures has come. */
export interface PackProgress {
  /** Pictures seen so far, broken ones included. */
  readonly done: number;
  /** Pictures in all. */
  readonly total: number;
  /** Pictures left out as broken. */
  readonly skipped: number;
}

export interface BuildOptions extends DataOptions {
  readonly onProgress?: ((progress: PackProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * The channels are a guess from the first pictures: a later one in colour makes all of them
   * colour.
   */
  readonly greyIsGuessed?: boolean | undefined;
  /** Permissions of the pack; default: as the process gives them to new files. */
  readonly mode?: number | undefined;
}

/** What was packed. */
export interface Built {
  /** Images in the pack. */
  readonly count: number;
  /** How pictures became images. */
  readonly shaping: Shaping;
  /** What was left out, each with its reason. */
  readonly skipped: readonly DcganError[];
  /** Images left out because an earlier one is the same; 0 unless that was asked for. */
  readonly duplicates: number;
  /** Images in the pack of which each is the first frame of an animation, or the first page. */
  readonly several: number;
}

/**
 * Pictures under way at once: enough for the decoder's threads to find work whenever they look, and
 * no more bytes of files than the largest file may have. An archive reads one more ahead.
 */
export function pictureWindow(): Window<Supplied> {
  return {
    most: 2 * usableCores() + 2,
    heaviest: LARGEST_FILE,
    weigh: (picture) => (picture.kind === 'raw' ? picture.pixels.length : picture.size),
  };
}

/**
 * Settles how pictures become images. Size and channels that nobody chose are taken from the first
 * pictures that can be read. Broken pictures are passed over here; whoever decodes them reports
 * them. `onNote` hears of arrays that get another size although nobody chose one.
 */
export async function settle(
  supply: Supply,
  options: DataOptions & Pick<BuildOptions, 'signal'> & { readonly onNote?: ((note: string) => void) | undefined },
): Promise<Shaping> {
  const { fit = 'crop', channels, background = DEFAULT_BACKGROUND } = options;
  const size = options.size === undefined ? undefined : imageSizeOf(...sidesOf(options.size));
  // Else each picture would seem broken.
  if (options.background !== undefined) await checkColour(background);
  if (size !== undefined && channels !== undefined) return { size, fit, channels, background };
  const sides = new Set<string>();
  let first: ImageSize = DEFAULT_SIZE;
  let [grey, shows] = [true, false];
  let seen = 0;
  let raw = false;
  for await (const picture of supply.pictures()) {
    options.signal?.throwIfAborted();
    try {
      const facts = await factsOf(picture);
      raw = facts.format === 'array';
      first = imageSizeOf(facts.height, facts.width);
      sides.add(sizeText(first));
      grey &&= facts.channels === 1;
      shows ||= facts.transparent || (fit === 'pad' && !isOfShape(facts, size));
      // Arrays are all of one shape.
      if (++seen === SETTLING || raw) break;
    } catch (error) {
      if (!(error instanceof BrokenPicture)) throw error;
    }
  }
  const alike = sides.size === 1;
  const usual = typeof first === 'number' ? raw || isUsualSide(first) : raw && isTrainable(first);
  const found = alike && usual ? first : DEFAULT_SIZE;
  if (raw && size === undefined && found !== first)
    options.onNote?.(
      `the images of ${supply.name} are ${showSize(first)} (height x width), which the networks do not take: ` +
        `they become ${showSize(found)}; --size HxW chooses another size`,
    );
  // Somebody who asked for a coloured background wants to see it.
  const coloured = shows && new Set(await rgbOf(background)).size > 1;
  return { size: size ?? found, fit, channels: channels ?? (grey && seen > 0 && !coloured ? 1 : 3), background };
}

/** Whether a picture fills images of this size without padding. The default size is any square. */
function isOfShape(
  { width, height }: { readonly width: number; readonly height: number },
  size = 1 as ImageSize,
): boolean {
  const [high, wide] = sidesOf(size);
  return width * high === height * wide;
}

/**
 * Writes the pack of `supply` to `file`, a plain file or none yet.
 * @param source where it comes from, as the pack remembers it
 * @throws DcganError for broken pictures, which it names together unless they are to be skipped,
 * when all pictures are broken, and when the disk refuses
 */
export async function writePack(
  supply: Supply,
  file: string,
  source: string,
  options: BuildOptions = {},
): Promise<Built> {
  const shaping = await settle(supply, options);
  sweepLeft(dirname(file), (name) => !name.endsWith('.pack'));
  const temporary = temporaryPath(dirname(file), basename(file));
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', options.mode);
    const greyIsGuessed = options.greyIsGuessed ?? guessedGrey(options, shaping);
    let built: Built;
    try {
      built = await fill(handle, supply, shaping, source, { ...options, greyIsGuessed });
    } catch (error) {
      if (!(error instanceof ColourFound)) throw error;
      await handle.truncate(0);
      built = await fill(handle, supply, { ...shaping, channels: 3 }, source, { ...options, greyIsGuessed: false });
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
    syncFolder(dirname(file));
    return built;
  } catch (error) {
    await handle?.close().catch(() => {});
    await unlink(temporary).catch(() => {});
    options.signal?.throwIfAborted();
    throw (error as NodeJS.ErrnoException).syscall ? fileError('written', file, error) : error;
  }
}

/** Whether images are to be grey only because the first pictures are. */
export function guessedGrey({ channels }: DataOptions, shaping: Shaping): boolean {
  return channels === undefined && shaping.channels === 1;
}

/** A picture in colour among those that were taken for grey. */
class ColourFound extends Error {}

/** What is known of a pack when all pictures are in it. */
type Filled = Pick<PackHeader, 'count' | 'images' | 'labels' | 'skipped'> & Pick<Built, 'duplicates' | 'several'>;

async function fill(
  handle: FileHandle,
  supply: Supply,
  shaping: Shaping,
  source: string,
  options: BuildOptions,
): Promise<Built> {
  const { skipBroken = false, dedupe = false, greyIsGuessed = false, onProgress, signal } = options;
  const { size, channels, fit, background } = shaping;
  const [height, width] = sidesOf(size);
  const { classes, names, fingerprint } = supply;
  const reading = readingOf(options);
  const seen = new Set<string>();
  let [duplicates, several] = [0, 0];
  const headerOf = ({ count, images, labels, ...left }: Filled): PackHeader => ({
    ...{ name: supply.name, count, height, width, channels, classes: classes?.names.slice() ?? null },
    ...(dedupe && { duplicates: left.duplicates }),
    ...(left.several > 0 && { several: left.several }),
    ...{ images, labels, skipped: left.skipped, shaping: { fit, background } },
    source: { path: source, fingerprint, ...(reading && { reading }) },
  });
  const [none, most] = ['0'.repeat(64), names.length];
  const counts = { count: most, skipped: most, duplicates: most, several: most };
  const room = encodeHeader(headerOf({ ...counts, images: none, labels: classes && none })).length;
  const images = createHash('sha256');
  const labels: number[] = [];
  const skipped: BrokenPicture[] = [];
  let at = room;
  let done = 0;
  const work = async (
    picture: Supplied,
    enlarged?: Uint8Array,
  ): Promise<{ index: number; image: Uint8Array | BrokenPicture; frames: number }> => {
    const { index } = picture;
    try {
      const { image, frames, facts } = await decodeWithFacts(picture, shaping, enlarged);
      if (greyIsGuessed && (await facts()).channels === 3) throw new ColourFound(picture.name);
      return { index, image, frames };
    } catch (error) {
      if (error instanceof BrokenPicture) return { index, image: error, frames: 0 };
      throw error;
    }
  };
  for await (const { index, image, frames } of eachPicture(supply.pictures(), pictureWindow(), shaping, work)) {
    signal?.throwIfAborted();
    if (image instanceof BrokenPicture) skipped.push(image);
    // Nothing will come of a pack that lacks a picture, but all broken ones are still to be named.
    else if (dedupe && isKnownImage(seen, image)) duplicates++;
    else if (skipBroken || skipped.length === 0) {
      await writeAll(handle, image, at);
      images.update(image);
      at += image.length;
      if (classes) labels.push(classes.labels[index]!);
      if (frames > 1) several++;
    }
    done++;
    onProgress?.({ done, total: names.length, skipped: skipped.length });
  }
  if (skipped.length > 0 && !skipBroken) throw brokenTogether(skipped, done, supply.name);
  const count = done - skipped.length - duplicates;
  if (count === 0) throw noneLeft(skipped, supply.name);
  const labelBytes = Uint8Array.from(labels);
  await writeAll(handle, labelBytes, at);
  const labelDigest = classes ? createHash('sha256').update(labelBytes).digest('hex') : null;
  const left = { skipped: skipped.length, duplicates, several };
  const header = headerOf({ count, images: images.digest('hex'), labels: labelDigest, ...left });
  await writeAll(handle, encodeHeader(header, room), 0);
  return { count, shaping, skipped, duplicates, several };
}

/** Returns how a source was read, as a pack remembers it; undefined where nothing was asked for. */
function readingOf({ key, transpose, svg, followLinks }: DataOptions): PackHeader['source']['reading'] {
  const asked = Object.entries({ key, transpose, svg, followLinks }).filter(([, value]) => value !== undefined);
  return asked.length > 0 ? Object.fromEntries(asked) : undefined;
}

/** Equal images have equal digests, and by these alone `dedupe` and `data inspect` compare them. */
export function digestOf(image: Uint8Array): string {
  return createHash('sha256').update(image).digest('base64');
}

/** Whether an image was seen before; remembers it where it was not. */
function isKnownImage(seen: Set<string>, image: Uint8Array): boolean {
  const digest = digestOf(image);
  if (seen.has(digest)) return true;
  seen.add(digest);
  return false;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
