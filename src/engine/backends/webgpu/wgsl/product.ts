// A matrix product in WGSL whose sides are gathered by index, and the text that every way of
// computing one needs: reading four values of a side at a time, and storing results together with
// what is attached.
import { isContiguous } from '../../../passes/domain.ts';
import type { Elementwise } from '../../../plan.ts';
import { accessors, called, emit, operandFunctions, storeFours } from './program.ts';

export interface Product {
  readonly name: string;
  readonly columns: number;
  /** The most rows of any unit, and the number of units (phases, or runs). */
  readonly rows: number;
  readonly units: number;
  /**
   * Whether four columns of the result lie together in memory, with no foreign values among them.
   */
  readonly quad: boolean;
  /**
   * The depth of unit `unit`. It must be computed from the unit alone, because WGSL requires that a
   * loop with a barrier is visibly the same for all threads.
   */
  readonly depth: string;
  /** The largest depth of any unit. */
  readonly deepest: number;
  /** Sets `rows` and what the sides need for unit `unit`. */
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
   * The function `left_at(row, k)` or `right_at(column, k)`. It returns a value's address, or
   * NOWHERE for a zero.
   */
  readonly at: string;
  /**
   * The direction in which values lie together in memory: depth, or the side's width (rows of the
   * left side, columns of the right).
   */
  readonly along: 'depth' | 'width';
  /** Whether they come in fours. */
  readonly fours: boolean;
}

/**
 * Reads four values from (at, k) on, along depth or width, from a side that may lie the other way.
 */
export function fourOf(name: 'left' | 'right', side: Side, along: Side['along'], at: string, k: string): string {
  if (side.fours && side.along === along) return `fetch4(${name}_at(${at}, ${k}))`;
  const one = (i: number): string =>
    along === 'depth' ? `fetch(${name}_at(${at}, ${k} + ${i}u))` : `fetch(${name}_at(${at} + ${i}u, ${k}))`;
  return `vec4(${[0, 1, 2, 3].map(one).join(', ')})`;
}

/**
 * Returns the declarations: the sides, the arena, and the functions that the attached program
 * calls.
 */
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
 * Selects one of the variables `NAME0`, `NAME1`, ... by a number. An indexed array would move from
 * registers to memory, in the whole kernel.
 */
export function pick(name: string, count: number, by: string): string {
  if (count === 1) return `${name}0`;
  return Array.from({ length: count - 1 }, (_, i) => i + 1).reduce(
    (text, i) => `select(${text}, ${name}${i}, ${by} == ${i}u)`,
    `${name}0`,
  );
}

/**
 * Stores four columns, `made`, of `row` from `column` on, and computes what is attached on them.
 */
export function storeQuad({ index, address, attached }: Product): string {
  const stored = `let i = ${index} + column;
    arena[(${address}u + i) >> 2u] = made;`;
  if (!attached) return stored;
  return `${stored}\n    ${emit(attached, true, { known: ownOperands(attached, address) })}\n    ${storeFours(attached.results)}`;
}

/** Does the same for one column, whose value is in every lane of `made`. */
export function storeOne({ index, address, attached }: Product): string {
  const results = attached?.results.map(({ register, address: to }) => `arena[${to}u + i] = r${register}.x;`) ?? [];
  return `let i = ${index} + column;
      arena[${address}u + i] = made.x;
      ${attached ? emit(attached, false, { known: ownOperands(attached, address) }) : ''}
      ${results.join(' ')}`;
}

/**
 * Returns those operands of the attached program that are the convolution's own output, which a
 * thread still has in registers.
 */
function ownOperands({ sizes, operands }: Elementwise, address: number): Map<number, string> {
  return new Map(
    operands.flatMap((operand, k) =>
      operand.address === address && isContiguous(sizes, operand.strides) ? [[k, 'made']] : [],
    ),
  );
}
