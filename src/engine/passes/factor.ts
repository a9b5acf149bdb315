// Takes factors that a sum does not run over out of it: sum(a * b) = sum(a) * b where b has one
// value for all of the sum. Sums of such products are split. This changes rounding alone. In batch
// norm's gradient the sum over dy * scale + centred * shift needs a result of another sum first, so
// the same memory would be walked twice. After factoring all sums are of plain terms, and one walk
// gives them all.
import { type Shape, sameShape, type Tensor } from '../graph.ts';
import { ELEMENTWISE } from '../ops/elementwise.ts';
import { broadcastOp, reshapeOp, sumOp } from '../ops/shape.ts';
import type { Interner } from './intern.ts';

interface Axes {
  readonly first: number;
  readonly last: number;
}

/** The sum with its constant factors outside, or null when there are none. */
export function factorSum(node: Tensor, interner: Interner): Tensor | null {
  if (node.op.name !== sumOp.name) return null;
  return new Factoring(node.attributes as unknown as Axes, interner).sumOf(node.inputs[0]!);
}

class Factoring {
  readonly #axes: Axes;
  readonly #interner: Interner;

  constructor(axes: Axes, interner: Interner) {
    this.#axes = axes;
    this.#interner = interner;
  }

  /** The sum of x, or null when nothing can be taken out. */
  sumOf(x: Tensor): Tensor | null {
    const [a, b] = x.inputs;
    switch (x.op.name) {
      case ELEMENTWISE.scale.name:
      case ELEMENTWISE.neg.name:
        return this.#interner.make(x.op, [this.#sum(a!)], x.attributes);
      case ELEMENTWISE.mul.name:
        return this.#product(x, a!, b!) ?? this.#product(x, b!, a!);
      case ELEMENTWISE.add.name:
      case ELEMENTWISE.sub.name:
        return this.#split(x, a!, b!);
      default:
        return this.#repeated(x, x.shape);
    }
  }

  #sum(x: Tensor): Tensor {
    return this.sumOf(x) ?? this.#interner.make(sumOp, [x], { ...this.#axes });
  }

  #product(x: Tensor, varying: Tensor, factor: Tensor): Tensor | null {
    const constant = this.#constant(factor, x.shape);
    if (!constant || !sameShape(varying.shape, x.shape)) return null;
    return this.#interner.make(ELEMENTWISE.mul, [this.#sum(varying), constant], {});
  }

  /** Sums of both terms, if something can be taken out of one. */
  #split(x: Tensor, a: Tensor, b: Tensor): Tensor | null {
    const parts = [a, b].map((term) =>
      sameShape(term.shape, x.shape) ? this.sumOf(term) : this.#repeated(term, x.shape),
    );
    if (parts.every((part) => part === null)) return null;
    const [p, q] = [a, b].map((term, i) => {
      if (parts[i]) return parts[i];
      return sameShape(term.shape, x.shape) ? this.#sum(term) : null;
    });
    return p && q ? this.#interner.make(x.op, [p, q], {}) : null;
  }

  /** The sum of a value that is the same all along: the value times how often. */
  #repeated(x: Tensor, shape: Shape): Tensor | null {
    const constant = this.#constant(x, shape);
    if (!constant) return null;
    const { first, last } = this.#axes;
    const times = shape.slice(first, last + 1).reduce((product, n) => product * n, 1);
    return this.#interner.make(ELEMENTWISE.scale, [constant], { value: times });
  }

  /** x without its repetition, if all of the sum sees one value of it; with the rank of `shape`. */
  #constant(x: Tensor, shape: Shape): Tensor | null {
    const base = x.op.name === broadcastOp.name ? x.inputs[0]! : x;
    const full = [...new Array<number>(shape.length - base.shape.length).fill(1), ...base.shape];
    const { first, last } = this.#axes;
    if (full.slice(first, last + 1).some((n) => n !== 1)) return null;
    // Where another dimension repeats as well, the result would come out too small.
    if (full.some((n, d) => (d < first || d > last) && n !== shape[d])) return null;
    return sameShape(base.shape, full) ? base : this.#interner.make(reshapeOp, [base], { shape: full });
  }
}
