// Finds the nearest rows of one set for each row of another. Distances in single precision give a
// few more candidates than are asked for, and distances in double precision order them.
import { type Distances, exactSquared } from './distances.ts';
import type { Features } from './extractor.ts';

/** This many more candidates are taken, because rounding may have put them in the wrong order. */
const SPARE = 5;

export interface Neighbours {
  readonly k: number;
  /** [count, k]: rows of b, nearest first. */
  readonly index: Int32Array;
  /** [count, k]: their squared distances. */
  readonly squared: Float64Array;
}

/**
 * Returns the k nearest rows of b for each row of a. When a is b, a row is not its own neighbour.
 */
export async function nearest(distances: Distances, a: Features, b: Features, k: number): Promise<Neighbours> {
  const wanted = Math.min(k + SPARE, b.count - (a === b ? 1 : 0));
  const index = new Int32Array(a.count * wanted).fill(-1);
  const squared = new Float32Array(a.count * wanted).fill(Number.POSITIVE_INFINITY);
  await distances.each(a, b, (row, first, found) => {
    const at = row * wanted;
    for (let c = 0; c < found.length; c++) {
      const value = found[c]!;
      if (!(value < squared[at + wanted - 1]!) || (a === b && first + c === row)) continue;
      let place = at + wanted - 1;
      for (; place > at && squared[place - 1]! > value; place--) {
        squared[place] = squared[place - 1]!;
        index[place] = index[place - 1]!;
      }
      squared[place] = value;
      index[place] = first + c;
    }
  });
  return refined(a, b, Math.min(k, wanted), wanted, index);
}

function refined(a: Features, b: Features, k: number, wanted: number, index: Int32Array): Neighbours {
  const result = { k, index: new Int32Array(a.count * k), squared: new Float64Array(a.count * k) };
  for (let row = 0; row < a.count; row++) {
    const candidates = Array.from(index.subarray(row * wanted, (row + 1) * wanted), (at) => ({
      at,
      squared: exactSquared(a, row, b, at),
    })).sort((x, y) => x.squared - y.squared || x.at - y.at);
    for (let i = 0; i < k; i++) {
      result.index[row * k + i] = candidates[i]!.at;
      result.squared[row * k + i] = candidates[i]!.squared;
    }
  }
  return result;
}
