// Every kind of instruction, by name. To add one, write its record and name it here twice; the
// compiler then asks for what each device must do.
import type { Geometry } from '../geometry.ts';
import { type ConvFilter, convFilter } from './conv-filter.ts';
import { type ConvInput, convInput } from './conv-input.ts';
import { type Conv2d, conv2d } from './conv2d.ts';
import { type Elementwise, elementwise } from './elementwise.ts';
import type { KindRecord } from './record.ts';
import { type Reduce, reduce } from './reduce.ts';
import { type ShiftCut, shiftCut } from './shift-cut.ts';
import { type Transpose, transpose } from './transpose.ts';

export type Instruction = Conv2d | ConvInput | ConvFilter | Elementwise | Reduce | Transpose | ShiftCut;
export type InstructionKind = Instruction['kind'];
export type InstructionOf<K extends InstructionKind> = Extract<Instruction, { readonly kind: K }>;

export const KINDS = {
  conv2d,
  convInput,
  convFilter,
  elementwise,
  reduce,
  transpose,
  shiftCut,
} as const satisfies { readonly [K in InstructionKind]: KindRecord<InstructionOf<K>> };

export const KIND_NAMES = Object.keys(KINDS) as readonly InstructionKind[];

/** The record of an instruction's kind. */
export function recordOf(instruction: Instruction): KindRecord<Instruction> {
  return KINDS[instruction.kind];
}

/** The kinds that are one of the three convolutions. */
export type Convolution = Extract<Instruction, Geometry>;

export function isConvolution(instruction: Instruction): instruction is Convolution {
  return 'OC' in instruction;
}

/** True when the instruction runs with the one before it. */
export function isAttached(instruction: Instruction): boolean {
  return 'attached' in instruction && instruction.attached;
}

export type { Conv2d, ConvFilter, ConvInput, Elementwise, Reduce, ShiftCut, Transpose };
