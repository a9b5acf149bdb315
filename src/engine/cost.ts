// What a computation costs, counted from its graph: convolutions and matrix products, multiplications and additions
// counted singly.
import { type Computation, prepare } from './compile.ts';
import { type Flop, topological } from './graph.ts';

export interface Cost {
  /** As written: what a framework that computes each gradient by itself does. */
  readonly nominal: number;
  /** After backward chains that two losses share are computed once. */
  readonly shared: number;
  /** Of those, what does not fall on padding. */
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
