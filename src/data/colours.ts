// Colours that a person names, such as the one behind transparent pictures, as sharp understands
// them.

import { usage } from '../platform/errors.ts';
import { loadSharp } from '../platform/sharp.ts';

/** @throws DcganError of wrong usage for what sharp does not know as a colour */
export async function checkColour(background: string): Promise<void> {
  const sharp = await loadSharp();
  // Sharp takes it for black.
  if (background.toLowerCase() === 'transparent')
    throw usage({
      what: 'background is no colour that covers what is behind it',
      expected: 'a colour such as white or #ff8800, because images have no transparency',
      got: background,
      options: ['background'],
    });
  try {
    sharp(Uint8Array.of(0), {}).flatten({ background });
  } catch (cause) {
    throw usage({
      what: 'background is not a known colour',
      expected: 'a colour such as white or #ff8800',
      got: background,
      options: ['background'],
      cause,
    });
  }
}

/** Red, green and blue of a colour that `checkColour` accepts, or of white. */
export async function rgbOf(background = '#ffffff'): Promise<readonly [number, number, number]> {
  const sharp = await loadSharp();
  const pixel = { raw: { width: 1, height: 1, channels: 4 as const } };
  const [r = 255, g = 255, b = 255] = await sharp(Uint8Array.of(0, 0, 0, 0), pixel)
    .flatten({ background })
    .raw()
    .toBuffer();
  return [r, g, b];
}
