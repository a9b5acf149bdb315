// Decides which values are computed together. Each stored value is a moment of the plan.
// Elementwise values (and sums) over one domain that read the same memory join into one program
// with several results, so that Adam's three tensors or batch norm's two sums take one walk. A
// value joins an earlier moment only if all it reads is there by then.
import { size, type Tensor } from '../graph.ts';
import { sumExtent } from '../ops/shape.ts';
import { MAX_RESULTS } from '../plan.ts';
import { baseOf } from './views.ts';

export interface TensorGroup {
  readonly role: 'kernel' | 'exchange' | 'sum' | 'elementwise';
  /** Stored tensors computed here, in dependency order; one for a kernel and an exchange. */
  readonly roots: Tensor[];
  /** Values read from memory. */
  readonly reads: Set<Tensor>;
}

/** What a stored tensor reads from memory, looking through what is computed inside programs. */
function readsOf(root: Tensor, stored: ReadonlySet<Tensor>): Set<Tensor> {
  const reads = new Set<Tensor>();
  const seen = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    for (const input of node.inputs) {
      const base = baseOf(input);
      if (seen.has(base)) continue;
      seen.add(base);
      if (stored.has(base) || base.op.role === 'leaf') reads.add(base);
      else visit(base);
    }
  };
  visit(root);
  return reads;
}

/** The domain a tensor's program runs over; equal keys can share a walk. */
function domainKey(root: Tensor): string {
  if (root.op.role !== 'sum') return `elementwise ${size(root.shape)}`;
  return `sum ${sumExtent(root.inputs[0]!.shape, root.attributes as { first: number; last: number })}`;
}

function domainSize(root: Tensor): number {
  return size(root.op.role === 'sum' ? root.inputs[0]!.shape : root.shape);
}

export interface GroupOptions {
  /** Whether values join at all. */
  readonly join: boolean;
  /** Asked before a group grows. */
  readonly fits: (roots: readonly Tensor[]) => boolean;
  /**
   * Values written over the state at the very end: they join each other alone, and their groups
   * come last.
   */
  readonly final: ReadonlySet<Tensor>;
  /** The stage of each value (see shards.ts): values of different stages do not join. */
  readonly stages: ReadonlyMap<Tensor, number>;
}

/** Groups of `stored`, in an order in which each reads only what came before. */
export function groupTensors(stored: ReadonlySet<Tensor>, options: GroupOptions): TensorGroup[] {
  const groups: TensorGroup[] = [];
  const groupOf = new Map<Tensor, number>();
  for (const root of stored) {
    const { role } = root.op;
    if (role !== 'kernel' && role !== 'exchange' && role !== 'sum' && role !== 'elementwise')
      throw new Error(`${root.op.name} cannot be stored`);
    const reads = readsOf(root, stored);
    const alone = role === 'kernel' || role === 'exchange' || !options.join;
    const target = alone ? -1 : joinable(root, reads, groups, groupOf, options);
    if (target >= 0) {
      const group = groups[target]!;
      group.roots.push(root);
      for (const read of reads) if (!group.roots.includes(read)) group.reads.add(read);
      groupOf.set(root, target);
    } else {
      groupOf.set(root, groups.length);
      groups.push({ role, roots: [root], reads });
    }
  }
  const isFinal = ({ roots }: TensorGroup): boolean => options.final.has(roots[0]!);
  return [...groups.filter((group) => !isFinal(group)), ...groups.filter(isFinal)];
}

function joinable(
  root: Tensor,
  reads: ReadonlySet<Tensor>,
  groups: readonly TensorGroup[],
  groupOf: ReadonlyMap<Tensor, number>,
  { fits, final, stages }: GroupOptions,
): number {
  const key = domainKey(root);
  const count = domainSize(root);
  for (let g = groups.length - 1; g >= 0; g--) {
    const group = groups[g]!;
    // Nothing this value reads may be made in a group after g; once one is, no earlier group can do
    // either.
    if ([...reads].some((read) => (groupOf.get(read) ?? -1) > g)) return -1;
    const first = group.roots[0]!;
    if (
      group.role === 'kernel' ||
      group.role === 'exchange' ||
      stages.get(first) !== stages.get(root) ||
      final.has(first) !== final.has(root) ||
      domainKey(first) !== key ||
      group.roots.length >= MAX_RESULTS
    )
      continue;
    const inside = [...reads].filter((read) => groupOf.get(read) === g);
    if (group.role === 'sum' && inside.length > 0) continue;
    if (inside.some((read) => size(read.shape) !== count)) continue;
    const common = inside.length > 0 || [...reads].some((read) => size(read.shape) === count && group.reads.has(read));
    if (common && fits([...group.roots, root])) return g;
  }
  return -1;
}
