// Tells a copy from a version. Of two pictures that are nearly the same, one may be the other saved
// again: scaled, compressed, a little brighter. Or both may be versions of one picture, which
// differ in a part that matters, such as another mouth, another sign, or another colour of the
// hair.
//
// What saving changes lies along all edges of a picture, now brighter and now darker. What a
// version changes lies in one place, or is another colour, and much of the rest is the same to
// the level. So the brightness of one is brought to the other's, and what still differs is
// looked at in small overlapping parts.
//
// Two pictures are copies when the part that differs most does so by few times as much as a part
// with edges that differs little, and by a small share of the edges that it has. They are copies
// too when all edges differ alike, as after scaling and strong compression. They are none when
// one is much brighter, or when a channel of a large part is, because drawings in another colour
// are so. What is no copy is a version when the middle one of the parts with edges is the same,
// and else another picture. docs/data.md says how often this is right.

/** Cells in each direction of a part; parts lie half of it apart. */
const PART = 4;
/** Parts whose cells differ from their neighbours by more levels have edges. */
const EDGES = 20;
/** This share of the parts with edges differs less than the calm part. */
const CALM = 0.15;
/** The largest difference of a copy is at most this many times as large as the calm part's ... */
const TIMES = 20;
/** ... which counts as so many levels at least, because rounding alone makes them ... */
const ROUNDING = 0.35;
/** ... and at most this share of its own edges, if it is seen at all, from so many levels on. */
const SHARE = 0.25;
const SEEN = 4;
/** The middle part is the same where at most this share of its edges differs. */
const SAME = 0.055;
/** All edges differ alike when the most is at most this many times the middle ... */
const ALL_ALIKE = 2.75;
/** ... and the shares of both parts are at most these. */
const ALIKE_SHARES = { most: 0.9, middle: 0.1 };
/** A copy is at most this many levels brighter, on average without black and white ... */
const BRIGHTER = 20;
/** ... and no part of this many cells in each direction differs by more levels on average. */
const LARGE = 8;
const TINT = 9;
/** Added to edges, in levels, so that noise in a plain part is no great share of them. */
const PLAIN = 8;
/** Values nearer to black or white than so many levels may be cut off there. */
const CUT = 3;
/** The line of brightness is fitted again without the cells that lie farthest from it. */
const KEPT = 0.8;
const FITS = 3;

/** One picture saved again, or versions of one picture. */
export type Kind = 'copy' | 'version';

/**
 * What two pictures that are nearly the same are to each other; null for different pictures.
 * @param a [side, side, channels], as `b`
 */
export function kindOf(a: Uint8Array, b: Uint8Array, channels: number): Kind | null {
  const side = Math.sqrt(a.length / channels);
  const { residual: signed, brighter } = residualOf(a, b);
  const residual = strongest(signed, channels);
  const edges = strongest(edgesOf(a, b, side, channels), channels);
  const [differences, shares]: [number[], number[]] = [[], []];
  let [most, mostShare] = [0, 0];
  for (let y = 0; y + PART <= side; y += PART / 2)
    for (let x = 0; x + PART <= side; x += PART / 2) {
      const differs = rootMeanSquare(residual, side, y, x);
      const own = rootMeanSquare(edges, side, y, x);
      const share = differs / (own + PLAIN);
      if (own > EDGES) {
        differences.push(differs);
        shares.push(share);
      }
      most = Math.max(most, differs);
      mostShare = Math.max(mostShare, share);
    }
  const little = Math.max(ROUNDING, quantile(differences, CALM));
  const [middle, middleShare] = [quantile(differences, 0.5), quantile(shares, 0.5)];
  const small = most <= TIMES * little && (most <= SEEN || mostShare <= SHARE);
  const slight = mostShare <= ALIKE_SHARES.most && middleShare <= ALIKE_SHARES.middle;
  const saved = small || (slight && most <= ALL_ALIKE * middle);
  if (saved && brighter <= BRIGHTER && tintOf(signed, side, channels) <= TINT) return 'copy';
  return middleShare <= SAME ? 'version' : null;
}

