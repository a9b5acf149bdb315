// How a product is cut into tiles. No bit depends on it: each result is one sum over depth, taken in order, whatever tile it lies
// in; only how often memory is read and how many threads are at work does.

export interface Tile {
  /** Of the result, of one workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Of a slice: what lies in the workgroup's memory at a time. */
  readonly depth: number;
  /** Rows of one thread, which has four columns. */
  readonly each: number;
}

/** Within what every WebGPU allows: 256 threads and 16 KiB. */
export const STANDARD: Tile = { rows: 64, columns: 64, depth: 16, each: 4 };

/** Those that a tuner may choose from. */
export const TILES: readonly Tile[] = [
  STANDARD,
  { rows: 128, columns: 64, depth: 16, each: 8 },
  { rows: 64, columns: 64, depth: 32, each: 8 },
  { rows: 64, columns: 32, depth: 16, each: 4 },
  { rows: 128, columns: 32, depth: 16, each: 8 },
  { rows: 32, columns: 64, depth: 16, each: 4 },
  { rows: 32, columns: 32, depth: 32, each: 4 },
];

export interface FittedTile extends Tile {
  readonly threads: number;
  /** Of the workgroup's memory. */
  readonly bytes: number;
}

/** A tile with no more columns than a power of two can use. */
export function fitTile({ rows, columns, depth, each }: Tile, wanted: number): FittedTile {
  let used = 4;
  while (used < columns && used < wanted) used *= 2;
  return { rows, columns: used, depth, each, threads: (used / 4) * (rows / each), bytes: 4 * depth * (rows + used) };
}
