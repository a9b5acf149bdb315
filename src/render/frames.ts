// The pictures of a film, which all have one size and kind.
import { DcganError } from '../platform/errors.ts';
import type { Picture } from './grid.ts';

/**
 * The first of a film's pictures.
 * @param film what it is, for errors: `a GIF`
 * @throws DcganError for none, or one that differs from the first in size or channels
 */
export function firstOf(frames: readonly Picture[], film: string): Picture {
  const [first] = frames;
  if (!first) throw new DcganError({ what: `${film} needs at least one picture`, got: 'none' });
  for (const [i, { width, height, channels }] of frames.entries())
    if (width !== first.width || height !== first.height || channels !== first.channels)
      throw new DcganError({
        what: `picture ${i + 1} of ${film} differs from the first`,
        expected: `${first.width} × ${first.height} × ${first.channels}`,
        got: `${width} × ${height} × ${channels}`,
        todo: 'Use pictures of one run only',
      });
  return first;
}
