// Shares the backward pass. Two losses over the same logits (the discriminator's and the
// generator's, over the fakes) send gradients back through the same layers, and the gradients
// differ only in each sample's cotangent. Where every op on the way is linear in each sample, both
// are one chain with unit cotangents, times a number per sample. The discriminator has no batch
// norm, so this is exact up to rounding. This pass writes a tensor as unit * scale, where scale has
// one value for each sample. Where two tensors turn out to have the same unit, it computes the unit
// once.
import { type Shape, sameShape, type Tensor, topological } from '../graph.ts';
import { ELEMENTWISE } from '../ops/elementwise.ts';
import { broadcastOp, reshapeOp } from '../ops/shape.ts';
import { Interner, rewrite } from './intern.ts';

/** A tensor [N, ...] as unit [N, ...] times scale [N, 1]. */
interface Split {
  readonly unit: Tensor;
  readonly scale: Tensor;
}

/** The graph under `roots` with backward chains that differ per sample only computed once. */
export function sharePerSample(roots: readonly Tensor[]): Tensor[] {
  const interner = new Interner();
  const interned = rewrite(roots, () => null, interner);
  const splits = new Map<Tensor, Split>();
  const users = new Map<Tensor, number>();
  for (const node of topological(interned)) {
    const split = splitOf(node, splits, interner);
    if (!split) continue;
    splits.set(node, split);
    users.set(split.unit, (users.get(split.unit) ?? 0) + 1);
  }
  const shared = (node: Tensor): Split | null => {
    const split = splits.get(node);
    return split && users.get(split.unit)! > 1 ? split : null;
  };
  const replaced = new Map<Tensor, Tensor>();
  const replace = (root: Tensor): Tensor => {
    for (const node of topological([root])) {
      if (replaced.has(node)) continue;
      const split = shared(node);
      if (split) {
        const scale = interner.make(reshapeOp, [replace(split.scale)], { shape: samples(node.shape) });
        replaced.set(node, interner.make(ELEMENTWISE.mul, [replace(split.unit), scale], {}));
      } else {
        const inputs = node.inputs.map((input) => replaced.get(input)!);
        replaced.set(node, interner.make(node.op, inputs, node.attributes));
      }
    }
    return replaced.get(root)!;
  };
  return interned.map(replace);
}

/** [N, 1, 1, ...] for [N, ...]. */
function samples(shape: Shape): Shape {
  return shape.map((n, i) => (i === 0 ? n : 1));
}

/**
 * True for a tensor with one value a sample of `shape`, shape [N, 1, ...]; N = 1 would make
 * everything a scale.
 */
function isScale(node: Tensor, shape: Shape): boolean {
  return shape[0]! > 1 && shape.length > 1 && sameShape(node.shape, samples(shape)) && !sameShape(node.shape, shape);
}

function splitOf(node: Tensor, splits: ReadonlyMap<Tensor, Split>, interner: Interner): Split | null {
  const [a, b] = node.inputs;
  if (!a) return null;
  if (node.op.name === ELEMENTWISE.mul.name && b) {
    for (const [unit, scale] of [[a, b] as const, [b, a] as const]) {
      if (!isScale(scale, node.shape)) continue;
      const spread = sameShape(unit.shape, node.shape)
        ? unit
        : interner.make(broadcastOp, [unit], { shape: node.shape });
      return { unit: spread, scale: interner.make(reshapeOp, [scale], { shape: [node.shape[0]!, 1] }) };
    }
    for (const [x, other] of [[a, b] as const, [b, a] as const]) {
      const split = splits.get(x);
      if (split && sameShape(x.shape, node.shape) && !splits.has(other))
        return { unit: interner.make(node.op, [split.unit, other], {}), scale: split.scale };
    }
    return null;
  }
  const split = splits.get(a);
  if (!split || !node.op.linearPerSample || node.shape[0] !== a.shape[0]) return null;
  return { unit: interner.make(node.op, [split.unit, ...node.inputs.slice(1)], node.attributes), scale: split.scale };
}
