// Counts what a computation costs, from its graph: the multiplications and additions of
// convolutions and matrix products, counted singly.
import { type Computation, prepare } from './compile.ts';
import { type Flop, topological } from './graph.ts';

export interface Cost {
  /**
   * The count as the graph is written, which is the work of a framework that computes each gradient
   * by itself.
   */
  readonly nominal: number;
  /** The count after backward chains that two losses share are computed once. */
  readonly shared: number;
  /** The part of `shared` that does not fall on padding. */
  readonly needed: number;
}

export function costOf(computation: Computation): Cost {
  const count = ({ outputs, updates }: Computation, kind: keyof Flop): number =>
    topological([...Object.values(outputs), ...updates.values()]).reduce(
      (total, node) => total + (node.op.role === 'kernel' ? node.op.flop(node)[kind] : 0),
      0,
    );
  const prepared = prepare(computation);
  return {
    nominal: count(computation, 'nominal'),
    shared: count(prepared, 'nominal'),
    needed: count(prepared, 'needed'),
  };
}
