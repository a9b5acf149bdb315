// Random numbers without hidden state. Value i of a stream is a pure function of (seed, step,
// stream, i), so a resumed run, another thread count and another machine draw the same. The
// generator is Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). Block b of a stream at a step has the counter (b, stream, step low, step high) and the
// key (seed low, seed high). Its four words serve values 4b to 4b + 3.
//   uniform  (word >>> 8) / 2^24, in [0, 1) and exact in float32
//   normal   Box-Muller on word pairs (0, 1) and (2, 3):
//            u = ((word0 >>> 8) + 1) / 2^24, v = (word1 >>> 8) / 2^24,
//            r = sqrt(-2 ln u); the pair's values are r cos(2 pi v), r sin(2 pi v)
//   mask     (word >>> 8) >= threshold ? value : 0, where threshold = ceil(rate * 2^24)

/**
 * What a draw depends on besides its stream and index. Both are non-negative integers below 2^53.
 */
export interface DrawKey {
  readonly seed: number;
  readonly step: number;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const TWO_32 = 2 ** 32;
const TWO_24 = 2 ** 24;

/** High word of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = al * bl;
  const mid1 = ah * bl + (low >>> 16);
  const mid2 = al * bh + (mid1 % 0x10000);
  return (ah * bh + Math.floor(mid1 / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

/** One Philox-4x32-10 block: counter and key words in, four words out (unsigned 32-bit). */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The two words of an integer below 2^53: [low, high]. */
export function words(value: number): [number, number] {
  return [value >>> 0, Math.floor(value / TWO_32) >>> 0];
}

/** Block `block` of a stream. */
export function drawBlock({ seed, step }: DrawKey, stream: number, block: number): [number, number, number, number] {
  return philox([block >>> 0, stream >>> 0, ...words(step)], words(seed));
}

/** Word `index` of a stream: unsigned 32 bits. */
export function drawWord(key: DrawKey, stream: number, index: number): number {
  return drawBlock(key, stream, Math.floor(index / 4))[index % 4]!;
}

/** Uniform in [0, 1) with 24 bits, from a word. */
export function wordToUniform(word: number): number {
  return (word >>> 8) / TWO_24;
}

/** The four standard normal values of a block, in double precision. */
export function blockToNormals(block: readonly [number, number, number, number]): [number, number, number, number] {
  const pair = (first: number, second: number): [number, number] => {
    const radius = Math.sqrt(-2 * Math.log(((first >>> 8) + 1) / TWO_24));
    const angle = 2 * Math.PI * ((second >>> 8) / TWO_24);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  };
  return [...pair(block[0], block[1]), ...pair(block[2], block[3])];
}

/** A dropout rate as the integer a word's upper 24 bits are compared with. */
export function maskThreshold(rate: number): number {
  return Math.ceil(rate * TWO_24);
}

/**
 * A permutation of 0 .. count - 1: Fisher and Yates' shuffle, from the last place down, with the
 * stream's words made even by rejection.
 */
export function permutation(count: number, key: DrawKey, stream: number): Uint32Array {
  const next = wordsOf(key, stream);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1, next);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** The words of a stream, one after another. */
function wordsOf(key: DrawKey, stream: number): () => number {
  let index = 0;
  let block: readonly number[] = [];
  return () => {
    if (index % 4 === 0) block = drawBlock(key, stream, index / 4);
    return block[index++ % 4]!;
  };
}

/** A whole number below n, each as likely: words past the last whole multiple of n are left out. */
function below(n: number, next: () => number): number {
  const limit = 2 ** 32 - (2 ** 32 % n);
  for (;;) {
    const word = next();
    if (word < limit) return word % n;
  }
}
