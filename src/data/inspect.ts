// Reports what is in somebody's data, before hours of training go into them: counts, sizes,
// classes, brightness, pictures that are there twice or nearly so, broken files by name, and a
// sheet to look at. Each picture is decoded as training would decode it, and none is kept.

import { BrokenPicture } from './broken.ts';
import { digestOf, guessedGrey, pictureWindow, settle } from './build.ts';
import { eachPicture } from './bundles.ts';
import { decodeWithFacts, type Facts } from './decode.ts';
import { checkDataOptions, type Shaping } from './image-options.ts';
import { type ImageSize, refuseImages, refuseSize, sidesOf } from './image-size.ts';
import { lookOf } from './likeness.ts';
import type { LoadOptions } from './load.ts';
import { NearGroups } from './near-groups.ts';
import { refuseSource } from './output.ts';
import { recognize } from './recognize.ts';
import type { Supplied, Supply } from './supply.ts';
import { tableSupply } from './table.ts';
import { type Unread, withUnread } from './unread.ts';

/** Differences between red, green and blue that nobody sees. */
const NEARLY = 2;

/** A picture by its name, and its size in pixels. */
export interface Sized {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

export interface Inspection {
  /** `folder of pictures`, `.npy file` ... */
  readonly form: string;
  readonly name: string;
  /** Images that can be used. */
  readonly count: number;
  /** What training would make of them. */
  readonly shape: { readonly size: ImageSize; readonly channels: 1 | 3 };
  /** Sizes they have now, the most frequent first. */
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly count: number }[];
  /**
   * The smallest and the largest by their pixels, and the longest for its width; null for no
   * picture.
   */
  readonly extremes: { readonly smallest: Sized; readonly largest: Sized; readonly longest: Sized } | null;
  readonly formats: Readonly<Record<string, number>>;
  readonly kinds: {
    readonly grey: number;
    readonly colour: number;
    /** Of those in colour, the ones whose pixels are grey all the same. */
    readonly colourless: number;
    readonly transparent: number;
    readonly deep: number;
    /** Animations and files of several pages, of which the first is read. */
    readonly several: number;
  };
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Why there are no classes; null where there are some. */
  readonly whyNoClasses: string | null;
  /** For each channel, over all pixels of the images as training would see them, 0 to 255. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /**
   * Groups of equal images, as training would see them, by name. `dedupe` keeps the first of each.
   */
  readonly duplicates: readonly (readonly string[])[];
  /**
   * Groups of one picture that was saved again: scaled, compressed, a little brighter (see
   * likeness.ts), by name. The first of each group of duplicates stands for it.
   */
  readonly near: readonly (readonly string[])[];
  /**
   * Groups of versions of one picture, which differ in a part of it or in its colour (see
   * residual.ts), by name. The first of each group of `near` stands for it.
   */
  readonly versions: readonly (readonly string[])[];
  readonly broken: readonly { readonly name: string; readonly why: string }[];
  /** Files that are no pictures by their names. */
  readonly unread: Unread;
  /** Some of the images, evenly spread, as bytes. */
  readonly sheet: { readonly images: Uint8Array; readonly shape: readonly [number, number, number, number] };
}

/** Images on the sheet: many small ones or a few large ones. */
const SHEET = 64;
const LARGE_SHEET = 16;
const LARGE = 128;

type Seen =
  | { readonly index: number; readonly name: string; readonly error: BrokenPicture }
  | {
      readonly index: number;
      readonly name: string;
      readonly facts: Facts;
      readonly image: Uint8Array;
    };

/**
 * @param options.output where the sheet will be written, which must not be one of the pictures
 * @throws DcganError when nothing can be found there at all
 */
export async function inspectData(
  where: string,
  options: LoadOptions & { readonly output?: string } = {},
): Promise<Inspection> {
  checkDataOptions(options);
  refuseSize(options.size, 'size');
  const found = await recognize(where, options);
  const read = 'supply' in found ? found.supply : tableSupply(found.dataset, where);
  const supply = found.unread ? { ...read, unread: withUnread(found.unread, read.unread) } : read;
  if (options.output !== undefined) refuseSource(where, options.output, supply.names);
  const shaping = await settle(supply, options);
  refuseImages(supply.name, shaping.size);
  const tally = await tallyOf(supply, shaping, options);
  if (!guessedGrey(options, shaping) || !tally.hasColour) return tally.result(found.form);
  return (await tallyOf(supply, { ...shaping, channels: 3 }, options)).result(found.form);
}

async function tallyOf(supply: Supply, shaping: Shaping, options: LoadOptions): Promise<Tally> {
  const tally = new Tally(supply, shaping);
  let [done, skipped] = [0, 0];
  const work = (picture: Supplied, enlarged?: Uint8Array): Promise<Seen> => look(picture, shaping, enlarged);
  for await (const seen of eachPicture(supply.pictures(), pictureWindow(), shaping, work)) {
    options.signal?.throwIfAborted();
    tally.add(seen);
    done++;
    if ('error' in seen) skipped++;
    options.onProgress?.({ done, total: supply.names.length, skipped });
  }
  return tally;
}

async function look(picture: Supplied, shaping: Shaping, enlarged?: Uint8Array): Promise<Seen> {
  const { index, name } = picture;
  try {
    const { facts, image } = await decodeWithFacts(picture, shaping, enlarged);
    return { index, name, facts: await facts(), image };
  } catch (error) {
    if (error instanceof BrokenPicture) return { index, name, error };
    throw error;
  }
}

