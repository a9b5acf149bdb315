// From a group of elementwise roots over one domain to a register program: the expressions are walked depth first, each
// node computed once, values already in memory loaded with their broadcast, then registers are given out by last use.
import { DcganError } from '../../platform/errors.ts';
import { size, type Tensor } from '../graph.ts';
import { SCALAR, selectOp } from '../ops/elementwise.ts';
import { constantOp } from '../ops/leaves.ts';
import { drawCode, drawOp } from '../ops/random.ts';
import { broadcastOp, broadcastStrides } from '../ops/shape.ts';
import { type Code, MAX_CODE, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from '../plan.ts';
import { commonDomain, contiguous, type View } from './domain.ts';
import type { Buffer, DraftProgram } from './draft.ts';
import { baseOf } from './views.ts';

/** What the builder must know of the rest of the graph. */
export interface Surroundings {
  /** Where a tensor's values lie in memory, or null when it is computed inside programs. */
  stored(base: Tensor): Buffer | null;
  /** Where a draw's injected values lie. */
  injected(draw: Tensor): Buffer;
}

/** A program would exceed a limit: which expression is too large. */
export class TooLarge extends Error {}

/** Values instead of registers: every line makes a new one. */
type Line = Code;

class Builder {
  readonly lines: Line[] = [];
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
    if (op.name === broadcastOp.name) return this.#argument(node.inputs[0]!, node);
    const dst = (): number => this.lines.length;
    if (op.name === constantOp.name)
      return this.#push({ op: 'constant', dst: dst(), value: Number(node.attributes.value) });
    if (op.name === drawOp.name) {
      const view = { sizes: node.shape, strides: contiguous(node.shape) };
      const a = this.#operand(this.#around.injected(node), view);
      return this.#push({ ...drawCode(node), dst: dst(), a });
    }
    const [a, b, c] = node.inputs.map((input) => this.#argument(input, node));
    if (op.name === selectOp.name) return this.#push({ op: 'select', dst: dst(), a: a!, b: b!, c: c! });
    if (!(op.name in SCALAR)) throw new Error(`no line of code for ${op.name}`);
    const line = { op: op.name, dst: dst(), a } as Record<string, unknown>;
    if (node.inputs.length === 2) line.b = b;
    if ('value' in node.attributes) line.value = node.attributes.value;
    return this.#push(line as unknown as Line);
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
    const value = this.#push({ op: 'load', dst: this.lines.length, a });
    this.#loads.set(key, value);
    return value;
  }

  #operand(buffer: Buffer, view: View): number {
    const same = this.operands.findIndex((o) => o.buffer === buffer && sameView(o.view, view));
    if (same >= 0) return same;
    return this.operands.push({ buffer, view }) - 1;
  }

  #push(line: Line): number {
    return this.lines.push(line) - 1;
  }
}

function sameView(a: View, b: View): boolean {
  return a.sizes.join() === b.sizes.join() && a.strides.join() === b.strides.join();
}

const REGISTERS = ['a', 'b', 'c'] as const;

/** Which fields of a line are registers it reads. */
function sources(line: Line): (typeof REGISTERS)[number][] {
  if (
    line.op === 'load' ||
    line.op === 'constant' ||
    line.op === 'uniform' ||
    line.op === 'normal' ||
    line.op === 'mask'
  )
    return [];
  return REGISTERS.filter((field) => field in line);
}

/** Gives registers out by last use; results stay to the end. */
function allocate(
  lines: readonly Line[],
  results: readonly number[],
): { code: Code[]; registers: number; results: number[] } {
  const last = new Array<number>(lines.length).fill(-1);
  lines.forEach((line, i) => {
    for (const field of sources(line)) last[(line as unknown as Record<string, number>)[field]!] = i;
  });
  for (const result of results) last[result] = lines.length;
  const register: number[] = [];
  const free: number[] = [];
  let registers = 0;
  const code = lines.map((line, i) => {
    const fields: Record<string, number> = {};
    for (const field of sources(line)) fields[field] = register[(line as unknown as Record<string, number>)[field]!]!;
    const spent = new Set(sources(line).map((field) => (line as unknown as Record<string, number>)[field]!));
    for (const value of spent) if (last[value] === i) free.push(register[value]!);
    const dst = free.pop() ?? registers++;
    register[i] = dst;
    if (last[i] === -1) free.push(dst);
    return { ...line, ...fields, dst } as Code;
  });
  return { code, registers, results: results.map((result) => register[result]!) };
}

/**
 * The program that computes `roots`, all with `count` elements in one linear order. `compute` is false for sums, whose
 * input may itself be a value in memory.
 */
export function buildProgram(
  roots: readonly Tensor[],
  count: number,
  around: Surroundings,
  compute: boolean,
): DraftProgram {
  const builder = new Builder(around);
  const values = roots.map((root) => builder.value(root, compute));
  const domain = commonDomain(
    count,
    builder.operands.map((operand) => operand.view),
  );
  if (!domain) throw new TooLarge('operands without common dimensions');
  const { code, registers, results } = allocate(builder.lines, values);
  if (
    builder.operands.length > MAX_OPERANDS ||
    registers > MAX_REGISTERS ||
    code.length > MAX_CODE ||
    results.length > MAX_RESULTS
  )
    throw new TooLarge(`${code.length} lines, ${registers} registers, ${builder.operands.length} operands`);
  return {
    program: { count, sizes: domain.sizes, registers, code },
    operands: builder.operands.map(({ buffer }, k) => ({ buffer, strides: domain.strides[k]! })),
    results,
  };
}

/** The error for a single operation that no program can hold. */
export function cannotFit(node: Tensor, cause: unknown): DcganError {
  return new DcganError({
    what: `${node.op.name}: the operation does not fit into one program`,
    todo: 'Split it into smaller operations',
    cause,
  });
}
