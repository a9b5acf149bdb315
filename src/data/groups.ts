// Finds groups of images that are alike, without any labels: k-means on edges or small copies, with
// groups of equal size. A network that is conditional on the groups need not find out by
// itself that a three and a seven are different things. Groups have one size, so that samples drawn
// from each group in turn come in the data's proportions. The method uses sums and products alone,
// so Node and a page find the same groups.
//
// Source: A. Sage et al., "Logo synthesis and manipulation with clustered generative adversarial
// networks", 2018 (synthetic labels).
import { featuresOf, type Grouped, type GroupedBy, type Points } from './group-features.ts';

/** Images that the centres are found on. */
const STUDIED = 10_000;
/** Rounds in which each image goes to the nearest centre, then rounds with groups of one size. */
const [FREE, EQUAL] = [8, 4];
/** Images read at a time. */
const AT_ONCE = 1000;

/**
 * The group of each image, 0 to count - 1; their sizes differ by one at most.
 * @param count from 2 to 256, and no more than there are images
 */
export async function findGroups(data: Grouped, count: number, by: GroupedBy): Promise<Uint8Array> {
  const studied = featuresOf(data, chosen(data.count, Math.min(STUDIED, data.count), by), by);
  let centres = firstCentres(studied, count);
  for (let round = 0; round < FREE + EQUAL; round++) {
    const distances = distancesTo(centres, studied);
    centres = centresOf(studied, round < FREE ? nearestOf(distances, count) : equalGroups(distances, count), centres);
    await turn();
  }
  const distances = new Float32Array(data.count * count);
  for (let from = 0; from < data.count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, data.count - from) }, (_, i) => from + i);
    distances.set(distancesTo(centres, featuresOf(data, some, by)), from * count);
    await turn();
  }
  return equalGroups(distances, count);
}

/** Ctrl-C, a page's messages and a server's requests have their turn. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Returns how many images `findGroups` compares with the centres, over all rounds. */
export function comparedImages(count: number): number {
  return (FREE + EQUAL) * Math.min(STUDIED, count) + count;
}

/**
 * Returns `n` of `count` indices: the data are cut into `n` parts of one length, and each gives
 * one, whose place in it differs from part to part (multiples of the golden ratio, less whole
 * numbers). Groups by copies take the first of each part, so that runs of earlier versions find
 * theirs again. In data that repeat in order these may be one kind only: MNIST's digits come by
 * turns from two groups of writers.
 */
function chosen(count: number, n: number, by: GroupedBy): number[] {
  const step = by === 'edges' ? (Math.sqrt(5) - 1) / 2 : 0;
  return Array.from({ length: n }, (_, i) => Math.floor(((i + ((i * step) % 1)) * count) / n));
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
 * [points, centres]. Two points and four centres at a time: each value that is read then serves
 * several products, which takes two thirds of the time of one point.
 */
function distancesTo({ values: centres, count: groups, width }: Points, { values, count }: Points): Float32Array {
  const lengths = Float64Array.from({ length: groups }, (_, k) => {
    let sum = 0;
    for (let j = k * width; j < (k + 1) * width; j++) sum += centres[j]! * centres[j]!;
    return sum;
  });
  const distances = new Float32Array(count * groups);
  // Past the last point or centre the last one again.
  const start = (i: number, of: number): number => Math.min(i, of - 1) * width;
  for (let k = 0; k < groups; k += 4) {
    const [b0, b1, b2, b3] = [start(k, groups), start(k + 1, groups), start(k + 2, groups), start(k + 3, groups)];
    for (let i = 0; i < count; i += 2) {
      const [a0, a1] = [start(i, count), start(i + 1, count)];
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let j = 0; j < width; j++) {
        const x = values[a0 + j]!;
        const y = values[a1 + j]!;
        const c0 = centres[b0 + j]!;
        const c1 = centres[b1 + j]!;
        const c2 = centres[b2 + j]!;
        const c3 = centres[b3 + j]!;
        s0 += x * c0;
        s1 += x * c1;
        s2 += x * c2;
        s3 += x * c3;
        t0 += y * c0;
        t1 += y * c1;
        t2 += y * c2;
        t3 += y * c3;
      }
      const products = [s0, s1, s2, s3, t0, t1, t2, t3];
      for (let n = 0; n < Math.min(4, groups - k); n++) {
        distances[i * groups + k + n] = lengths[k + n]! - 2 * products[n]!;
        if (i + 1 < count) distances[(i + 1) * groups + k + n] = lengths[k + n]! - 2 * products[4 + n]!;
      }
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
