// Which pictures are nearly the same: scaled, compressed again, a little brighter. Candidates share
// a hash, and pixels decide.
//
// The hash has 64 bits, one for each of the 8 × 8 lowest frequencies of a picture's 32 × 32 grey
// version (the constant ones left out): is it above their median or not. Pictures whose hashes
// differ in at most four bits are candidates (near-groups.ts).
//
// So few frequencies are alike in many different pictures, such as two slanted ones of MNIST. Two
// candidates are near only when their grey values correlate by 0.99 at 32 × 32 pixels (or at their
// own size, if that is smaller), when they differ little in brightness and contrast, and when none
// of their parts differs much in grey or in colour: another print on the same shirt, or another
// skin of the same drawn hand, changes a few parts alone. There are 8 × 8 parts, and 16 × 16 for
// small things. A picture that was scaled moves its edges by a fraction of a small part, so a small
// part may lie anywhere between the least and the most of the other's around the same place. Which
// of the near ones are copies, versions of one picture or neither, residual.ts tells.
// Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
// section 3.2.1 (DCT).

const SIDE = 32;
const LOW = 8;

/** cos(π (2x + 1) u / 64) for u from 1 to 8: [LOW, SIDE]. */
const COSINES = Float64Array.from({ length: LOW * SIDE }, (_, i) => {
  const [u, x] = [1 + Math.floor(i / SIDE), i % SIDE];
  return Math.cos((Math.PI * (2 * x + 1) * u) / (2 * SIDE));
});

/** 64 bits. */
export type Hash = readonly [low: number, high: number];

/** What of a picture is compared with others. */
export interface Look {
  readonly hash: Hash;
  /** Grey values, [32, 32] at most. */
  readonly grey: Uint8Array;
  /** The same with all channels, [32, 32, channels] at most. */
  readonly cells: Uint8Array;
  readonly channels: number;
  readonly mean: number;
  /** The grey values' standard deviation. */
  readonly contrast: number;
  /**
   * For 16 × 16 parts: grey less the mean, and for colour also red and blue less grey; in
   * thousandths of the contrast.
   */
  readonly planes: readonly Int16Array[];
}

/** Pictures are near that correlate by so much ... */
const CORRELATION = 0.99;
/**
 * ... whose brightness differs by at most so much, and whose contrasts by at most this factor ...
 */
const BRIGHTNESS = 48;
const CONTRAST = 1.3;
/** ... and of whose parts none differs by more, in thousandths of the contrast. */
const PART = 250;
/** Small parts may differ by more in colour, because JPEG halves its resolution. */
const COLOUR = 300;
const UNIT = 1000;
/**
 * A brighter copy has another darkest or brightest value. With both as they were, a difference of
 * the means by more levels comes from another colour between them.
 */
const REPAINTED = 1;
/** A picture is cut into this many small parts in each direction; four of them are a large one. */
const PARTS = 16;

/**
 * What of an image [height, width, channels] is compared; null where nothing is to be seen but one
 * colour.
 */
export function lookOf(image: Uint8Array, height: number, width: number, channels: number): Look | null {
  const large = shrink(image, height, width, channels, SIDE);
  const side = Math.min(height, width);
  const hash = hashOf(large);
  if (hash === null) return null;
  const grey = Uint8Array.from(side < SIDE ? shrink(image, height, width, channels, side) : large);
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const squares = grey.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const contrast = Math.sqrt(squares / grey.length);
  const planes = planesOf(image, height, width, channels, mean).map((plane) =>
    Int16Array.from(plane, (value) => Math.max(-32_768, Math.min(32_767, Math.round((UNIT * value) / contrast)))),
  );
  const cells = channels === 1 ? grey : cellsOf(image, height, width, channels, Math.min(side, SIDE));
  return { hash, grey, cells, channels, mean, contrast, planes };
}

function cellsOf(image: Uint8Array, height: number, width: number, channels: number, side: number): Uint8Array {
  const planes = Array.from({ length: channels }, (_, c) =>
    shrink(channelOf(image, channels, c), height, width, 1, side),
  );
  return Uint8Array.from({ length: side * side * channels }, (_, i) =>
    Math.round(planes[i % channels]![Math.floor(i / channels)]!),
  );
}

function channelOf(image: Uint8Array, channels: number, channel: number): Uint8Array {
  return Uint8Array.from({ length: image.length / channels }, (_, i) => image[i * channels + channel]!);
}

function planesOf(image: Uint8Array, height: number, width: number, channels: number, mean: number): Float64Array[] {
  const grey = shrink(image, height, width, channels, PARTS);
  const own = grey.map((value) => value - mean);
  if (channels === 1) return [own];
  const [red, blue] = [0, 2].map((channel) => {
    const one = channelOf(image, channels, channel!);
    return shrink(one, height, width, 1, PARTS).map((value, i) => value - grey[i]!);
  });
  return [own, red!, blue!];
}

