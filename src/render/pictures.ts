// `pictures` of the library in Node: images as one picture, and pictures as files.
import { writeFileDurably } from '../platform/durable.ts';
import { pictureEncoder } from './encode.ts';
import type { Picture } from './grid.ts';

export { encodeWebp as webp } from './encode.ts';
export { encodeGif as gif } from './gif.ts';
export { makeGrid as grid } from './grid.ts';
export { encodePng as png } from './png.ts';
export { rgba } from './rgba.ts';

/**
 * Writes a picture, or a film of several, whole or not at all. The ending of the name says how:
 * .png, .gif, .webp or .avif; of a film .gif or .webp.
 * @param path a file's name; a plain file that is there is replaced
 * @throws DcganError for another ending, pictures that differ in size, a path that cannot be
 * written, and where a .webp or .avif needs sharp and it cannot be loaded
 */
export async function save(path: string, pictures: Picture | readonly Picture[]): Promise<void> {
  const frames = 'pixels' in pictures ? [pictures] : pictures;
  const encode = await pictureEncoder(path, 'pictures.save: path', { film: frames.length > 1 });
  writeFileDurably(path, await encode(frames));
}
