// Derives gradients in reverse mode, from graph to graph. Gradients are tensors like any other and
// can be differentiated again, so a penalty on gradients needs nothing special.
import { DcganError } from '../platform/errors.ts';
import { showShape, size, type Tensor, topological } from './graph.ts';
import { add } from './ops/elementwise.ts';
import { constant } from './ops/leaves.ts';
import { broadcast } from './ops/shape.ts';

/**
 * Gradients of a scalar `loss` with respect to each of `targets` (same shapes). A target the loss
 * does not depend on gets zeros; none flows through `constants`, whatever they are computed from.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[], constants: readonly Tensor[] = []): Tensor[] {
  if (size(loss.shape) !== 1)
    throw new DcganError({
      what: 'gradients: the loss is not a scalar',
      expected: 'a scalar',
      got: showShape(loss.shape),
      todo: 'Sum or average it first',
    });
  const order = topological([loss]);
  const relevant = dependents(order, targets, new Set(constants));
  const total = new Map<Tensor, Tensor>([[loss, broadcast(constant(1), loss.shape)]]);
  for (const node of order.reverse()) {
    const dy = total.get(node);
    if (!dy || !relevant.has(node)) continue;
    const parts = node.op.gradient(node, dy);
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (!part || !relevant.has(input)) return;
      const before = total.get(input);
      total.set(input, before ? add(before, part) : part);
    });
  }
  return targets.map((target) => total.get(target) ?? broadcast(constant(0), target.shape));
}

/** The nodes of `order` that depend on any target, not only through constants. */
function dependents(order: readonly Tensor[], targets: readonly Tensor[], constants: ReadonlySet<Tensor>): Set<Tensor> {
  const found = new Set<Tensor>(targets);
  for (const node of order) if (!constants.has(node) && node.inputs.some((input) => found.has(input))) found.add(node);
  return found;
}
