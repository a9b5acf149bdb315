// Cuts a computation at its sums over all shards. Plans of shards with different numbers of images
// must exchange the same sums in the same order. So both the sums' numbers and the stages between
// them come from the graph as it is written, whose form does not depend on the number of images.
import { make, type Tensor, topological } from '../graph.ts';
import { overShardsOp } from '../ops/over-shards.ts';

/** The graph under `roots` with its sums over shards numbered in its own order. */
export function numberSums(roots: readonly Tensor[]): readonly Tensor[] {
  const order = topological(roots);
  if (!order.some(isSum)) return roots;
  const replaced = new Map<Tensor, Tensor>();
  let index = 0;
  for (const node of order) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const attributes = isSum(node) ? { index: index++ } : node.attributes;
    const changed = isSum(node) || inputs.some((input, i) => input !== node.inputs[i]);
    replaced.set(node, changed ? make(node.op, inputs, attributes) : node);
  }
  return roots.map((root) => replaced.get(root)!);
}

const isSum = (node: Tensor): boolean => node.op.name === overShardsOp.name;

/**
 * The stage in which each tensor of `order` can be computed: how many exchanges lie before it, one
 * behind another. A sum over shards belongs to the stage that makes its parts, and ends it.
 */
export function stagesOf(order: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const stages = new Map<Tensor, number>();
  for (const node of order) {
    const after = (input: Tensor): number => stages.get(input)! + (isSum(input) ? 1 : 0);
    stages.set(node, Math.max(0, ...node.inputs.map(after)));
  }
  return stages;
}
