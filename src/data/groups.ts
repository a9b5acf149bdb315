// Finds groups of images that are alike, without any labels: k-means on small copies of the images,
// with groups of equal size. A network that is conditional on the groups need not find out by
// itself that a three and a seven are different things. Groups have one size, so that samples drawn
// from each group in turn come in the data's proportions. The method uses sums and products alone,
// so Node and a page find the same groups.
//
// Source: A. Sage et al., "Logo synthesis and manipulation with clustered generative adversarial
// networks", 2018 (synthetic labels).
import type { Dataset } from './dataset.ts';

/** A copy's side, at most. */
const SIDE = 14;
/** Images that the centres are found on. */
const STUDIED = 10_000;
/** Rounds in which each image goes to the nearest centre, then rounds with groups of one size. */
const [FREE, EQUAL] = [8, 4];
/** Images read at a time. */
const AT_ONCE = 1000;

/** Vectors side by side: [count, width]. */
interface Points {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

/**
 * The group of each image, 0 to count - 1; their sizes differ by one at most.
 * @param count from 2 to 256, and no more than there are images
 */
export async function findGroups(data: Dataset, count: number): Promise<Uint8Array> {
  const studied = copiesOf(data, spread(data.count, Math.min(STUDIED, data.count)));
  let centres = firstCentres(studied, count);
  for (let round = 0; round < FREE + EQUAL; round++) {
    const distances = distancesTo(centres, studied);
    centres = centresOf(studied, round < FREE ? nearestOf(distances, count) : equalGroups(distances, count), centres);
    // Ctrl-C and a page's messages have their turn.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const distances = new Float32Array(data.count * count);
  for (let from = 0; from < data.count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, data.count - from) }, (_, i) => from + i);
    distances.set(distancesTo(centres, copiesOf(data, some)), from * count);
  }
  return equalGroups(distances, count);
}

/** Returns how many images `findGroups` compares with the centres, over all rounds. */
export function comparedImages(count: number): number {
  return (FREE + EQUAL) * Math.min(STUDIED, count) + count;
}

/** `n` of `count` indices, evenly spaced. */
function spread(count: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => Math.floor((i * count) / n));
}

/** Small copies: means of cells. */
function copiesOf(data: Dataset, indices: readonly number[]): Points {
  const { height, width, channels } = data;
  const [rows, columns] = [Math.min(SIDE, height), Math.min(SIDE, width)];
  const size = rows * columns * channels;
  const values = new Float32Array(indices.length * size);
  const bounds = (cells: number, side: number): number[] => spread(side, cells).concat(side);
  const [ys, xs] = [bounds(rows, height), bounds(columns, width)];
  indices.forEach((index, n) => {
    const bytes = data.bytes(index, index + 1);
    let at = n * size;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (let y = ys[row]!; y < ys[row + 1]!; y++)
            for (let x = xs[column]!; x < xs[column + 1]!; x++) sum += bytes[(y * width + x) * channels + channel]!;
          values[at++] = sum / (255 * (ys[row + 1]! - ys[row]!) * (xs[column + 1]! - xs[column]!));
        }
  });
  return { values, count: indices.length, width: size };
}

/** Each as far as can be from those before it: all kinds of images have one, however rare. */
function firstCentres({ values, count, width }: Points, groups: number): Points {
  const centres = new Float32Array(groups * width);
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let next = 0;
  for (let k = 0; k < groups; k++) {
    const centre = values.subarray(next * width, (next + 1) * width);
    centres.set(centre, k * width);
    for (let i = 0; i < count; i++) {
      let distance = 0;
      for (let j = 0; j < width; j++) distance += (values[i * width + j]! - centre[j]!) ** 2;
      if (distance < nearest[i]!) nearest[i] = distance;
    }
    next = nearest.reduce((far, distance, i) => (distance > nearest[far]! ? i : far), 0);
  }
  return { values: centres, count: groups, width };
}

/**
 * Squared distances less the point's own squared length, which no comparison of a point needs:
 * [points, centres]. Four centres at a time: a point's values are then read a quarter as often.
 */
function distancesTo({ values: centres, count: groups, width }: Points, { values, count }: Points): Float32Array {
  const lengths = Float64Array.from({ length: groups }, (_, k) => {
    let sum = 0;
    for (let j = k * width; j < (k + 1) * width; j++) sum += centres[j]! * centres[j]!;
    return sum;
  });
  const distances = new Float32Array(count * groups);
  // Past the last centre the last one again.
  const start = (k: number): number => Math.min(k, groups - 1) * width;
  for (let k = 0; k < groups; k += 4) {
    const [b0, b1, b2, b3] = [start(k), start(k + 1), start(k + 2), start(k + 3)];
    for (let i = 0; i < count; i++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0, a = i * width; j < width; j++, a++) {
        const x = values[a]!;
        s0 += x * centres[b0 + j]!;
        s1 += x * centres[b1 + j]!;
        s2 += x * centres[b2 + j]!;
        s3 += x * centres[b3 + j]!;
      }
      const at = i * groups + k;
      distances[at] = lengths[k]! - 2 * s0;
      if (k + 1 < groups) distances[at + 1] = lengths[k + 1]! - 2 * s1;
      if (k + 2 < groups) distances[at + 2] = lengths[k + 2]! - 2 * s2;
      if (k + 3 < groups) distances[at + 3] = lengths[k + 3]! - 2 * s3;
    }
  }
  return distances;
}

function nearestOf(distances: Float32Array, groups: number): Uint8Array {
  return Uint8Array.from({ length: distances.length / groups }, (_, i) => {
    let best = 0;
    for (let k = 1; k < groups; k++) if (distances[i * groups + k]! < distances[i * groups + best]!) best = k;
    return best;
  });
}

/**
 * Groups of one size: whoever would lose most by the second best group chooses first; who finds a
 * group full chooses again among those that are not.
 */
function equalGroups(distances: Float32Array, groups: number): Uint8Array {
  const count = distances.length / groups;
  const room = Array.from({ length: groups }, (_, k) => Math.floor((count + k) / groups));
  const found = new Uint8Array(count);
  let left = Array.from({ length: count }, (_, i) => i);
  while (left.length > 0) {
    const open = room.flatMap((places, k) => (places > 0 ? [k] : []));
    const wishes = left.map((i) => {
      let [best, first, second] = [open[0]!, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (const k of open) {
        const distance = distances[i * groups + k]!;
        if (distance < first) [best, first, second] = [k, distance, first];
        else if (distance < second) second = distance;
      }
      return { i, best, loss: second - first };
    });
    wishes.sort((a, b) => (b.loss === a.loss ? a.i - b.i : b.loss - a.loss));
    left = [];
    for (const { i, best } of wishes) {
      if (room[best]! > 0) {
        room[best]!--;
        found[i] = best;
      } else left.push(i);
    }
  }
  return found;
}

/** Means of the groups; one without points keeps its place. */
function centresOf({ values, count, width }: Points, found: Uint8Array, before: Points): Points {
  const sums = new Float64Array(before.count * width);
  const sizes = new Uint32Array(before.count);
  for (let i = 0; i < count; i++) {
    const k = found[i]!;
    sizes[k]!++;
    for (let j = 0; j < width; j++) sums[k * width + j]! += values[i * width + j]!;
  }
  const centres = Float32Array.from(before.values, (old, at) => {
    const size = sizes[Math.floor(at / width)]!;
    return size > 0 ? sums[at]! / size : old;
  });
  return { ...before, values: centres };
}
