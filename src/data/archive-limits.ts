// Limits on what an archive may ask of this program. Nothing is ever unpacked to disk, so a name
// such as `../../x` cannot be written anywhere. Such a name is refused all the same, since whoever
// made it wanted something. A few kilobytes can unpack to petabytes. Therefore names, sizes, ratios
// and overlaps are checked before anything is unpacked, and sizes are counted again while it is.
//
// Source: D. Fifield, "A better zip bomb", USENIX WOOT 2019.

import { DcganError } from '../platform/errors.ts';
import { LARGEST_FILE } from './supply.ts';

export const MOST_ENTRIES = 2_000_000;
/**
 * How many bytes one packed byte may become; deflate's most is 1032, pictures are packed already.
 */
export const MOST_RATIO = 200;
/** Arrays in an archive are unpacked into memory, at most this many bytes in all. */
export const MOST_UNPACKED = 2 ** 31 - 1;
/** Unpacked sizes below this are small whatever their ratio. */
export const HARMLESS = 16 * 2 ** 20;

/** Why a name must not be used; null for an honest one. */
export function faultOfName(path: string): string | null {
  if (path.includes('\0')) return 'its name contains a NUL';
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return 'its name is an absolute path';
  if (path.split(/[/\\]/).includes('..')) return 'its name leads out of the archive (..)';
  return null;
}

/**
 * Why an entry must not be unpacked; null for an honest one. `largest`: bytes that it may unpack
 * to.
 */
export function faultOfSize(size: number, packed: number, largest: number = LARGEST_FILE): string | null {
  if (size > largest) return `it unpacks to ${size} bytes; at most ${largest} are read`;
  if (size > HARMLESS && size > MOST_RATIO * packed)
    return `${packed} bytes claim to unpack to ${size}; more than ${MOST_RATIO} times as much is not unpacked`;
  return null;
}

/** An archive that is refused whole. */
export function refusedArchive(path: string, why: string): DcganError {
  return new DcganError({
    what: `${path} is refused: ${why}`,
    todo: 'If you trust it, unpack it yourself and give the folder',
  });
}
