// Symbolic tensors. A tensor is an operation applied to other tensors. When it is made, only its
// shape is computed. One record, `Op`, holds everything about an operation: its shape rule, its
// gradient rule, its plain reference, its cost, and what compiler passes ask, such as whether it is
// linear in each sample.
import { DcganError } from '../platform/errors.ts';
import type { Computed, ScalarCode } from './opcodes.ts';
import type { DrawKey } from './random.ts';

/** Sizes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** Plain data that tells one use of an op from another; equal data means equal attributes. */
export type Attributes = Readonly<Record<string, number | string | boolean | Shape>>;

/** Values of a tensor, row-major. Float64 serves finite differences, Float32 everything else. */
export type Values = Float32Array | Float64Array;

export interface Tensor<A extends Attributes = Attributes> {
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly shape: Shape;
  readonly attributes: A;
}

/** What a reference computation may need besides its inputs. */
export interface Environment {
  readonly key: DrawKey;
  /** Values that replace a draw or feed an input, by its name. */
  readonly feeds: ReadonlyMap<string, Values>;
}

/** Multiplications and additions, counted singly. `needed` leaves out what falls on padding. */
export interface Flop {
  readonly nominal: number;
  readonly needed: number;
}

/**
 * Role in compilation:
 *  - leaf: an input or a variable; computes nothing
 *  - elementwise: value i depends on value i of each (broadcast) input alone; it may join a program
 *  - view: same values in the same order under another shape
 *  - sum: a sum over neighbouring dimensions; its input may be a fused program
 *  - kernel: has an instruction of its own
 *  - exchange: is computed between the parts of a plan, by whoever runs it
 */
export type Role = keyof OpNames;

/**
 * The names of all ops, by role: `OPS` has a record for each, and the lowering of kernels an entry
 * for each of theirs.
 */
export interface OpNames {
  readonly leaf: 'input' | 'variable';
  readonly elementwise: ScalarCode | 'constant' | 'draw' | 'broadcast';
  readonly view: 'reshape';
  readonly sum: 'sum';
  readonly kernel: 'matmul' | 'transpose' | 'conv2d' | 'convInput' | 'convFilter' | 'shiftCut';
  readonly exchange: 'overShards';
}

export type OpName = OpNames[Role];

/** Everything about an op. `Elementwise` and `Kernel` hold the parts that depend on its role. */
export type Op<A extends Attributes = Attributes> = Elementwise<A> | Kernel<A> | Other<A>;

interface Elementwise<A extends Attributes> extends Common<A> {
  readonly name: OpNames['elementwise'];
  readonly role: 'elementwise';
  /**
   * The op as a line of a program, given the registers of its inputs or, for a draw, the operand of
   * its injected values; null for an op that repeats its input.
   */
  line(node: Tensor<A>, a: number, b: number, c: number): Computed | null;
}

interface Kernel<A extends Attributes> extends Common<A> {
  readonly name: OpNames['kernel'];
  readonly role: 'kernel';
  flop(node: Tensor<A>): Flop;
}

type Other<A extends Attributes> = {
  [R in Exclude<Role, 'elementwise' | 'kernel'>]: Common<A> & { readonly name: OpNames[R]; readonly role: R };
}[Exclude<Role, 'elementwise' | 'kernel'>];

interface Common<A extends Attributes> {
  /** Result shape; throws a DcganError naming op and argument for inputs that don't fit. */
  shape(inputs: readonly Shape[], attributes: A): Shape;
  /** Gradient for each input, given the gradient of the result; null where none flows. */
  gradient(node: Tensor<A>, dy: Tensor): readonly (Tensor | null)[];
  /**
   * Computes the op as its definition reads, in the precision of `out`. Devices are compared with
   * it.
   */
  reference(inputs: readonly Values[], node: Tensor<A>, out: Values, environment: Environment): void;
  /**
   * True when the op treats each sample (index of the first dimension) of input 0 by itself and
   * linearly in it, so that scaling a sample of the input scales that sample of the result. Then
   * two losses can share one backward chain.
   */
  readonly linearPerSample?: boolean;
}

/** Makes a tensor: checks the inputs by the op's shape rule. */
export function make<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  const shape = op.shape(
    inputs.map((input) => input.shape),
    attributes,
  );
  const node: Tensor<A> = { op, inputs, shape, attributes };
  return node as Tensor;
}

/** Number of elements. */
export function size(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** `[2, 3]`, as errors show shapes. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The error of a shape rule. */
export function shapeError(op: string, argument: string, expected: string, got: Shape, todo: string): DcganError {
  return new DcganError({ what: `${op}: ${argument} has the wrong shape`, expected, got: showShape(got), todo });
}

/** All tensors `roots` depend on, inputs before users; the order depends on the graph alone. */
export function topological(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const entered = new Set<Tensor>();
  for (const root of roots) {
    const stack: { node: Tensor; next: number }[] = entered.has(root) ? [] : [{ node: root, next: 0 }];
    entered.add(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!entered.has(input)) {
        entered.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

/** No multiplication or addition: values are moved. */
export const NO_FLOP: Flop = { nominal: 0, needed: 0 };
