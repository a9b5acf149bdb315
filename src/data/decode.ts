// Turns a picture's bytes into an image of a dataset. The picture is decoded, turned as its EXIF
// orientation says, laid on a colour where it is transparent, and brought to size, channels, 8 bits
// and sRGB. libvips does this in its own threads, through sharp. It gets only what begins as PNG,
// JPEG, WebP, GIF, TIFF or AVIF, the pixels of bitmaps, and SVG where that was asked for.
//
// A header may claim any size. Therefore pictures of more than 100 million pixels are refused
// before they are decoded, and large ones wait for each other (decode-room.ts).

import type { Sharp } from 'sharp';
import { DcganError } from '../platform/errors.ts';
import { loadSharp } from '../platform/sharp.ts';
import { LimitPassed } from '../platform/side-process.ts';
import { bitmapFacts, decodeBitmap } from './bmp.ts';
import { broken } from './broken.ts';
import { MOST_PIXELS, MOST_SIDE, SMALL_PICTURE, withRoomFor } from './decode-room.ts';
import { foreignOf } from './foreign.ts';
import { framesOfPng } from './frames.ts';
import { DEFAULT_BACKGROUND, type Shaping } from './image-options.ts';
import { sidesOf } from './image-size.ts';
import { formatOf, isSvg, type PictureFormat } from './picture-format.ts';
import type { RawPicture, Supplied } from './supply.ts';
import { SvgTrial } from './svg.ts';

type Factory = Awaited<ReturnType<typeof loadSharp>>;

/** Sharp's words for each way in which a picture takes another shape. */
export const RESIZE = { crop: 'cover', pad: 'contain', stretch: 'fill' } as const;

export type Format = PictureFormat | 'array';

/** What a picture was before it was brought to size. */
export interface Facts {
  readonly width: number;
  readonly height: number;
  readonly format: Format;
  /** 1: grey, 3: colour; transparency not counted. */
  readonly channels: 1 | 3;
  readonly transparent: boolean;
  readonly bits: number;
  /** More than one for an animation or a file of several pages, of which the first is read. */
  readonly frames: number;
}

/** What bitmaps and arrays are. */
const PLAIN = { transparent: false, bits: 8, frames: 1 } as const;

interface Opened {
  /** Opens the picture, and refuses it when it has more than `pixels` pixels. */
  readonly sharp: (pixels?: number) => Sharp;
  readonly format: Format;
  /** What its header says, where libvips does not read it. */
  readonly facts?: Facts;
  /** How many frames it has, where its first bytes tell. */
  readonly frames?: number;
}

async function open(picture: Supplied): Promise<Opened> {
  const factory = await loadSharp();
  if (picture.kind === 'raw') {
    const { pixels, width, height } = picture;
    const raw = { width, height, channels: picture.channels as 1 | 2 | 3 | 4 };
    const sharp = (most = MOST_PIXELS): Sharp => factory(pixels, { raw, limitInputPixels: most });
    return { sharp, format: 'array' };
  }
  const bytes = await picture.read();
  // Only who asked for them has pictures of that name.
  const format = formatOf(bytes) ?? (/\.svg$/i.test(picture.name) && isSvg(bytes) ? 'SVG' : null);
  if (format === null) {
    const foreign = foreignOf(bytes, picture.name);
    if (foreign) throw broken(picture.name, `it is ${foreign.what}`, undefined, foreign.todo);
    const what =
      bytes.length === 0
        ? 'it is empty'
        : 'it is not a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file, whatever its name says';
    throw broken(picture.name, what);
  }
  if (format === 'BMP') return openBitmap(bytes, picture.name, factory);
  // A damaged end of a file is an error, and so is invalid data; a mere warning (an odd colour
  // profile) is not.
  const density = format === 'SVG' ? { density: await densityOf(bytes, picture.name) } : {};
  const sharp = (most = MOST_PIXELS): Sharp =>
    factory(bytes, { limitInputPixels: most, failOn: 'error', pages: 1, ...density });
  if (format === 'TIFF') await mustBeWhole(sharp(), picture.name);
  const counted = format === 'PNG' ? framesOfPng(bytes) : format === 'JPEG' ? 1 : undefined;
  return { sharp, format, ...(counted !== undefined && { frames: counted }) };
}

