// The compiled step as data: a flat list of instructions over one arena, and named slots in it. A plan holds no code
// and no pointers, so the same plan runs in TypeScript, in C (native and WebAssembly) and on a GPU, and prints as text.
//
// Memory. Addresses count floats (4 bytes). [0, stateFloats) is the state: variables, moments, running statistics; it
// outlives the plan and is shared by all plans of a session. [stateFloats, stateFloats + scratchFloats) is scratch:
// inputs, activations, partial sums; nothing in it survives a run but the output slots, until the next run. Every slot
// starts at a multiple of 16 floats (64 bytes). Tensors are row-major, images NHWC, kernels [height, width, in, out].
//
// Instructions run in order; each sees the complete results of those before it. How one is shared among threads is the
// backend's business, but how its sums are cut is fixed here or by shape alone (`parts`, `groups`), never by the number
// of threads: so any number of threads gives the same bits.

import type { Instruction } from './instructions/index.ts';
import type { Precision } from './precision.ts';
import type { Address } from './program.ts';

/** A named place of the arena: where it is, and the shape of what lies there (row-major float32). */
export interface Slot {
  readonly address: Address;
  readonly shape: readonly number[];
}

/** A slot for injected values, and the bit of control word 4 that makes the draw take them. */
export interface Injection extends Slot {
  readonly site: number;
}

/** A whole compiled step. */
export interface Plan {
  readonly name: string;
  readonly precision: Precision;
  readonly stateFloats: number;
  readonly scratchFloats: number;
  /** Eight 32-bit words, written before each run: see `control.ts`. */
  readonly control: Address;
  /** Written before a run. */
  readonly inputs: ReadonlyMap<string, Slot>;
  /** Where values can be put that replace a draw, by the draw's name: the last part of scratch, untouched unless used. */
  readonly injections: ReadonlyMap<string, Injection>;
  /** Readable after a run. */
  readonly outputs: ReadonlyMap<string, Slot>;
  readonly instructions: readonly Instruction[];
}

/** Most instructions attached to one, and the channels that an attached sum may have. */
export const MAX_ATTACHED = 3;
export const ATTACHED_CHANNELS = { least: 16, most: 256 } as const;

/** Bytes of memory a run of the plan touches: state and scratch, without what is kept for injected values. */
export function arenaBytes({ stateFloats, scratchFloats, injections }: Plan): number {
  let end = stateFloats + scratchFloats;
  for (const { address } of injections.values()) end = Math.min(end, address);
  return 4 * end;
}

export type { Geometry } from './geometry.ts';
export type {
  Conv2d,
  ConvFilter,
  ConvInput,
  Elementwise,
  Instruction,
  InstructionKind,
  Reduce,
  ShiftCut,
  Transpose,
} from './instructions/index.ts';
export { PRECISIONS, type Precision } from './precision.ts';
export type { Address, Operand, Program, Result } from './program.ts';
export { MAX_CODE, MAX_DIMS, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from './program.ts';
