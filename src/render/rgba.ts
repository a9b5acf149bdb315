// A picture as a canvas takes it.
import { checkPicture } from './frames.ts';
import type { Picture } from './grid.ts';

/**
 * A picture as a canvas takes it, [height, width, 4]: `new ImageData(rgba(picture),
 * picture.width)`.
 * @throws DcganError for pixels that do not fill the picture's size
 */
export function rgba(picture: Picture): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, channels, pixels } = checkPicture(picture);
  const out = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; to < out.length; from += channels, to += 4) {
    for (let c = 0; c < 3; c++) out[to + c] = pixels[channels === 1 ? from : from + c]!;
    out[to + 3] = 255;
  }
  return out;
}
