// Cuts a mini-batch into the shards of a configuration. Shard s of S has its samples in a row, and
// the first shards have one more where the number of samples is no multiple of S. Its random draws
// have a key of their own, made of the step and the number of the shard. So a sample's draws follow
// from its place in the mini-batch, wherever its shard is computed.

/** A shard's samples of a whole mini-batch: the first, and how many. */
export interface Share {
  /** The index of the first sample, from 0. */
  readonly first: number;
  /** How many samples there are. */
  readonly count: number;
}

export function shareOf(samples: number, shards: number, shard: number): Share {
  const least = Math.floor(samples / shards);
  const more = samples % shards;
  return { first: shard * least + Math.min(shard, more), count: least + (shard < more ? 1 : 0) };
}

/** Steps come before 2^42; draws take the shard in the bits above, below 2^53. */
const SHARD_UNIT = 2 ** 42;

/** The step in the key of a shard's draws. Shard 0 draws what a run without shards draws. */
export function drawStep(step: number, shard: number): number {
  return step + shard * SHARD_UNIT;
}

/** The values of a shard's samples among those of the whole mini-batch, which are `samples`. */
export function valuesOf(all: Float32Array, samples: number, { first, count }: Share): Float32Array {
  const each = all.length / samples;
  return all.subarray(first * each, (first + count) * each);
}
