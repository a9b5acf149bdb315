// Groups the near pictures of a whole dataset: copies of one picture, and versions of one picture
// (likeness.ts, residual.ts). To find candidates without comparing all with all: of five pieces
// that a hash is cut into, four differing bits leave at least one piece as it was.

import { type Hash, isNear, type Look } from './likeness.ts';
import { kindOf } from './residual.ts';

const NEAR_BITS = 4;
/** Pieces of a hash: its words' bits [word, shift, bits]. */
const PIECES = [
  [0, 0, 13],
  [0, 13, 13],
  [0, 26, 6],
  [1, 0, 16],
  [1, 16, 16],
] as const;

interface Leader {
  readonly index: number;
  readonly look: Look;
}

/**
 * Groups of copies and of versions, each under the first that was added, of which all others are
 * copies or versions. A copy stands for nothing more. A version may have copies and versions of its
 * own.
 */
export class NearGroups {
  readonly #copies = new Map<number, number[]>();
  readonly #versions = new Map<number, number[]>();
  readonly #leaders: Leader[] = [];
  readonly #buckets = PIECES.map(() => new Map<number, number[]>());

  add(index: number, look: Look): void {
    const near = this.#near(look).map(({ index: first, look: its }) => {
      return { first, kind: kindOf(its.cells, look.cells, look.channels) };
    });
    const original = near.find(({ kind }) => kind === 'copy');
    if (original) {
      join(this.#copies, original.first, index);
      return;
    }
    const other = near.find(({ kind }) => kind === 'version');
    if (other) join(this.#versions, other.first, index);
    const place = this.#leaders.push({ index, look }) - 1;
    for (const [p, bucket] of this.#buckets.entries()) {
      const key = piece(look.hash, p);
      const found = bucket.get(key);
      if (found) found.push(place);
      else bucket.set(key, [place]);
    }
  }

  /** Groups of two and more copies of one image, in the order of their first. */
  copies(): number[][] {
    return inOrder(this.#copies);
  }

  /** The same for versions of one image. */
  versions(): number[][] {
    return inOrder(this.#versions);
  }

  /** Those that are near, in the order in which they were added. */
  #near(look: Look): Leader[] {
    const places = new Set(
      this.#buckets.flatMap((bucket, p) =>
        (bucket.get(piece(look.hash, p)) ?? []).filter((place) => {
          return differingBits(this.#leaders[place]!.look.hash, look.hash) <= NEAR_BITS;
        }),
      ),
    );
    return [...places]
      .sort((a, b) => a - b)
      .map((place) => this.#leaders[place]!)
      .filter((leader) => isNear(leader.look, look));
  }
}

function join(groups: Map<number, number[]>, first: number, index: number): void {
  const members = groups.get(first);
  if (members) members.push(index);
  else groups.set(first, [first, index]);
}

function inOrder(groups: ReadonlyMap<number, number[]>): number[][] {
  return [...groups.values()].sort(([a], [b]) => a! - b!);
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
