// Converts pictures to PNG and back. The file contains no text and no time, so equal pictures give
// equal files. Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)";
// fast-png does the encoding.

import { type DecodedPng, decode, encode } from 'fast-png';
import { DcganError } from '../platform/errors.ts';
import { checkPicture } from './frames.ts';
import type { Picture } from './grid.ts';

/**
 * The bytes of a PNG file, 8 bits a channel.
 * @throws DcganError for pixels that do not fill the picture's size
 */
export function encodePng(picture: Picture): Uint8Array<ArrayBuffer> {
  const { width, height, channels, pixels } = checkPicture(picture);
  // Its types are older than those that tell shared memory.
  return encode({ width, height, channels, depth: 8, data: pixels }) as Uint8Array<ArrayBuffer>;
}

/**
 * Reads a grey or RGB picture of 8 bits a channel, as `encodePng` writes them.
 * @param file its path as the person gave it, for the errors
 * @throws DcganError for anything else, and for damaged files
 */
export function decodePng(bytes: Uint8Array, file: string): Picture {
  let png: DecodedPng;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new DcganError({
      what: `${file} is not a PNG picture, or a damaged one`,
      got: (cause as Error).message,
      todo: 'Replace or remove the file',
      cause,
    });
  }
  const { width, height, channels, depth, palette, data } = png;
  if (depth !== 8 || palette || (channels !== 1 && channels !== 3)) {
    throw new DcganError({
      what: `${file} is a PNG picture of another kind`,
      expected: 'grey or RGB, 8 bits a channel, no alpha',
      got: `${palette ? 'a palette' : `${channels} channels`}, ${depth} bits`,
      todo: 'Replace or remove the file',
    });
  }
  return { width, height, channels, pixels: new Uint8Array(data) };
}
