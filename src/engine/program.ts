// Register programs as data. The instructions elementwise and reduce apply one at every point of a
// domain.
import type { Code } from './opcodes.ts';

/** Index of a float in the arena. */
export type Address = number;

/**
 * A small register program applied at every point of a domain of `count` points. The domain has up
 * to MAX_DIMS dimensions (`sizes`, outermost first). Operand k is read at `address + sum(index[d] *
 * strides[d])`; stride 0 broadcasts.
 */
export interface Program {
  readonly count: number;
  readonly sizes: readonly number[];
  readonly operands: readonly Operand[];
  /** How many registers the code uses. */
  readonly registers: number;
  readonly code: readonly Code[];
}

export interface Operand {
  readonly address: Address;
  readonly strides: readonly number[];
}

/** Where a register's value is stored. */
export interface Result {
  readonly register: number;
  readonly address: Address;
}

/** Most dimensions of a program's domain, after neighbours that can be walked as one are joined. */
export const MAX_DIMS = 5;
/**
 * Most operands, registers, results and lines of a program: passes keep within, backends may size
 * arrays by them.
 */
export const MAX_OPERANDS = 16;
export const MAX_REGISTERS = 16;
export const MAX_RESULTS = 8;
export const MAX_CODE = 64;
