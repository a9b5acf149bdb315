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

import type { Code } from './opcodes.ts';

/** Index of a float in the arena. */
export type Address = number;

/** A named place of the arena: where it is, and the shape of what lies there (row-major float32). */
export interface Slot {
  readonly address: Address;
  readonly shape: readonly number[];
}

/** A slot for injected values, and the bit of control word 4 that makes the draw take them. */
export interface Injection extends Slot {
  readonly site: number;
}

export const PRECISIONS = ['float32', 'bf16'] as const;
/**
 * What the operands of convolutions and matrix products are rounded to, where a layer is large enough for it (kernels/bf16.h).
 * Their sums, everything between them, and all that is kept are float32 in any case.
 */
export type Precision = (typeof PRECISIONS)[number];

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

export type Instruction = Conv2d | ConvInput | ConvFilter | Elementwise | Reduce | Transpose | ShiftCut;
export type InstructionKind = Instruction['kind'];

/**
 * Geometry of one convolution with explicit leading padding; all three convolution kernels share it.
 * x [N,H,W,C], w [KH,KW,C,OC], y [N,OH,OW,OC]: y[n,oy,ox] = sum over ky,kx of x[n, oy*stride+ky-padTop, ox*stride+kx-padLeft] . w[ky,kx],
 * where pixels outside x count as nothing. A matrix product is the case H = W = KH = KW = OH = OW = 1.
 */
export interface Geometry {
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly KH: number;
  readonly KW: number;
  readonly OC: number;
  readonly OH: number;
  readonly OW: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/**
 * y = convolution of x with w. `pack` is scratch of `packFloats(g)` floats (room.ts) for re-ordered weights, and in bf16
 * of `roundedFloats` for x before them.
 */
export interface Conv2d extends Geometry {
  readonly kind: 'conv2d';
  readonly x: Address;
  readonly w: Address;
  readonly y: Address;
  readonly pack: Address;
}

/** x = gradient of the convolution's input for output gradient y; also the forward pass of a transposed convolution. */
export interface ConvInput extends Geometry {
  readonly kind: 'convInput';
  readonly y: Address;
  readonly w: Address;
  readonly x: Address;
  readonly pack: Address;
}

/**
 * w = gradient of the convolution's filter. The N images are cut into `groups` runs of ceil(N / groups) images; each
 * run's sum lands in its own copy of w in `partials` (`partialFloats`), then the copies are added in order.
 * In bf16 groups are of pairs of images, and `roundedFloats` for x and y come before the copies.
 */
export interface ConvFilter extends Geometry {
  readonly kind: 'convFilter';
  readonly x: Address;
  readonly y: Address;
  readonly w: Address;
  readonly partials: Address;
  readonly groups: number;
}

/**
 * A small register program applied at every point of a domain of `count` points. The domain has up to MAX_DIMS
 * dimensions (`sizes`, outermost first); operand k is read at `address + sum(index[d] * strides[d])`, stride 0 broadcasts.
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

/** out[i] = register, for each result: contiguous in the domain's linear order. May overwrite an operand read at i alone. */
export interface Elementwise extends Program {
  readonly kind: 'elementwise';
  readonly results: readonly Result[];
  /**
   * True when this instruction may run image by image on what the instructions just before it make, while that is warm: a
   * convolution or an elementwise program with as many points in the same order, and what else is attached to it. Of these
   * it reads values at its own index, and sums of its own image; all else it reads was there before.
   */
  readonly attached: boolean;
}

/**
 * The domain seen as [outer, length, inner]; each result [outer, inner] is its register summed over the middle. When
 * outer is 1 the middle is cut into `parts` runs of ceil(length / parts), whose sums go to `partials`
 * (parts * inner * results floats) and are then added in order.
 */
export interface Reduce extends Program {
  readonly kind: 'reduce';
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly parts: number;
  readonly partials: Address;
  readonly results: readonly Result[];
  /** As of Elementwise, where `outer` counts images. */
  readonly attached: boolean;
}

/** Most instructions attached to one, and the channels that an attached sum may have. */
export const MAX_ATTACHED = 3;
export const ATTACHED_CHANNELS = { least: 16, most: 256 } as const;

export interface Result {
  readonly register: number;
  readonly address: Address;
}

/** y [columns, rows] = transpose of x [rows, columns]. */
export interface Transpose {
  readonly kind: 'transpose';
  readonly x: Address;
  readonly y: Address;
  readonly rows: number;
  readonly columns: number;
}

/** y [N,H,W,C] = x with each image moved and cut by its four values of u [N,4], or that map's transpose: see ops/shift-cut.ts. */
export interface ShiftCut {
  readonly kind: 'shiftCut';
  readonly x: Address;
  readonly u: Address;
  readonly y: Address;
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  /** Farthest move, in pixels. */
  readonly reach: number;
  /** Side of the blanked square. */
  readonly hole: number;
  readonly adjoint: boolean;
}

/** Bytes of memory a run of the plan touches: state and scratch, without what is kept for injected values. */
export function arenaBytes({ stateFloats, scratchFloats, injections }: Plan): number {
  let end = stateFloats + scratchFloats;
  for (const { address } of injections.values()) end = Math.min(end, address);
  return 4 * end;
}

/** Most dimensions of a program's domain, after neighbours that can be walked as one are joined. */
export const MAX_DIMS = 5;
/** Most operands, registers, results and lines of code in a program; passes keep within, backends may size arrays by them. */
export const MAX_OPERANDS = 16;
export const MAX_REGISTERS = 16;
export const MAX_RESULTS = 8;
export const MAX_CODE = 64;
