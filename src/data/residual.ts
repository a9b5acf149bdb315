// Tells a copy from a version. Of two pictures that are nearly the same, one may be the other saved
// again: scaled, compressed, a little brighter. Or both may be versions of one picture, which
// differ in a part that matters, such as another mouth, another sign, or another colour of the
// hair.
//
// What saving changes lies along all edges of a picture. What a version changes lies in one place,
// and much of the rest is the same to the level. So the brightness of one is brought to the
// other's, and what still differs is looked at in small overlapping parts. The pictures are
// versions when the part that differs most does so by many times as much as a part with edges that
// differs little, or by a great share of the edges that it has. docs/data.md says how often this is
// right.

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
const SHARE = 0.3;
const SEEN = 4;
/** Added to edges, in levels, so that noise in a plain part is no great share of them. */
const PLAIN = 8;
/** Values nearer to black or white than so many levels may be cut off there. */
const CUT = 3;
/** The line of brightness is fitted again without the cells that lie farthest from it. */
const KEPT = 0.8;
const FITS = 3;

/**
 * Whether one of two pictures that are nearly the same is a copy of the other, and not a version.
 * @param a [side, side, channels], as `b`
 */
export function isCopy(a: Uint8Array, b: Uint8Array, channels: number): boolean {
  const side = Math.sqrt(a.length / channels);
  const residual = strongest(residualOf(a, b), channels);
  const edges = strongest(edgesOf(a, b, side, channels), channels);
  const calm: number[] = [];
  let [most, mostShare] = [0, 0];
  for (let y = 0; y + PART <= side; y += PART / 2)
    for (let x = 0; x + PART <= side; x += PART / 2) {
      const differs = rootMeanSquare(residual, side, y, x);
      const own = rootMeanSquare(edges, side, y, x);
      if (own > EDGES) calm.push(differs);
      most = Math.max(most, differs);
      mostShare = Math.max(mostShare, differs / (own + PLAIN));
    }
  calm.sort((one, other) => one - other);
  const little = Math.max(ROUNDING, calm[Math.floor(CALM * calm.length)] ?? 0);
  return most <= TIMES * little && (most <= SEEN || mostShare <= SHARE);
}

/** Each value's difference, in levels, once the darker picture is as bright as the other. */
function residualOf(a: Uint8Array, b: Uint8Array): Float64Array {
  const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0);
  // In this direction, since what became too bright was cut off at white.
  const [dark, bright] = sum(a) <= sum(b) ? [a, b] : [b, a];
  const whole = [...bright.keys()].filter((i) => [dark[i]!, bright[i]!].every((v) => v > CUT && v < 255 - CUT));
  let residual = new Float64Array(a.length);
  let kept = whole;
  for (let fit = 0; fit < FITS; fit++) {
    const [gain, offset] = lineThrough(dark, bright, kept);
    residual = Float64Array.from(dark, (value, i) => {
      return Math.abs(bright[i]! - Math.max(0, Math.min(255, gain * value + offset)));
    });
    const sorted = whole.map((i) => residual[i]!).sort((one, other) => one - other);
    const farthest = sorted[Math.floor(KEPT * sorted.length)] ?? 0;
    kept = whole.filter((i) => residual[i]! <= farthest);
  }
  return residual;
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

/** The largest of each cell's channels. */
function strongest(values: Float64Array, channels: number): Float64Array {
  const cells = new Float64Array(values.length / channels);
  for (const [i, value] of values.entries()) {
    const cell = Math.floor(i / channels);
    cells[cell] = Math.max(cells[cell]!, value);
  }
  return cells;
}

function rootMeanSquare(cells: Float64Array, side: number, top: number, left: number): number {
  let squares = 0;
  for (let y = top; y < top + PART; y++) for (let x = left; x < left + PART; x++) squares += cells[y * side + x]! ** 2;
  return Math.sqrt(squares) / PART;
}
