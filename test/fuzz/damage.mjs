// Damage as disks, networks and attackers do it, from a seed: the same seed gives the same damage.

/** Mulberry32: a function that gives whole numbers below `n`. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Half of all places lie in the first or last 512 bytes, where headers and directories are. */
function place(bytes, below) {
  const { length } = bytes;
  if (length === 0) return 0;
  const near = Math.min(512, length);
  const choice = below(4);
  if (choice === 0) return below(near);
  return choice === 1 ? length - near + below(near) : below(length);
}

/** Half of all ranges are short. */
function range(bytes, below) {
  const from = place(bytes, below);
  const most = below(2) === 0 ? 16 : bytes.length;
  return [from, Math.min(bytes.length, from + 1 + below(most))];
}

/** What lengths and counts are made to say. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

const KINDS = {
  bit(bytes, below) {
    if (bytes.length > 0) bytes[place(bytes, below)] ^= 1 << below(8);
    return bytes;
  },
  bits(bytes, below) {
    for (let i = 1 + below(16); i > 0; i--) KINDS.bit(bytes, below);
    return bytes;
  },
  byte(bytes, below) {
    if (bytes.length > 0) bytes[place(bytes, below)] = below(256);
    return bytes;
  },
  cut(bytes, below) {
    return bytes.subarray(0, place(bytes, below));
  },
  zeros(bytes, below) {
    return bytes.fill(0, ...range(bytes, below));
  },
  length(bytes, below) {
    const size = [1, 2, 4, 8][below(4)];
    const at = Math.min(place(bytes, below), bytes.length - size);
    if (at < 0) return bytes;
    const value = NUMBERS[below(NUMBERS.length)];
    // The high half of eight bytes stays 0, or is all ones for a negative number.
    const all = size === 8 && below(2) === 0 ? (1n << 64n) - 1n - BigInt(value) : BigInt(value);
    const little = below(2) === 0;
    for (let i = 0; i < size; i++) bytes[at + i] = Number((all >> BigInt(8 * (little ? i : size - 1 - i))) & 0xffn);
    return bytes;
  },
  swap(bytes, below) {
    const [a, b] = [place(bytes, below), place(bytes, below)].sort((x, y) => x - y);
    const size = Math.min(1 + below(64), b - a, bytes.length - b);
    const kept = Buffer.from(bytes.subarray(a, a + size));
    bytes.copy(bytes, a, b, b + size);
    kept.copy(bytes, b);
    return bytes;
  },
  twice(bytes, below) {
    const [from, to] = range(bytes, below);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  removed(bytes, below) {
    const [from, to] = range(bytes, below);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
};

export const DAMAGES = Object.keys(KINDS);

/** @returns {{ kind: string, bytes: Buffer }} a damaged copy */
export function damaged(whole, seed) {
  const below = randomOf(seed);
  const kind = DAMAGES[below(DAMAGES.length)];
  return { kind, bytes: KINDS[kind](Buffer.from(whole), below) };
}
