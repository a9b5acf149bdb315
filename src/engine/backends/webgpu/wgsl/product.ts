// A matrix product whose sides are gathered by index, as text for WGSL, and what every way of
// computing one needs: reading four values of a side at a time, and storing results with what is
// attached computed on them.
import { isContiguous } from '../../../passes/domain.ts';
import type { Elementwise } from '../../../plan.ts';
import { accessors, called, emit, operandFunctions, storeFours } from './program.ts';

export interface Product {
  readonly name: string;
  readonly columns: number;
  /** Most rows of any unit, and units (phases, or runs). */
  readonly rows: number;
  readonly units: number;
  /** Four columns of the result lie together in memory, and nobody else's values among them. */
  readonly quad: boolean;
  /**
   * The depth of unit `unit`, computed from it alone: a barrier's loop must be seen to be the same
   * for all threads.
   */
  readonly depth: string;
  /** Most depth of any unit. */
  readonly deepest: number;
  /** Sets `rows` and what the sides need, for unit `unit`. */
  readonly setup: string;
  readonly left: Side;
  readonly right: Side;
  /** The linear index of the result at (row, column 0). */
  readonly index: string;
  readonly address: number;
  readonly attached: Elementwise | null;
}

export interface Side {
  /**
   * The function `left_at(row, k)` or `right_at(column, k)`: where a value lies, or NOWHERE, which
   * is zero.
   */
  readonly at: string;
  /**
   * What values lie together in memory along: depth, or the side's width (rows of the left side,
   * columns of the right).
   */
  readonly along: 'depth' | 'width';
  /** Whether they come in fours. */
  readonly fours: boolean;
}

/** Four values from (at, k) on, along depth or width, of a side that may lie otherwise. */
export function fourOf(name: 'left' | 'right', side: Side, along: Side['along'], at: string, k: string): string {
  if (side.fours && side.along === along) return `fetch4(${name}_at(${at}, ${k}))`;
  const one = (i: number): string =>
    along === 'depth' ? `fetch(${name}_at(${at}, ${k} + ${i}u))` : `fetch(${name}_at(${at} + ${i}u, ${k}))`;
  return `vec4(${[0, 1, 2, 3].map(one).join(', ')})`;
}

/** Declarations: the sides, the arena, and what the attached program calls. */
export function prelude({ quad, left, right, attached }: Product): string {
  return `${accessors(quad)}const NOWHERE = 0xffffffffu;
// Without branches, which compilers for processors dwell on.
fn fetch(at: u32) -> f32 { return select(cell(select(at, 0u, at == NOWHERE)), 0.0, at == NOWHERE); }
fn fetch4(at: u32) -> vec4<f32> { return select(cells(select(at, 0u, at == NOWHERE)), vec4(0.0), at == NOWHERE); }
var<private> rows: u32;
var<private> depth: u32;
${left.at}
${right.at}
${attached ? `${called(attached)}${operandFunctions(attached)}` : ''}`;
}

/**
 * One of some variables `NAME0`, `NAME1`, ..., by a number: an array that is indexed would leave
 * registers for memory, for the whole kernel.
 */
export function pick(name: string, count: number, by: string): string {
  if (count === 1) return `${name}0`;
  return Array.from({ length: count - 1 }, (_, i) => i + 1).reduce(
    (text, i) => `select(${text}, ${name}${i}, ${by} == ${i}u)`,
    `${name}0`,
  );
}

/** Stores four columns, `made`, of `row` from `column` on; what is attached is computed on them. */
export function storeQuad({ index, address, attached }: Product): string {
  const stored = `let i = ${index} + column;
    arena[(${address}u + i) >> 2u] = made;`;
  if (!attached) return stored;
  return `${stored}\n    ${emit(attached, true, { known: ownOperands(attached, address) })}\n    ${storeFours(attached.results)}`;
}

/** The same for one column, whose value is in every lane of `made`. */
export function storeOne({ index, address, attached }: Product): string {
  const results = attached?.results.map(({ register, address: to }) => `arena[${to}u + i] = r${register}.x;`) ?? [];
  return `let i = ${index} + column;
      arena[${address}u + i] = made.x;
      ${attached ? emit(attached, false, { known: ownOperands(attached, address) }) : ''}
      ${results.join(' ')}`;
}

/**
 * The convolution's own output, which a thread still has at hand, as operands of what is attached.
 */
function ownOperands({ sizes, operands }: Elementwise, address: number): Map<number, string> {
  return new Map(
    operands.flatMap((operand, k) =>
      operand.address === address && isContiguous(sizes, operand.strides) ? [[k, 'made']] : [],
    ),
  );
}
