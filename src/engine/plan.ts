// The compiled step as data: a flat list of instructions over one arena, and named slots in it. A
// plan holds no code and no pointers, so the same plan runs in TypeScript, in C (native and
// WebAssembly) and on a GPU, and it prints as text.
//
// Memory. Addresses count floats of 4 bytes. [0, stateFloats) is the state: variables, moments and
// running statistics. It outlives the plan, and all plans of a session share it. [stateFloats,
// stateFloats + scratchFloats) is scratch: inputs, activations and partial sums. A run keeps
// nothing there but the output slots, which stay until the next run. Every slot starts at a
// multiple of 16 floats (64 bytes). Tensors are row-major, images are NHWC, and kernels are
// [height, width, in, out].
//
// Instructions run in order, and each sees the complete results of those before it. A backend
// decides how threads share an instruction. It does not decide how sums are cut: the plan (`parts`,
// `imageRuns`) or the shape alone does. So any number of threads gives the same bits.

import type { Instruction } from './instructions/index.ts';
import type { Precision } from './precision.ts';
import type { Address } from './program.ts';

/** A named place of the arena: its address, and the shape of its values (row-major float32). */
export interface Slot {
  readonly address: Address;
  readonly shape: readonly number[];
}

/** A slot for injected values, and the bit of control word 4 that makes the draw take them. */
export interface Injection extends Slot {
  readonly site: number;
}

/**
 * A sum over all shards of a step. The plan stops before instruction `before`; the values at `from`
 * of all shards are added, and each shard gets the result at `to`.
 */
export interface Exchange {
  /** Its number: plans of other shards of the same step have the same one for the same sum. */
  readonly index: number;
  readonly before: number;
  readonly from: Address;
  readonly to: Address;
  readonly floats: number;
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
  /**
   * Slots for values that replace a draw, by the draw's name. They are the last part of scratch,
   * untouched unless used.
   */
  readonly injections: ReadonlyMap<string, Injection>;
  /** Readable after a run. */
  readonly outputs: ReadonlyMap<string, Slot>;
  readonly instructions: readonly Instruction[];
  /** Sums over shards, in the order of their places; missing where there are none. */
  readonly exchanges?: readonly Exchange[];
}

/**
 * The plan's parts between its exchanges, each a plan of its own over the same memory; the plan
 * alone where it has none. An exchange ends the part before it.
 */
export function partsOfPlan(plan: Plan): { readonly plan: Plan; readonly exchanges: readonly Exchange[] }[] {
  const { exchanges = [], instructions, ...rest } = plan;
  if (exchanges.length === 0) return [{ plan, exchanges }];
  const cuts = [...new Set(exchanges.map(({ before }) => before))];
  return [...cuts, instructions.length].map((end, i) => ({
    plan: { ...rest, instructions: instructions.slice(cuts[i - 1] ?? 0, end) },
    exchanges: i < cuts.length ? exchanges.filter(({ before }) => before === end) : [],
  }));
}

/**
 * The most instructions that can be attached to one, and how many channels an attached sum may
 * have.
 */
export const MAX_ATTACHED = 3;
export const ATTACHED_CHANNELS = { least: 16, most: 256 } as const;

/**
 * Counts the bytes of memory that a run touches: state and scratch without the slots for injected
 * values.
 */
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
  Reduce,
  ShiftCut,
  Transpose,
} from './instructions/index.ts';
export { CONVOLUTIONS, type Convolutions, PRECISIONS, type Precision } from './precision.ts';
export type { Address, Program, Result } from './program.ts';
export { MAX_CODE, MAX_DIMS, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from './program.ts';
