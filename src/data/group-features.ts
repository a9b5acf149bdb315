// What images are compared by when groups are found: small copies, or the directions of edges and
// a little of a coarse copy, which says which side of an edge is bright. Digits of one kind have
// edges of the same directions at nearly the same places, but few equal pixels. The features use
// sums, products, quotients and square roots alone, which every machine rounds alike, so Node and a
// page find the same groups.
//
// Source: N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", 2005;
// square roots of shares: R. Arandjelovic and A. Zisserman, "Three things everyone should know to
// improve object retrieval", 2012.
import type { Dataset } from './dataset.ts';

/** What groups can be found by. */
export const GROUPED_BY = ['copies', 'edges'] as const;
export type GroupedBy = (typeof GROUPED_BY)[number];

/** What is asked of the data whose groups are found; a page has them from its own library. */
export type Grouped = Pick<Dataset, 'count' | 'height' | 'width' | 'channels' | 'bytes'>;

/** Vectors side by side: [count, width]. */
export interface Points {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** The sides, at most: of small copies, of the grid that edges are counted in, of coarse copies. */
const [COPY_SIDE, EDGE_SIDE, COARSE_SIDE] = [14, 8, 4];
/** Directions of an edge: along rows, along columns, and along the two diagonals. */
const DIRECTIONS = 4;
/** What a coarse copy counts beside the edges. More of it made groups of digits less pure. */
const COARSE_WEIGHT = 0.25;

/** Returns the features of the images with these indices: [indices, features of an image]. */
export function featuresOf(data: Grouped, indices: readonly number[], by: GroupedBy): Points {
  const { height, width, channels } = data;
  const grid = (most: number): Cells => ({
    rows: bounds(Math.min(most, height), height),
    columns: bounds(Math.min(most, width), width),
  });
  const [edges, coarse, small] = [grid(EDGE_SIDE), grid(COARSE_SIDE), grid(COPY_SIDE)];
  const ofEdges = cellsIn(edges) * DIRECTIONS;
  const size = by === 'edges' ? ofEdges + cellsIn(coarse) * channels : cellsIn(small) * channels;
  const values = new Float32Array(indices.length * size);
  indices.forEach((index, n) => {
    const image: Image = { bytes: data.bytes(index, index + 1), height, width, channels };
    const into = values.subarray(n * size, (n + 1) * size);
    if (by === 'edges') {
      countEdges(image, edges, into.subarray(0, ofEdges));
      copySmall(image, coarse, COARSE_WEIGHT, into.subarray(ofEdges));
    } else copySmall(image, small, 1, into);
  });
  return { values, count: indices.length, width: size };
}

/** An image of the data: its bytes are [height, width, channels]. */
interface Image {
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Where the rows and columns of cells begin, and at the end the image's side. */
interface Cells {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

function cellsIn({ rows, columns }: Cells): number {
  return (rows.length - 1) * (columns.length - 1);
}

/** `n` numbers from 0 to `count` - 1 at even distances, and `count`. */
function bounds(n: number, count: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => Math.floor((i * count) / n));
}

/** Calls `visit` with the number of each cell, and the rows and columns of pixels inside it. */
function forCells(
  { rows, columns }: Cells,
  visit: (cell: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  const across = columns.length - 1;
  for (let row = 0; row + 1 < rows.length; row++)
    for (let column = 0; column < across; column++)
      visit(row * across + column, rows[row]!, rows[row + 1]!, columns[column]!, columns[column + 1]!);
}

/** A small copy of an image: means of cells, from 0 to `white`. */
function copySmall({ bytes, width, channels }: Image, cells: Cells, white: number, into: Float32Array): void {
  forCells(cells, (cell, top, bottom, left, right) => {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) sum += bytes[(y * width + x) * channels + channel]!;
      into[cell * channels + channel] = (white * sum) / (255 * (bottom - top) * (right - left));
    }
  });
}

/**
 * The square root of each direction's share in each cell of an image's edges. The slope (dx, dy)
 * and its opposite belong to the same edge, so its angle is doubled: (dx² - dy², 2 dx dy) divided
 * by the slope's length. Each of the four values counts as far as it is positive. The edges of all
 * channels count together.
 */
function countEdges({ bytes, height, width, channels }: Image, cells: Cells, into: Float32Array): void {
  const [below, right] = [width * channels, channels];
  let total = 0;
  forCells(cells, (cell, top, bottom, left, end) => {
    let across = 0;
    let down = 0;
    let falling = 0;
    let rising = 0;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < end; x++)
        for (let channel = 0; channel < channels; channel++) {
          const at = y * below + x * right + channel;
          const dx = bytes[x + 1 < width ? at + right : at]! - bytes[x > 0 ? at - right : at]!;
          const dy = bytes[y + 1 < height ? at + below : at]! - bytes[y > 0 ? at - below : at]!;
          if (dx === 0 && dy === 0) continue;
          const length = Math.sqrt(dx * dx + dy * dy);
          const cosine = (dx * dx - dy * dy) / length;
          const sine = (2 * dx * dy) / length;
          if (cosine > 0) across += cosine;
          else down -= cosine;
          if (sine > 0) falling += sine;
          else rising -= sine;
        }
    // A mean: cells at the end may have one row or column of pixels less.
    const pixels = (bottom - top) * (end - left);
    [across, down, falling, rising].forEach((sum, direction) => {
      into[cell * DIRECTIONS + direction] = sum / pixels;
      total += sum / pixels;
    });
  });
  // An image of one colour has no edges.
  if (total > 0) for (let i = 0; i < into.length; i++) into[i] = Math.sqrt(into[i]! / total);
}