/** Whether no part differs much: no large one by PART, and no small one by `most`. */
function partsAgree(a: Int16Array, b: Int16Array, most: number): boolean {
  for (let y = 0; y < PARTS; y += 2)
    for (let x = 0; x < PARTS; x += 2) {
      let difference = 0;
      for (const at of [y * PARTS + x, (y + 1) * PARTS + x]) difference += a[at]! - b[at]! + a[at + 1]! - b[at + 1]!;
      if (Math.abs(difference) > 4 * PART) return false;
    }
  return liesWithin(a, b, most) && liesWithin(b, a, most);
}

/**
 * Whether each small part of `a` lies between the least and the most of `b` around the same place,
 * or at most `beyond` outside.
 */
function liesWithin(a: Int16Array, b: Int16Array, beyond: number): boolean {
  for (let y = 0; y < PARTS; y++)
    for (let x = 0; x < PARTS; x++) {
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let v = Math.max(0, y - 1); v <= Math.min(PARTS - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(PARTS - 1, x + 1); u++) {
          least = Math.min(least, b[v * PARTS + u]!);
          most = Math.max(most, b[v * PARTS + u]!);
        }
      const value = a[y * PARTS + x]!;
      if (value < least - beyond || value > most + beyond) return false;
    }
  return true;
}

/** Whether two candidates are near: see above. */
export function isNear(a: Look, b: Look): boolean {
  if (Math.abs(a.mean - b.mean) > BRIGHTNESS) return false;
  const [low, high] = a.contrast < b.contrast ? [a.contrast, b.contrast] : [b.contrast, a.contrast];
  if (high > CONTRAST * low) return false;
  if (!a.planes.every((plane, i) => partsAgree(plane, b.planes[i]!, i ? COLOUR : PART))) return false;
  let products = 0;
  for (let i = 0; i < a.grey.length; i++) products += (a.grey[i]! - a.mean) * (b.grey[i]! - b.mean);
  return products >= CORRELATION * a.contrast * b.contrast * a.grey.length && !isRepainted(a, b);
}

/**
 * Whether one drawing is the other with another colour between its darkest and its brightest value.
 * Grey images are often stretched to the whole range, so their extremes say nothing.
 */
function isRepainted(a: Look, b: Look): boolean {
  if (a.planes.length === 1) return false;
  const sameExtremes = [Math.min, Math.max].every((extreme) => extreme(...a.grey) === extreme(...b.grey));
  return sameExtremes && Math.abs(a.mean - b.mean) > REPAINTED;
}

function hashOf(grey: Float64Array): Hash | null {
  // Rows first, then columns.
  const rows = new Float64Array(SIDE * LOW);
  for (let y = 0; y < SIDE; y++)
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += grey[y * SIDE + x]! * COSINES[u * SIDE + x]!;
      rows[y * LOW + u] = sum;
    }
  const frequencies = new Float64Array(LOW * LOW);
  for (let v = 0; v < LOW; v++)
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += rows[y * LOW + u]! * COSINES[v * SIDE + y]!;
      frequencies[v * LOW + u] = sum;
    }
  if (frequencies.every((value) => Math.abs(value) < SIDE)) return null;
  const sorted = Float64Array.from(frequencies).sort();
  const median = (sorted[31]! + sorted[32]!) / 2;
  const words: [number, number] = [0, 0];
  for (let i = 0; i < 64; i++) if (frequencies[i]! > median) words[i >> 5]! |= 1 << (i & 31);
  return [words[0] >>> 0, words[1] >>> 0];
}

/**
 * Mean grey of each of `parts` × `parts` parts of an image; a pixel that lies in two parts counts
 * for both by its share.
 */
function shrink(image: Uint8Array, height: number, width: number, channels: number, parts: number): Float64Array {
  const grey = new Float64Array(height * width);
  for (let i = 0; i < grey.length; i++) {
    for (let c = 0; c < channels; c++) grey[i]! += image[i * channels + c]!;
    grey[i]! /= channels;
  }
  // Turned around twice: rows, then columns.
  return shrinkRows(shrinkRows(grey, width, height, parts), height, parts, parts);
}

/** Rows [height, width] shortened to `parts` values, as columns [parts, height]. */
function shrinkRows(rows: Float64Array, width: number, height: number, parts: number): Float64Array {
  const out = new Float64Array(parts * height);
  const step = width / parts;
  for (let part = 0; part < parts; part++) {
    const [from, to] = [part * step, (part + 1) * step];
    for (let x = Math.floor(from); x < Math.min(width, Math.ceil(to)); x++) {
      const share = (Math.min(to, x + 1) - Math.max(from, x)) / step;
      if (share <= 0) continue;
      for (let y = 0; y < height; y++) out[part * height + y]! += share * rows[y * width + x]!;
    }
  }
  return out;
}