/**
 * A bitmap, which is decoded when its pixels are asked for, so that they too wait for room; one
 * channel where all its colours are grey.
 */
function openBitmap(bytes: Uint8Array, name: string, factory: Factory): Opened {
  try {
    const { width, height, grey } = bitmapFacts(bytes);
    checkPixels(width, height);
    const channels = grey ? (1 as const) : (3 as const);
    const sharp = (most = MOST_PIXELS): Sharp => {
      checkPixels(width, height, most);
      const { pixels } = decodeBitmap(bytes);
      const kept = grey ? Uint8Array.from({ length: width * height }, (_, i) => pixels[3 * i]!) : pixels;
      return factory(kept, { raw: { width, height, channels }, limitInputPixels: most });
    };
    return { sharp, format: 'BMP', facts: { width, height, format: 'BMP', channels, ...PLAIN } };
  } catch (error) {
    throw inWords(name, error);
  }
}

const svgTrial = new SvgTrial();

async function densityOf(bytes: Uint8Array, name: string): Promise<number> {
  try {
    return await svgTrial.densityOf(bytes);
  } catch (error) {
    if (error instanceof LimitPassed) throw broken(name, error.message);
    throw inWords(name, error);
  }
}

/** A TIFF may hold floats, which would be cut to bytes as they are. */
async function mustBeWhole(sharp: Sharp, name: string): Promise<void> {
  const { depth } = await sharp.metadata().catch((error: unknown) => {
    throw inWords(name, error);
  });
  if (depth !== 'uchar' && depth !== 'ushort')
    throw broken(name, `it has values of another type (${depth}) than the 8 or 16 bits that are read`);
}

/** What the header says. @throws DcganError that names the picture */
export async function factsOf(picture: Supplied): Promise<Facts> {
  if (picture.kind === 'raw') return factsOfRaw(picture);
  return factsFrom(await open(picture), picture.name);
}

function factsOfRaw({ width, height, channels }: RawPicture): Facts {
  return { width, height, format: 'array', channels: channels === 1 ? 1 : 3, ...PLAIN };
}

/** Whether pixels are in the wanted shape already. */
function fits({ width, height, channels }: RawPicture, shaping: Shaping): boolean {
  const [high, wide] = sidesOf(shaping.size);
  return width === wide && height === high && channels === shaping.channels;
}

async function factsFrom({ sharp, format, facts, frames }: Opened, name: string): Promise<Facts> {
  if (facts) return facts;
  try {
    const { width, height, space, hasAlpha, autoOrient, depth, pages } = await sharp().metadata();
    checkPixels(width, height);
    return {
      width: autoOrient?.width ?? width,
      height: autoOrient?.height ?? height,
      format,
      channels: space === 'b-w' || space === 'grey16' ? 1 : 3,
      transparent: hasAlpha === true,
      bits: depth === 'ushort' ? 16 : 8,
      frames: frames ?? pages ?? 1,
    };
  } catch (error) {
    throw inWords(name, error);
  }
}

/** [height, width, channels]. @throws DcganError that names the picture */
export async function decode(picture: Supplied, shaping: Shaping): Promise<Uint8Array> {
  if (picture.kind === 'raw' && fits(picture, shaping)) return picture.pixels;
  return shaped(await open(picture), shaping, picture.name);
}

/** A picture's image, and what else was found while its file was read once. */
export interface Decoded {
  readonly image: Uint8Array;
  readonly frames: number;
  /** Reads the header apart, once, which takes libvips time that not everybody needs to spend. */
  readonly facts: () => Promise<Facts>;
}