class Tally {
  readonly #supply: Supply;
  readonly #shaping: Shaping;
  readonly #sums: number[];
  readonly #squares: number[];
  readonly #sizes = new Map<string, number>();
  readonly #formats = new Map<string, number>();
  readonly #kinds = { grey: 0, colour: 0, colourless: 0, transparent: 0, deep: 0, several: 0 };
  readonly #classes: number[];
  readonly #digests = new Map<string, number[]>();
  readonly #near = new NearGroups();
  readonly #broken: { name: string; why: string }[] = [];
  readonly #onSheet: ReadonlySet<number>;
  readonly #sheet: Uint8Array[] = [];
  #count = 0;
  #extremes: { smallest: Sized; largest: Sized; longest: Sized } | null = null;

  constructor(supply: Supply, shaping: Shaping) {
    this.#supply = supply;
    this.#shaping = shaping;
    this.#sums = Array.from({ length: shaping.channels }, () => 0);
    this.#squares = this.#sums.slice();
    this.#classes = supply.classes?.names.map(() => 0) ?? [];
    const total = supply.names.length;
    const wanted = Math.min(Math.max(...sidesOf(shaping.size)) > LARGE ? LARGE_SHEET : SHEET, total);
    this.#onSheet = new Set(Array.from({ length: wanted }, (_, i) => Math.floor((i * total) / wanted)));
  }

  get hasColour(): boolean {
    return this.#kinds.colour > 0;
  }

  add(seen: Seen): void {
    if ('error' in seen) {
      this.#broken.push({ name: seen.name, why: seen.error.why });
      return;
    }
    const { index, facts, image } = seen;
    this.#count++;
    this.#compare({ name: seen.name, width: facts.width, height: facts.height });
    more(this.#sizes, `${facts.width} ${facts.height}`);
    more(this.#formats, facts.format);
    this.#kinds[facts.channels === 1 ? 'grey' : 'colour']++;
    if (facts.channels === 3 && this.#shaping.channels === 3 && isGrey(image)) this.#kinds.colourless++;
    if (facts.transparent) this.#kinds.transparent++;
    if (facts.bits > 8) this.#kinds.deep++;
    if (facts.frames > 1) this.#kinds.several++;
    const label = this.#supply.classes?.labels[index];
    if (label !== undefined) this.#classes[label]!++;
    this.#measure(image);
    if (this.#onSheet.has(index)) this.#sheet.push(image);
    const digest = digestOf(image);
    const same = this.#digests.get(digest);
    if (same) {
      same.push(index);
      return;
    }
    this.#digests.set(digest, [index]);
    const look = lookOf(image, ...sidesOf(this.#shaping.size), this.#shaping.channels);
    if (look) this.#near.add(index, look);
  }

  #compare(one: Sized): void {
    this.#extremes ??= { smallest: one, largest: one, longest: one };
    const { smallest, largest, longest } = this.#extremes;
    if (pixelsOf(one) < pixelsOf(smallest)) this.#extremes.smallest = one;
    if (pixelsOf(one) > pixelsOf(largest)) this.#extremes.largest = one;
    if (lengthOf(one) > lengthOf(longest)) this.#extremes.longest = one;
  }

  #measure(image: Uint8Array): void {
    const channels = this.#shaping.channels;
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0];
      for (let at = c; at < image.length; at += channels) {
        const value = image[at]!;
        sum += value;
        squares += value * value;
      }
      this.#sums[c]! += sum;
      this.#squares[c]! += squares;
    }
  }

  result(form: string): Inspection {
    const { name, names, classes, whyNoClasses, unread } = this.#supply;
    const { size, channels } = this.#shaping;
    const [height, width] = sidesOf(size);
    const pixels = Math.max(1, this.#count * height * width);
    const mean = this.#sums.map((sum) => sum / pixels);
    const named = (groups: readonly (readonly number[])[]): string[][] =>
      groups.map((group) => group.map((index) => names[index]!));
    const images = new Uint8Array(this.#sheet.length * height * width * channels);
    for (const [i, image] of this.#sheet.entries()) images.set(image, i * image.length);
    return {
      form,
      name,
      count: this.#count,
      shape: { size, channels },
      sizes: [...this.#sizes]
        .sort(([, a], [, b]) => b - a)
        .map(([key, count]) => {
          const [width = 0, height = 0] = key.split(' ').map(Number);
          return { width, height, count };
        }),
      extremes: this.#extremes,
      formats: Object.fromEntries(this.#formats),
      kinds: this.#kinds,
      classes: classes?.names.map((className, label) => ({ name: className, count: this.#classes[label]! })) ?? [],
      whyNoClasses,
      mean,
      deviation: mean.map((m, c) => Math.sqrt(Math.max(0, this.#squares[c]! / pixels - m * m))),
      duplicates: named([...this.#digests.values()].filter(({ length }) => length > 1)),
      near: named(this.#near.copies()),
      versions: named(this.#near.versions()),
      broken: this.#broken,
      unread,
      sheet: { images, shape: [this.#sheet.length, height, width, channels] },
    };
  }
}

/** Whether red, green and blue are equal, or nearly so, as JPEG may leave them. */
function isGrey(image: Uint8Array): boolean {
  for (let at = 0; at < image.length; at += 3) {
    const [r, g, b] = [image[at]!, image[at + 1]!, image[at + 2]!];
    if (Math.max(r, g, b) - Math.min(r, g, b) > NEARLY) return false;
  }
  return true;
}

function pixelsOf({ width, height }: Sized): number {
  return width * height;
}

/** How many times as long as wide. */
function lengthOf({ width, height }: Sized): number {
  return Math.max(width / height, height / width);
}

function more(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
