// A draft is an instruction whose operands are buffers without addresses yet. The memory planner
// reads what each draft touches, gives every buffer a place, and asks the draft for its final
// instruction.
import type { Address, Instruction, Program } from '../plan.ts';

/** A place values will live in. Buffers with an `address` (state) are placed already. */
export interface Buffer {
  readonly floats: number;
  readonly address?: Address;
  /**
   * Inputs and outputs: never shares its place, from before the first instruction to after the
   * last.
   */
  readonly pinned?: boolean;
}

export type Placing = (buffer: Buffer) => Address;

export interface Draft {
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  /** Needed during this instruction alone. */
  readonly scratch: readonly Buffer[];
  /**
   * Buffers of `reads` that a result of the same size may overwrite: read at i alone, before i is
   * written.
   */
  readonly replaceable: readonly Buffer[];
  /** Runs image by image with the draft before it: both are one moment to the memory planner. */
  readonly attached: boolean;
  build(at: Placing): Instruction;
}

/** A sum over shards, among the drafts: it becomes no instruction. */
export interface ExchangeDraft extends Omit<Draft, 'build'> {
  readonly exchange: { readonly index: number; readonly from: Buffer; readonly to: Buffer };
}

/** A program whose operands and results are buffers. */
export interface DraftProgram {
  readonly program: Omit<Program, 'operands'>;
  readonly operands: readonly { readonly buffer: Buffer; readonly strides: readonly number[] }[];
  /** Register of each result. */
  readonly results: readonly number[];
}
