// Decides which values lie in memory. Every elementwise value is computed inside the programs of
// its users, again in each, because arithmetic is cheaper than memory. The values in memory are
// those that a kernel reads, that are broadcast, that leave the plan, or that would make a program
// too large.
import { size, type Tensor } from '../graph.ts';
import { constantOp } from '../ops/leaves.ts';
import { baseOf } from './views.ts';

export interface StoredOptions {
  /** Tensors that leave the plan: outputs and updates. */
  readonly roots: readonly Tensor[];
  /** Further ones found too large to inline. */
  readonly forced: ReadonlySet<Tensor>;
  /** Write every elementwise value down: no fusion at all. */
  readonly everything: boolean;
}

/** The non-view, non-leaf tensors of `order` to be written to memory, in order. */
export function storedTensors(order: readonly Tensor[], { roots, forced, everything }: StoredOptions): Set<Tensor> {
  const stored = new Set<Tensor>();
  const store = (node: Tensor): void => {
    const base = baseOf(node);
    if (base.op.role !== 'leaf') stored.add(base);
  };
  roots.forEach(store);
  forced.forEach(store);
  for (const node of order) {
    const { role } = node.op;
    if (role === 'kernel' || role === 'sum' || role === 'exchange') store(node);
    if (role === 'kernel' || role === 'exchange') node.inputs.forEach(store);
    if (role === 'elementwise') {
      if (everything && node.op.name !== constantOp.name) store(node);
      for (const input of node.inputs)
        if (size(input.shape) !== size(node.shape) && baseOf(input).op.name !== constantOp.name) store(input);
    }
  }
  return new Set(order.filter((node) => stored.has(node)));
}
