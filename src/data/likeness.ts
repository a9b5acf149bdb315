// Which pictures are nearly the same: scaled, compressed again, a little brighter. Each gets a hash of 64 bits, one for each of
// the 8 × 8 lowest frequencies of its 32 × 32 grey version (the constant ones left out): is it above their median or not.
// Pictures whose hashes differ in at most four bits are near. To find them without comparing all with all: of five pieces
// that a hash is cut into, four differing bits leave at least one piece as it was.
// Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1 (DCT).

const SIDE = 32;
const LOW = 8;
const NEAR_BITS = 4;
/** Pieces of a hash: its words' bits [word, shift, bits]. */
const PIECES = [
  [0, 0, 13],
  [0, 13, 13],
  [0, 26, 6],
  [1, 0, 16],
  [1, 16, 16],
] as const;

/** cos(π (2x + 1) u / 64) for u from 1 to 8: [LOW, SIDE]. */
const COSINES = Float64Array.from({ length: LOW * SIDE }, (_, i) => {
  const [u, x] = [1 + Math.floor(i / SIDE), i % SIDE];
  return Math.cos((Math.PI * (2 * x + 1) * u) / (2 * SIDE));
});

/** 64 bits. */
export type Hash = readonly [low: number, high: number];

/** The hash of an image [side, side, channels]; null where nothing is to be seen but one colour. */
export function perceptualHash(image: Uint8Array, side: number, channels: number): Hash | null {
  const grey = shrink(image, side, channels);
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

/** Mean grey of each of 32 × 32 parts; of a smaller image, the nearest pixel. */
function shrink(image: Uint8Array, side: number, channels: number): Float64Array {
  const out = new Float64Array(SIDE * SIDE);
  const edges = Array.from({ length: SIDE + 1 }, (_, i) => Math.floor((i * side) / SIDE));
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [top, left] = [edges[y]!, edges[x]!];
      const [bottom, right] = [Math.max(top + 1, edges[y + 1]!), Math.max(left + 1, edges[x + 1]!)];
      let sum = 0;
      for (let row = top; row < bottom; row++)
        for (let at = (row * side + left) * channels; at < (row * side + right) * channels; at++) sum += image[at]!;
      out[y * SIDE + x] = sum / ((bottom - top) * (right - left) * channels);
    }
  return out;
}

/**
 * Groups of near images, each under the first that was added, to which all others are near.
 */
export class NearGroups {
  readonly #members = new Map<number, number[]>();
  readonly #leaders: { readonly index: number; readonly hash: Hash }[] = [];
  readonly #buckets = PIECES.map(() => new Map<number, number[]>());

  add(index: number, hash: Hash): void {
    const leader = this.#leaderOf(hash);
    if (leader !== null) {
      const members = this.#members.get(leader);
      if (members) members.push(index);
      else this.#members.set(leader, [leader, index]);
      return;
    }
    const place = this.#leaders.push({ index, hash }) - 1;
    for (const [p, bucket] of this.#buckets.entries()) {
      const key = piece(hash, p);
      const found = bucket.get(key);
      if (found) found.push(place);
      else bucket.set(key, [place]);
    }
  }

  /** Groups of two and more, in the order of their first. */
  groups(): number[][] {
    return [...this.#members.values()].sort(([a], [b]) => a! - b!);
  }

  #leaderOf(hash: Hash): number | null {
    for (const [p, bucket] of this.#buckets.entries())
      for (const place of bucket.get(piece(hash, p)) ?? []) {
        const leader = this.#leaders[place]!;
        if (differingBits(leader.hash, hash) <= NEAR_BITS) return leader.index;
      }
    return null;
  }
}

function piece(hash: Hash, p: number): number {
  const [word, shift, bits] = PIECES[p]!;
  return (hash[word] >>> shift) & ((1 << bits) - 1);
}

export function differingBits([a, b]: Hash, [c, d]: Hash): number {
  return ones(a ^ c) + ones(b ^ d);
}

function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
