// The sum of a value over all shards. A step's mini-batch may be cut into shards, and each shard is
// computed by a plan of the same form. This op stands where a shard needs a sum over all of them:
// each shard gives its part and gets the sum of all parts. The plan is cut there, and the caller
// that runs the shards adds the parts in one fixed order (../shards.ts).
import { make, type Op, type Tensor } from '../graph.ts';

type OverShardsAttributes = {
  /** The number of the sum within its computation; -1 before the compiler has numbered it. */
  readonly index: number;
};

export const overShardsOp: Op<OverShardsAttributes> = {
  name: 'overShards',
  role: 'exchange',
  shape: ([x]) => x!,
  // The loss of all shards is the sum of their losses. A part counts once in every shard's sum, so
  // its gradient is the sum of every shard's gradient.
  gradient: (_, dy) => [make(overShardsOp, [dy], { index: -1 })],
  // The interpreter knows a single shard.
  reference: ([x], _, out) => out.set(x!),
};

/** The sum of x over all shards of a step, in the shape of x; x itself where there is only one. */
export function overShards(x: Tensor, shards: number): Tensor {
  return shards === 1 ? x : make(overShardsOp, [x], { index: -1 });
}