/** @param known the image of an array that was made before */
export async function decodeWithFacts(picture: Supplied, shaping: Shaping, known?: Uint8Array): Promise<Decoded> {
  if (picture.kind === 'raw') {
    const image = known ?? (await decode(picture, shaping));
    return { image, frames: 1, facts: async () => factsOfRaw(picture) };
  }
  const encoded = await picture.read();
  const opened = await open({ ...picture, read: async () => encoded });
  let read: Promise<Facts> | undefined;
  const facts = (): Promise<Facts> => {
    read ??= factsFrom(opened, picture.name);
    return read;
  };
  const frames = opened.frames ?? (await facts()).frames;
  return { image: await shaped(opened, shaping, picture.name), frames, facts };
}

/** Pixels as bytes, [height, width, channels]. */
export interface Pixels {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * A picture that is no part of a data set, changed by `change`.
 * @throws DcganError that names the picture
 */
export async function decodeFreely(picture: Supplied, change: (upright: Sharp) => Sharp): Promise<Pixels> {
  const opened = await open(picture);
  try {
    const { width, height } = await sizeOf(opened);
    checkPixels(width, height);
    const { data, info } = await withRoomFor(width * height, () => {
      const made = change(opened.sharp().autoOrient()).raw({ depth: 'uchar' });
      return made.toBuffer({ resolveWithObject: true });
    });
    return { pixels: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    throw inWords(picture.name, error);
  }
}

/** As it lies in the file, before it is turned upright. */
function sizeOf({ sharp, facts }: Opened): Promise<{ readonly width: number; readonly height: number }> {
  return facts ? Promise.resolve(facts) : sharp().metadata();
}

async function shaped(opened: Opened, shaping: Shaping, name: string): Promise<Uint8Array> {
  const { sharp } = opened;
  try {
    return await render(sharp(SMALL_PICTURE), shaping);
  } catch (error) {
    if (!isTooLarge(error)) throw inWords(name, error);
  }
  // Only large pictures get here, so that small ones are opened once.
  try {
    const { width, height } = await sizeOf(opened);
    checkPixels(width, height);
    return await withRoomFor(width * height, () => render(sharp(), shaping));
  } catch (error) {
    throw inWords(name, error);
  }
}

async function render(sharp: Sharp, { size, fit, channels, background }: Shaping): Promise<Uint8Array> {
  const [height, width] = sidesOf(size);
  // Beside and under a grey picture libvips would show a grey background.
  if (channels === 3 && background !== DEFAULT_BACKGROUND) {
    const { space } = await sharp.metadata();
    if (space === 'b-w' || space === 'grey16') sharp.pipelineColourspace('srgb');
  }
  const { data, info } = await sharp
    .autoOrient()
    .flatten({ background })
    .resize(width, height, { fit: RESIZE[fit], background })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return pick(data, info.channels, height * width, channels);
}

/** The first channels of each pixel, a grey one thrice where three are wanted. */
function pick(data: Uint8Array, got: number, pixels: number, wanted: number): Uint8Array {
  if (got === wanted) return data;
  const out = new Uint8Array(pixels * wanted);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < wanted; c++) out[p * wanted + c] = data[p * got + (got < 3 ? 0 : c)]!;
  return out;
}

function checkPixels(width: number, height: number, most = MOST_PIXELS): void {
  if (width * height > most) throw new Error('Input image exceeds pixel limit');
  if (Math.max(width, height) > MOST_SIDE) throw new TooLong();
}

/** A picture has a side of more than MOST_SIDE pixels. */
class TooLong extends Error {}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && /exceeds pixel limit/i.test(error.message);
}

function inWords(name: string, error: unknown): DcganError {
  if (error instanceof DcganError) return error;
  const [first = 'unknown'] = (error as Error).message.split('\n');
  if (isTooLarge(error))
    return broken(name, `it claims more pixels than the ${MOST_PIXELS / 1e6} million that are decoded`, error);
  // libvips itself cannot bring some long pictures of few pixels to size.
  if (error instanceof TooLong || /coordinates out of range/.test(first))
    return broken(name, `it is too long and narrow: a side may have ${MOST_SIDE} pixels at most`, error);
  // libvips has no reason to give where a decoder met data that make no sense.
  if (/^unknown( error)?$/i.test(first))
    return broken(name, 'it is damaged (its compressed data end early or make no sense)', error);
  return broken(name, `it is damaged (${first.replace(/\.$/, '')})`, error);
}
