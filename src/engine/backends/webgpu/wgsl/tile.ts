// How a product is cut into tiles. No bit depends on it: each result is one sum over depth, taken
// in order, whatever tile it lies in; only how often memory is read and how many threads are at
// work does.

export interface Tile {
  /** Of the result, of one workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Of a slice: what lies in the workgroup's memory at a time. */
  readonly depth: number;
  /** Rows and columns of one thread: fours of either. */
  readonly each: number;
  readonly wide: number;
}

/**
 * Vectors left free after each depth of a slice, so that what is stored down a column falls into
 * several banks of memory.
 */
export const PITCH = 1;

/**
 * Within what every WebGPU allows: 256 threads and 16 KiB. Of those below what software adapters
 * are quickest with.
 */
export const STANDARD: Tile = { rows: 64, columns: 64, depth: 8, each: 8, wide: 8 };

/** Those that a tuner may choose from. */
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
  /** Of the workgroup's memory. */
  readonly bytes: number;
}

/** Fewer threads than this would each have much of a tile to do: then they get less of it. */
const FEW = 32;

/** A tile with no more columns than a power of two can use. */
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
