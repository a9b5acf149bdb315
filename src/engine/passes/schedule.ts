// Orders groups, given one order that works. What reads a convolution's output value for value
// moves up to right behind it, where a backend can do it on images that are still in the cache.
// Such work is elementwise, or sums over each image. These sums also follow elementwise work that
// has no convolution before it. Small things that are made of variables alone come first of all,
// such as batch norm's factors when it uses running statistics.
import { size, type Tensor } from '../graph.ts';
import { sumExtent } from '../ops/shape.ts';
import { ATTACHED_CHANNELS, MAX_ATTACHED } from '../plan.ts';
import type { TensorGroup } from './groups.ts';
import { leadsPrograms } from './kernels.ts';
import { baseOf } from './views.ts';

export interface Scheduled {
  readonly group: TensorGroup;
  /** Runs image by image with the group before it. */
  readonly attached: boolean;
}

/**
 * `groups` with those attached that can be, behind what they are attached to. `ready` is what was
 * made before all of them; what they make is added to it.
 */
export function attach(groups: readonly TensorGroup[], ready: Set<Tensor> = new Set()): Scheduled[] {
  const rest = [...groups.filter(isEarly), ...groups.filter((group) => !isEarly(group))];
  const order: Scheduled[] = [];
  for (let group = rest.shift(); group; group = rest.shift()) {
    order.push({ group, attached: false });
    const chain = new Chain(group);
    for (let length = 0; length < MAX_ATTACHED; length++) {
      const next = rest.findIndex((later) => chain.takes(later, ready));
      if (next < 0) break;
      const [attached] = rest.splice(next, 1) as [TensorGroup];
      order.push({ group: attached, attached: true });
      chain.add(attached);
    }
    for (const each of chain.made) ready.add(each);
  }
  return order;
}

/**
 * Groups of at most this many values that read leaves alone come first, so that their readers can
 * be attached.
 */
const EARLY_MOST = 4096;

function isEarly({ role, roots, reads }: TensorGroup): boolean {
  return (
    role === 'elementwise' && size(roots[0]!.shape) <= EARLY_MOST && [...reads].every((read) => read.op.role === 'leaf')
  );
}

/** A group and what is attached to it. */
class Chain {
  readonly #points: number;
  readonly #behindConvolution: boolean;
  readonly #leads: boolean;
  /**
   * The number of images when something determines it: a convolution, or the images that are
   * summed.
   */
  #images: number | null;
  /** Full values and sums of images that the chain makes. */
  readonly made = new Set<Tensor>();

  constructor(head: TensorGroup) {
    const [root] = head.roots as [Tensor];
    this.#points = size(root.shape);
    this.#behindConvolution = head.role === 'kernel' && leadsPrograms(root);
    this.#leads = this.#behindConvolution || head.role === 'elementwise';
    this.#images = this.#behindConvolution ? root.shape[0]! : null;
    this.add(head);
  }

  add({ role, roots }: TensorGroup): void {
    if (role === 'sum') this.#images = roots[0]!.shape[0]!;
    for (const root of roots) this.made.add(root);
  }

  /**
   * True when `later` reads what the chain makes, value for value or an image's sum, and nothing
   * else that is not there before.
   */
  takes({ role, roots, reads }: TensorGroup, ready: ReadonlySet<Tensor>): boolean {
    if (!this.#leads) return false;
    if (
      role === 'elementwise' ? !this.#behindConvolution || size(roots[0]!.shape) !== this.#points : !this.#sums(roots)
    )
      return false;
    const own = [...reads].filter((read) => this.made.has(read));
    return (
      own.some((read) => size(read.shape) === this.#points) &&
      own.every((read) => size(read.shape) === this.#points || roots.every((root) => readByImage(root, read, reads))) &&
      [...reads].every((read) => this.made.has(read) || read.op.role === 'leaf' || ready.has(read))
    );
  }

  /** Sums over the chain's images. */
  #sums([root]: readonly Tensor[]): boolean {
    if (root?.op.role !== 'sum') return false;
    const { shape } = root.inputs[0]!;
    const [images, pixels, channels] = sumExtent(shape, root.attributes as { first: number; last: number });
    const { least, most } = ATTACHED_CHANNELS;
    return (
      images === (this.#images ?? images) &&
      root.shape[0] === images &&
      images * pixels * channels === this.#points &&
      images > 1 &&
      pixels > 1 &&
      channels >= least &&
      channels <= most
    );
  }
}

/**
 * True when the program of `root`, which reads `reads`, meets `sums`, one a channel of each image,
 * only in the same image.
 */
function readByImage(root: Tensor, sums: Tensor, reads: ReadonlySet<Tensor>): boolean {
  const images = sums.shape[0]!;
  const right = (node: Tensor): boolean =>
    node.inputs.every((input) => {
      const base = baseOf(input);
      if (base !== sums) return reads.has(base) || right(base);
      return input.shape.length === node.shape.length && input.shape[0] === images && node.shape[0] === images;
    });
  if (root.op.role !== 'sum') return right(root);
  const summed = baseOf(root.inputs[0]!);
  return reads.has(summed) || right(summed);
}