/** The value below which this share of the values lies; 0 where there are none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}

/**
 * Each value's difference, in levels, once the darker picture is as bright as the other, and by how
 * many levels this made it brighter.
 */
function residualOf(a: Uint8Array, b: Uint8Array): { readonly residual: Float64Array; readonly brighter: number } {
  const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0);
  // In this direction, since what became too bright was cut off at white.
  const [dark, bright] = sum(a) <= sum(b) ? [a, b] : [b, a];
  const whole = [...bright.keys()].filter((i) => [dark[i]!, bright[i]!].every((v) => v > CUT && v < 255 - CUT));
  let residual = new Float64Array(a.length);
  let kept = whole;
  let [gain, offset] = [1, 0];
  for (let fit = 0; fit < FITS; fit++) {
    [gain, offset] = lineThrough(dark, bright, kept);
    residual = Float64Array.from(dark, (value, i) => bright[i]! - Math.max(0, Math.min(255, gain * value + offset)));
    const sorted = whole.map((i) => Math.abs(residual[i]!)).sort((one, other) => one - other);
    const farthest = sorted[Math.floor(KEPT * sorted.length)] ?? 0;
    kept = whole.filter((i) => Math.abs(residual[i]!) <= farthest);
  }
  const changes = whole.reduce((total, i) => total + Math.abs((gain - 1) * dark[i]! + offset), 0);
  return { residual, brighter: changes / Math.max(1, whole.length) };
}

/** By how many levels a large part differs at most, on average and in any channel. */
function tintOf(residual: Float64Array, side: number, channels: number): number {
  let most = 0;
  for (let top = 0; top + LARGE <= side; top += LARGE / 2)
    for (let left = 0; left + LARGE <= side; left += LARGE / 2)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = top; y < top + LARGE; y++)
          for (let x = left; x < left + LARGE; x++) sum += residual[(y * side + x) * channels + channel]!;
        most = Math.max(most, Math.abs(sum) / LARGE ** 2);
      }
  return most;
}

/** The line of least squares from `x` to `y` at `at`; too few different values tell none. */
function lineThrough(x: Uint8Array, y: Uint8Array, at: readonly number[]): readonly [gain: number, offset: number] {
  if (new Set(at.map((i) => x[i])).size < 5) return [1, 0];
  const mean = (values: Uint8Array): number => at.reduce((total, i) => total + values[i]!, 0) / at.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [products, squares] = [0, 0];
  for (const i of at) {
    products += (x[i]! - meanX) * (y[i]! - meanY);
    squares += (x[i]! - meanX) ** 2;
  }
  const gain = products / squares;
  return [gain, meanY - gain * meanX];
}

/** Between the least and the most of both pictures in the 3 × 3 cells around each, per channel. */
function edgesOf(a: Uint8Array, b: Uint8Array, side: number, channels: number): Float64Array {
  const last = side - 1;
  return Float64Array.from(a, (_, i) => {
    const [cell, channel] = [Math.floor(i / channels), i % channels];
    const [y, x] = [Math.floor(cell / side), cell % side];
    let [least, most] = [255, 0];
    for (let v = Math.max(0, y - 1); v <= Math.min(last, y + 1); v++)
      for (let u = Math.max(0, x - 1); u <= Math.min(last, x + 1); u++) {
        const at = (v * side + u) * channels + channel;
        least = Math.min(least, a[at]!, b[at]!);
        most = Math.max(most, a[at]!, b[at]!);
      }
    return most - least;
  });
}

/** The largest of each cell's channels, whatever its sign. */
function strongest(values: Float64Array, channels: number): Float64Array {
  const cells = new Float64Array(values.length / channels);
  for (const [i, value] of values.entries()) {
    const cell = Math.floor(i / channels);
    cells[cell] = Math.max(cells[cell]!, Math.abs(value));
  }
  return cells;
}

function rootMeanSquare(cells: Float64Array, side: number, top: number, left: number): number {
  let squares = 0;
  for (let y = top; y < top + PART; y++) for (let x = left; x < left + PART; x++) squares += cells[y * side + x]! ** 2;
  return Math.sqrt(squares) / PART;
}
