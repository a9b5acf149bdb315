// Makes a register program of a group of elementwise roots over one domain. The expressions are
// walked depth first, and each node is computed once. Values that lie in memory are loaded with
// their broadcast. Then registers are given out by last use.
import { size, type Tensor } from '../graph.ts';
import { type Code, type Computed, registersOf, withRegisters } from '../opcodes.ts';
import { constantOp } from '../ops/leaves.ts';
import { drawOp } from '../ops/random.ts';
import { broadcastStrides } from '../ops/shape.ts';
import { MAX_CODE, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from '../plan.ts';
import { commonDomain, contiguous, type View } from './domain.ts';
import type { Buffer, DraftProgram } from './draft.ts';
import { baseOf } from './views.ts';

/** The places of values that the builder asks for. */
export interface Surroundings {
  /** Where a tensor's values lie in memory, or null when it is computed inside programs. */
  stored(base: Tensor): Buffer | null;
  /** Where a draw's injected values lie. */
  injected(draw: Tensor): Buffer;
}

/** In place of a program that would exceed a limit: how large it would be. */
export interface TooLarge {
  readonly tooLarge: string;
}

class Builder {
  /** Their registers are values: every line makes a new one. */
  readonly lines: Code[] = [];
  readonly operands: { buffer: Buffer; view: View }[] = [];
  readonly #known = new Map<Tensor, number>();
  readonly #loads = new Map<string, number>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Value number of `node` at every point of a domain with node's own linear order. */
  value(node: Tensor, isRoot = false): number {
    const base = baseOf(node);
    const known = this.#known.get(base);
    if (known !== undefined) return known;
    // A constant is at hand, even where an output of the same value lies in memory.
    const buffer = isRoot || base.op.name === constantOp.name ? null : this.#around.stored(base);
    const value = buffer
      ? this.#load(buffer, { sizes: node.shape, strides: contiguous(node.shape) })
      : this.#compute(base);
    this.#known.set(base, value);
    return value;
  }

  #compute(node: Tensor): number {
    const { op } = node;
    if (op.role !== 'elementwise') throw new Error(`${op.name} is no line of a program`);
    const [a = 0, b = 0, c = 0] = op.name === drawOp.name ? [this.#injected(node)] : this.#arguments(node);
    const line = op.line(node, a, b, c);
    return line ? this.#push(line) : a;
  }

  /** The operand that holds a draw's injected values. */
  #injected(draw: Tensor): number {
    return this.#operand(this.#around.injected(draw), { sizes: draw.shape, strides: contiguous(draw.shape) });
  }

  #arguments(node: Tensor): number[] {
    return node.inputs.map((input) => this.#argument(input, node));
  }

  /** An input of `node`, broadcast to its shape. */
  #argument(input: Tensor, node: Tensor): number {
    const base = baseOf(input);
    if (base.op.name === constantOp.name || size(input.shape) === size(node.shape)) return this.value(input);
    const buffer = this.#around.stored(base);
    if (!buffer) throw new Error(`${base.op.name} is broadcast but not in memory`);
    return this.#load(buffer, { sizes: node.shape, strides: broadcastStrides(input.shape, node.shape) });
  }

  #load(buffer: Buffer, view: View): number {
    const a = this.#operand(buffer, view);
    const key = String(a);
    const known = this.#loads.get(key);
    if (known !== undefined) return known;
    const value = this.#push({ op: 'load', a });
    this.#loads.set(key, value);
    return value;
  }

  #operand(buffer: Buffer, view: View): number {
    const same = this.operands.findIndex((o) => o.buffer === buffer && sameView(o.view, view));
    if (same >= 0) return same;
    return this.operands.push({ buffer, view }) - 1;
  }

  #push(line: Computed): number {
    return this.lines.push({ ...line, dst: this.lines.length }) - 1;
  }
}

function sameView(a: View, b: View): boolean {
  return a.sizes.join() === b.sizes.join() && a.strides.join() === b.strides.join();
}

/** Gives registers out by last use; results stay to the end. */
function allocate(
  lines: readonly Code[],
  results: readonly number[],
): { code: Code[]; registers: number; results: number[] } {
  const last = new Array<number>(lines.length).fill(-1);
  lines.forEach((line, i) => {
    for (const value of registersOf(line)) last[value] = i;
  });
  for (const result of results) last[result] = lines.length;
  const register: number[] = [];
  const free: number[] = [];
  let registers = 0;
  const code = lines.map((line, i) => {
    for (const value of new Set(registersOf(line))) if (last[value] === i) free.push(register[value]!);
    const dst = free.pop() ?? registers++;
    register[i] = dst;
    if (last[i] === -1) free.push(dst);
    return withRegisters(line, (value) => register[value]!, dst);
  });
  return { code, registers, results: results.map((result) => register[result]!) };
}

/**
 * The program that computes `roots`, all with `count` elements in one linear order. `compute` is
 * false for sums, whose input may itself be a value in memory.
 */
export function buildProgram(
  roots: readonly Tensor[],
  count: number,
  around: Surroundings,
  compute: boolean,
): DraftProgram | TooLarge {
  const builder = new Builder(around);
  const values = roots.map((root) => builder.value(root, compute));
  const domain = commonDomain(
    count,
    builder.operands.map((operand) => operand.view),
  );
  if (!domain) return { tooLarge: 'operands without common dimensions' };
  const { code, registers, results } = allocate(builder.lines, values);
  if (
    builder.operands.length > MAX_OPERANDS ||
    registers > MAX_REGISTERS ||
    code.length > MAX_CODE ||
    results.length > MAX_RESULTS
  )
    return { tooLarge: `${code.length} lines, ${registers} registers, ${builder.operands.length} operands` };
  return {
    program: { count, sizes: domain.sizes, registers, code },
    operands: builder.operands.map(({ buffer }, k) => ({ buffer, strides: domain.strides[k]! })),
    results,
  };
}
