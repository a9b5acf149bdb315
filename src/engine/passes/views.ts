// Views share their input's memory. The values lie with the first tensor below that is not a view.
import type { Tensor } from '../graph.ts';

/** The tensor whose memory `node` reads: itself, or what lies under its reshapes. */
export function baseOf(node: Tensor): Tensor {
  let base = node;
  while (base.op.role === 'view') base = base.inputs[0]!;
  return base;
}
