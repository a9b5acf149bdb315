// The state: where each variable lies. It is laid out once for a model and shared by all of its
// plans.
import { DcganError } from '../platform/errors.ts';
import { size, type Tensor } from './graph.ts';
import { nameOf } from './ops/leaves.ts';
import { alignUp } from './passes/memory.ts';
import type { Slot } from './plan.ts';

export interface StateLayout {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly floats: number;
}

/** Places for variables, in the order given. */
export function layoutState(variables: readonly Tensor[]): StateLayout {
  const slots = new Map<string, Slot>();
  let floats = 0;
  for (const node of variables) {
    const name = nameOf(node);
    if (slots.has(name))
      throw new DcganError({ what: `variable ${name} is declared twice`, todo: 'Give each its own name' });
    slots.set(name, { address: floats, shape: node.shape });
    floats += alignUp(size(node.shape));
  }
  return { slots, floats };
}
