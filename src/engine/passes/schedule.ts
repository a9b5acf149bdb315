// The order of groups, given one that works: elementwise work on a convolution's output moves up to right behind it,
// where a backend can do it on tiles that are still in the cache.
import { size, type Tensor } from '../graph.ts';
import { conv2dOp, convInputOp } from '../ops/conv.ts';
import type { Group } from './groups.ts';

export interface Scheduled {
  readonly group: Group;
  /** Runs on the tiles of the group before it. */
  readonly attached: boolean;
}

/** What other work may be attached to. */
const TILED: ReadonlySet<string> = new Set([conv2dOp.name, convInputOp.name]);

/** `groups` with at most one attached group after each convolution. */
export function attach(groups: readonly Group[]): Scheduled[] {
  const rest = [...groups];
  const order: Scheduled[] = [];
  const ready = new Set<Tensor>();
  for (let group = rest.shift(); group; group = rest.shift()) {
    order.push({ group, attached: false });
    const [root] = group.roots as [Tensor];
    if (group.role === 'kernel' && TILED.has(root.op.name)) {
      const follower = rest.findIndex((later) => follows(later, root, ready));
      if (follower >= 0) {
        const [attached] = rest.splice(follower, 1) as [Group];
        order.push({ group: attached, attached: true });
        for (const each of attached.roots) ready.add(each);
      }
    }
    for (const each of group.roots) ready.add(each);
  }
  return order;
}

/** True when `later` reads the convolution's output, value for value, and nothing else that is not there before it. */
function follows({ role, roots, reads }: Group, conv: Tensor, ready: ReadonlySet<Tensor>): boolean {
  if (role !== 'elementwise' || !reads.has(conv) || size(roots[0]!.shape) !== size(conv.shape)) return false;
  return [...reads].every((read) => read === conv || read.op.role === 'leaf' || ready.has(read));
}
