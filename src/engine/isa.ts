// Generates the header that C reads from the numbers of the engine, so each stands in one place.
import { CONTROL_WORDS } from './control.ts';
import { FLAG_ATTACHED, HEADER_WORDS } from './encode.ts';
import { KIND_NAMES, KINDS } from './instructions/index.ts';
import { OPCODE_NAMES, OPCODES } from './opcodes.ts';
import {
  ATTACHED_CHANNELS,
  MAX_ATTACHED,
  MAX_CODE,
  MAX_DIMS,
  MAX_OPERANDS,
  MAX_REGISTERS,
  MAX_RESULTS,
} from './plan.ts';
import {
  FAST_LEAST_BLOCK,
  FAST_LEAST_IMAGES,
  FAST_LEAST_OUTPUTS,
  FAST_LINE,
  FAST_MOST_OUTPUTS,
  FAST_MOST_PAIRS,
  FAST_POINTS,
  FAST_RUN_FLOATS,
  FAST_TAPS,
  PACK_CHANNELS,
  SPACE_FLOATS,
  SPARE_BYTES,
} from './room.ts';

const LIMITS: Readonly<Record<string, number>> = {
  HEADER_WORDS,
  FLAG_ATTACHED,
  MAX_DIMS,
  MAX_OPERANDS,
  MAX_REGISTERS,
  MAX_RESULTS,
  MAX_CODE,
  CONTROL_WORDS,
  MAX_ATTACHED,
  MOST_ATTACHED_CHANNELS: ATTACHED_CHANNELS.most,
  SPACE_FLOATS,
  SPARE_BYTES,
  PACK_CHANNELS,
  FAST_TAPS,
  FAST_LEAST_IMAGES,
  FAST_LEAST_OUTPUTS,
  FAST_MOST_OUTPUTS,
  FAST_MOST_PAIRS,
  FAST_POINTS,
  FAST_LEAST_BLOCK,
  FAST_RUN_FLOATS,
  FAST_LINE,
};

function constant(prefix: string, name: string, value: number): string {
  return `  ${prefix}_${name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()} = ${value},`;
}

/** The text of kernels/isa.h. */
export const ISA_HEADER = [
  '// scripts/isa.mjs writes this file from src/engine/isa.ts. src/engine/encode.ts has the layout.',
  '// Do not edit it.',
  '#pragma once',
  'enum kind {',
  ...KIND_NAMES.map((name) => constant('KIND', name, KINDS[name].number)),
  '};',
  'enum opcode {',
  ...OPCODE_NAMES.map((name) => constant('OP', name, OPCODES[name].code)),
  '};',
  'enum {',
  ...Object.entries(LIMITS).map(([name, value]) => `  ${name} = ${value},`),
  '};',
  '',
].join('\n');
