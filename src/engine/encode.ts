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
// A line is [opcode, dst, a, b, c, i0, i1, i2]; `value` is a float's bits in i0 (unary with a value, constant) or i2 (mask);
// for the random kinds a is the injected operand, b the site, i0 the stream, i1 the mask's threshold.
import type { Code, Geometry, Instruction, InstructionKind, Plan, Program, Result } from './plan.ts';

export const KINDS = {
  conv2d: 1,
  convInput: 2,
  convFilter: 3,
  elementwise: 4,
  reduce: 5,
  transpose: 6,
  shiftCut: 7,
} as const satisfies Record<InstructionKind, number>;

export const OPCODES = {
  load: 1,
  constant: 2,
  add: 3,
  sub: 4,
  mul: 5,
  div: 6,
  maximum: 7,
  minimum: 8,
  greater: 9,
  neg: 10,
  abs: 11,
  square: 12,
  sqrt: 13,
  rsqrt: 14,
  exp: 15,
  log: 16,
  tanh: 17,
  sigmoid: 18,
  softplus: 19,
  scale: 20,
  shift: 21,
  leakyRelu: 22,
  leakyMask: 23,
  select: 24,
  uniform: 25,
  normal: 26,
  mask: 27,
} as const satisfies Record<Code['op'], number>;

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

function encodeLine(code: Code): number[] {
  const head = [OPCODES[code.op], code.dst];
  switch (code.op) {
    case 'constant':
      return [...head, 0, 0, 0, floatBits(code.value), 0, 0];
    case 'scale':
    case 'shift':
    case 'leakyRelu':
    case 'leakyMask':
      return [...head, code.a, 0, 0, floatBits(code.value), 0, 0];
    case 'select':
      return [...head, code.a, code.b, code.c, 0, 0, 0];
    case 'uniform':
    case 'normal':
      return [...head, code.a, code.site, 0, code.stream, 0, 0];
    case 'mask':
      return [...head, code.a, code.site, 0, code.stream, code.threshold, floatBits(code.value)];
    default:
      return [...head, code.a, 'b' in code ? code.b : 0, 0, 0, 0, 0];
  }
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
    ...Object.entries(OPCODES).map((entry) => constant('OP', entry)),
    '};',
    'enum {',
    `  HEADER_WORDS = ${HEADER},`,
    `  FLAG_ATTACHED = ${ATTACHED},`,
    ...Object.entries(limits).map(([name, value]) => `  ${name} = ${value},`),
    '};',
    '',
  ].join('\n');
}
