// Pictures as a program gives them: each fills its size, and all of a film have one size and kind.
import { DcganError, usage } from '../platform/errors.ts';
import type { Picture } from './grid.ts';

/** Returns the picture. @throws a usage error for pixels that do not fill its size */
export function checkPicture(picture: Picture): Picture {
  const { width, height, channels, pixels } = picture;
  const sides = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  if (sides && (channels === 1 || channels === 3) && pixels.length === width * height * channels) return picture;
  throw usage({
    what: 'the pixels of a picture do not fill its size',
    expected: 'width x height x channels bytes, with 1 or 3 channels',
    got: `${width} x ${height} x ${channels} and ${pixels.length} bytes`,
  });
}

/**
 * The first of a film's pictures.
 * @param film what it is, for errors: `a GIF`
 * @throws DcganError for none, or one that differs from the first in size or channels, or does not
 * fill its size
 */
export function firstOf(frames: readonly Picture[], film: string): Picture {
  const [first] = frames;
  if (!first) throw new DcganError({ what: `${film} needs at least one picture`, got: 'none' });
  for (const [i, { width, height, channels }] of frames.entries()) {
    if (width !== first.width || height !== first.height || channels !== first.channels)
      throw new DcganError({
        what: `picture ${i + 1} of ${film} differs from the first`,
        expected: `${first.width} × ${first.height} × ${first.channels}`,
        got: `${width} × ${height} × ${channels}`,
        todo: 'Use pictures of one run only',
      });
    checkPicture(frames[i]!);
  }
  return first;
}
