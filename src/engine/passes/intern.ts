// Makes equal operations on equal inputs one node (hash consing). So a computation that is written
// twice is done once, and passes can compare nodes by identity. Dead code needs no pass, because
// what no root reaches is never visited.
import { type Attributes, make, type Op, type Tensor, topological } from '../graph.ts';

/** JSON has one word for NaN and both infinities, and one for both zeros. */
const distinct = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: Object.is(value, -0) ? '-0' : String(value) }
    : value;

/** Makes nodes, each only once. */
export class Interner {
  readonly #known = new Map<string, Tensor>();
  readonly #numbers = new Map<Tensor, number>();

  /** The one node with this op, these (interned) inputs and attributes. */
  make<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
    const key = `${op.name} ${inputs.map((input) => this.#number(input)).join(',')} ${JSON.stringify(attributes, distinct)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const node = make(op, inputs, attributes);
    this.#known.set(key, node);
    return node;
  }

  #number(node: Tensor): number {
    let number = this.#numbers.get(node);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(node, number);
    }
    return number;
  }
}

/** Replaces a node whose inputs are already replaced; null keeps it as it is. */
export type Rule = (node: Tensor, interner: Interner) => Tensor | null;

/** Rebuilds the graph under `roots` bottom up, every node interned and passed through `rule`. */
export function rewrite(roots: readonly Tensor[], rule: Rule, interner = new Interner()): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const node of topological(roots)) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const same = interner.make(node.op, inputs, node.attributes);
    replaced.set(node, rule(same, interner) ?? same);
  }
  return roots.map((root) => replaced.get(root)!);
}
