// How a product is cut into tiles. No bit depends on it, because each result is one sum over depth,
// in order, whatever tile it lies in. A tile only decides how often memory is read and how many
// threads work.

export interface Tile {
  /** The size of one workgroup's part of the result. */
  readonly rows: number;
  readonly columns: number;
  /** The depth of a slice, which lies in the workgroup's memory at one time. */
  readonly depth: number;
  /** The rows and columns of one thread, multiples of four. */
  readonly each: number;
  readonly wide: number;
}

/**
 * The number of vectors left free after each depth of a slice, so that values stored down a column
 * fall into several banks of memory.
 */
export const PITCH = 1;

/**
 * The standard tile stays within what every WebGPU allows: 256 threads and 16 KiB. Of the tiles
 * below, software adapters are fastest with it.
 */
export const STANDARD: Tile = { rows: 64, columns: 64, depth: 8, each: 8, wide: 8 };

/** The tiles that a tuner may choose from. */
export const TILES: readonly Tile[] = [
  STANDARD,
  { rows: 64, columns: 64, depth: 16, each: 4, wide: 4 },
  { rows: 64, columns: 64, depth: 16, each: 8, wide: 4 },
  { rows: 128, columns: 64, depth: 16, each: 8, wide: 4 },
  { rows: 64, columns: 32, depth: 16, each: 4, wide: 4 },
  { rows: 32, columns: 64, depth: 16, each: 4, wide: 4 },
  { rows: 32, columns: 64, depth: 16, each: 8, wide: 4 },
  { rows: 32, columns: 32, depth: 32, each: 4, wide: 4 },
];

export interface FittedTile extends Tile {
  readonly threads: number;
  /** The bytes of the workgroup's memory. */
  readonly bytes: number;
}

/**
 * With fewer threads than this each would have a large part of a tile, so they get a smaller part.
 */
const FEW = 32;

/** Returns a tile with no more columns than a power of two can use. */
export function fitTile({ rows, columns, depth, each, wide }: Tile, wanted: number): FittedTile {
  let used = 4;
  while (used < columns && used < wanted) used *= 2;
  const split = (down: number, across: number): FittedTile => ({
    rows,
    columns: used,
    depth,
    each: down,
    wide: across,
    threads: (used / across) * (rows / down),
    bytes: 4 * depth * (rows + used + 8 * PITCH),
  });
  const asked = split(each, Math.min(wide, used));
  return asked.threads < FEW ? split(4, 4) : asked;
}
