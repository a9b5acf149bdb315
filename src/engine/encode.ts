// A plan as 32-bit words, for the C kernels (native and WebAssembly). The layout is stated once, here; the numbers of
// kernels and opcodes that C needs are written to kernels/isa.h from the tables below (`npm run isa`), and a test holds the two equal.
//
// Header of every instruction: [kind, words in all, flags]; flag 1: attached (see plan.ts). Then, by kind:
//   conv2d, convInput  x, w, y, pack, N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft
//   convFilter         x, w, y, partials, N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft, groups
//   elementwise        <program>, results, (register, address) * results
//   reduce             <program>, outer, length, inner, parts, partials, results, (register, address) * results
//   transpose          x, y, rows, columns
//   shiftCut           x, u, y, N, H, W, C, reach, hole, adjoint
//   <program>          count, dims, sizes * dims, operands, (address, strides * dims) * operands, registers, lines, 8 words * lines
// A line is [opcode, dst, a, b, c, i0, i1, i2]; opcodes.ts says which field is in which word.
import { type Code, FORMS, fieldOf, OPCODE_NAMES, OPCODES } from './opcodes.ts';
import type { Geometry, Instruction, InstructionKind, Plan, Program, Result } from './plan.ts';

export const KINDS = {
  conv2d: 1,
  convInput: 2,
  convFilter: 3,
  elementwise: 4,
  reduce: 5,
  transpose: 6,
  shiftCut: 7,
} as const satisfies Record<InstructionKind, number>;

const HEADER = 3;
const ATTACHED = 1;

/** The plan's instructions as words. */
export function encode(plan: Plan): Int32Array {
  return Int32Array.from(plan.instructions.flatMap(encodeInstruction));
}

function encodeInstruction(instruction: Instruction): number[] {
  const body = encodeBody(instruction);
  const flags = 'attached' in instruction && instruction.attached ? ATTACHED : 0;
  return [KINDS[instruction.kind], HEADER + body.length, flags, ...body];
}

function encodeBody(i: Instruction): number[] {
  switch (i.kind) {
    case 'conv2d':
    case 'convInput':
      return [i.x, i.w, i.y, i.pack, ...encodeGeometry(i)];
    case 'convFilter':
      return [i.x, i.w, i.y, i.partials, ...encodeGeometry(i), i.groups];
    case 'elementwise':
      return [...encodeProgram(i), ...encodeResults(i.results)];
    case 'reduce':
      return [...encodeProgram(i), i.outer, i.length, i.inner, i.parts, i.partials, ...encodeResults(i.results)];
    case 'transpose':
      return [i.x, i.y, i.rows, i.columns];
    case 'shiftCut':
      return [i.x, i.u, i.y, i.N, i.H, i.W, i.C, i.reach, i.hole, Number(i.adjoint)];
    default:
      return i satisfies never;
  }
}

function encodeGeometry(g: Geometry): number[] {
  return [g.N, g.H, g.W, g.C, g.KH, g.KW, g.OC, g.OH, g.OW, g.stride, g.padTop, g.padLeft];
}

function encodeResults(results: readonly Result[]): number[] {
  return [results.length, ...results.flatMap((r) => [r.register, r.address])];
}

function encodeProgram(p: Program): number[] {
  return [
    p.count,
    p.sizes.length,
    ...p.sizes,
    p.operands.length,
    ...p.operands.flatMap((o) => [o.address, ...o.strides]),
    p.registers,
    p.code.length,
    ...p.code.flatMap(encodeLine),
  ];
}

const LINE_WORDS = 6;

function encodeLine(code: Code): number[] {
  const { form, code: number } = OPCODES[code.op];
  const words = FORMS[form].words.map((field) => {
    if (field === null) return 0;
    return field === 'value' ? floatBits(fieldOf(code, field)) : fieldOf(code, field);
  });
  return [number, code.dst, ...words, ...new Array<number>(LINE_WORDS - words.length).fill(0)];
}

const cast = new DataView(new ArrayBuffer(4));

function floatBits(value: number): number {
  cast.setFloat32(0, value);
  return cast.getInt32(0);
}

/** The text of kernels/isa.h: the numbers above, as C sees them. */
export function isaHeader(limits: Readonly<Record<string, number>>): string {
  const constant = (prefix: string, [name, value]: [string, number]): string =>
    `  ${prefix}_${name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()} = ${value},`;
  return [
    '// Written by scripts/isa.mjs from src/engine/isa.ts; src/engine/encode.ts explains the layout. Do not edit.',
    '#pragma once',
    'enum kind {',
    ...Object.entries(KINDS).map((entry) => constant('KIND', entry)),
    '};',
    'enum opcode {',
    ...OPCODE_NAMES.map((name) => constant('OP', [name, OPCODES[name].code])),
    '};',
    'enum {',
    `  HEADER_WORDS = ${HEADER},`,
    `  FLAG_ATTACHED = ${ATTACHED},`,
    ...Object.entries(limits).map(([name, value]) => `  ${name} = ${value},`),
    '};',
    '',
  ].join('\n');
}
