// Writes pictures as files; the ending of a file's name decides the format. fast-png writes PNG and
// gifenc writes GIF. sharp writes WebP and AVIF without loss, so reading them gives the same
// pixels. A page draws pictures on a canvas and does not need this file.
import { extname } from 'node:path';
import { DcganError, usage } from '../platform/errors.ts';
import { loadSharp } from '../platform/sharp.ts';
import { oneOf } from '../platform/suggest.ts';
import { firstOf } from './frames.ts';
import { encodeGif, FRAMES_PER_SECOND } from './gif.ts';
import type { Picture } from './grid.ts';
import { encodePng } from './png.ts';

/** Returns the bytes of one picture, or of a film of several pictures of one size and kind. */
export type Encode = (frames: readonly Picture[]) => Promise<Uint8Array<ArrayBuffer>>;

interface Format {
  /** True when a file can hold several pictures that are shown one after another. */
  readonly film: boolean;
  /** Loads the packages it needs, so that a missing one is noticed before anything is computed. */
  open(): Promise<Encode>;
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.png': { film: false, open: async () => async (frames) => encodePng(firstOf(frames, 'a PNG picture')) },
  '.gif': { film: true, open: async () => async (frames) => encodeGif(frames) },
  '.webp': { film: true, open: () => openSharp('webp') },
  '.avif': { film: false, open: () => openSharp('avif') },
};

/** The longest side in pixels that WebP and AVIF can hold here. */
const LONGEST: Readonly<Record<'webp' | 'avif', number>> = { webp: 16_383, avif: 16_384 };

async function openSharp(format: 'webp' | 'avif'): Promise<Encode> {
  const sharp = await loadSharp();
  return async (frames) => {
    const { width, height, channels } = firstOf(frames, format === 'webp' ? 'a WebP film' : 'an AVIF picture');
    const longest = LONGEST[format];
    if (Math.max(width, height) > longest)
      throw new DcganError({
        what: `a picture is too large for ${format === 'webp' ? 'WebP' : 'AVIF'}`,
        expected: `at most ${longest} pixels a side`,
        got: `${width} × ${height}`,
        todo: 'Write a .png',
      });
    const pixels = Buffer.concat(frames.map((frame) => frame.pixels));
    const raw = { width, height: frames.length * height, channels, pageHeight: height };
    const image = sharp(pixels, { raw, limitInputPixels: false });
    const delay = frames.map(() => 1000 / FRAMES_PER_SECOND);
    const film = frames.length > 1 ? { loop: 0, delay } : {};
    return format === 'webp'
      ? image.webp({ lossless: true, ...film }).toBuffer()
      : image.avif({ lossless: true }).toBuffer();
  };
}

/**
 * Returns a lossless WebP file of one picture, or of a film of pictures of one size and kind.
 * @throws DcganError without a picture, for a side longer than 16,383 pixels, or when sharp cannot
 *   be loaded
 */
export async function encodeWebp(pictures: Picture | readonly Picture[]): Promise<Uint8Array<ArrayBuffer>> {
  const encode = await openSharp('webp');
  return encode('pixels' in pictures ? [pictures] : pictures);
}

/** Returns the ending of a file's name, in lower case and with its dot, or '' without one. */
export function endingOf(path: string): string {
  return path.endsWith('/') ? '' : extname(path).toLowerCase();
}

/** Returns the endings of pictures, or those of films. */
export function pictureEndings({ film = false } = {}): string[] {
  return Object.keys(FORMATS).filter((ending) => !film || FORMATS[ending]!.film);
}

/**
 * Returns the encoder for the ending of a picture's name, in upper or lower case. Call it before
 * anything is computed.
 * @param option the option that the path was given by, for the error
 * @param film true when several pictures become a film
 * @param others the other values that the option takes, for the error: `, a .npy`
 * @throws DcganError of wrong usage for another ending; DcganError when sharp is needed and cannot
 * be loaded
 */
export async function pictureEncoder(
  path: string,
  option: string,
  { film = false, others = '' }: { readonly film?: boolean; readonly others?: string } = {},
): Promise<Encode> {
  const format = FORMATS[endingOf(path)];
  if (!format || (film && !format.film))
    throw usage({
      what: `${option} has an unsupported ending`,
      expected: `a name ending in ${oneOf(pictureEndings({ film }))}${others}`,
      got: path,
    });
  return format.open();
}
