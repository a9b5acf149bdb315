// A plan as text, one line an instruction: to read what a model compiles to, and to see in a diff what a change does.

import { showShape } from './graph.ts';
import { type Code, registersOf } from './opcodes.ts';
import { arenaBytes, type Geometry, type Instruction, type Plan, type Program, type Slot } from './plan.ts';

/** The plan's slots and instructions; addresses count floats. */
export function printPlan(plan: Plan): string {
  const slots = (title: string, list: ReadonlyMap<string, Slot>): string[] =>
    [...list].map(([name, { address, shape }]) => `${title.padEnd(9)} ${name} ${showShape(shape)} at ${address}`);
  return [
    `plan ${plan.name}: ${plan.instructions.length} instructions, ${plan.precision}, ${(arenaBytes(plan) / 1e6).toFixed(1)} MB`,
    `state     ${plan.stateFloats} floats; scratch behind it; control words at ${plan.control}`,
    ...slots('input', plan.inputs),
    ...slots('output', plan.outputs),
    ...slots('inject', plan.injections),
    ...plan.instructions.map((instruction, i) => `${String(i).padStart(4)}  ${printInstruction(instruction)}`),
    '',
  ].join('\n');
}

function printInstruction(i: Instruction): string {
  switch (i.kind) {
    case 'conv2d':
      return `conv2d      y@${i.y} = x@${i.x} * w@${i.w}  ${printGeometry(i)}`;
    case 'convInput':
      return `convInput   x@${i.x} = y@${i.y} * w@${i.w}  ${printGeometry(i)}`;
    case 'convFilter':
      return `convFilter  w@${i.w} = x@${i.x} * y@${i.y}  ${printGeometry(i)}, ${i.groups} groups`;
    case 'elementwise':
      return `${i.attached ? '  attached ' : 'elementwise'} ${i.results.map(printResult).join(' ')} = ${printProgram(i)}`;
    case 'reduce':
      return `${i.attached ? '  attached  ' : 'reduce      '}${i.results.map(printResult).join(' ')} = sum of [${i.outer}, ${i.length}, ${i.inner}] over 1, ${i.parts} parts: ${printProgram(i)}`;
    case 'transpose':
      return `transpose   @${i.y} = @${i.x} [${i.rows}, ${i.columns}]`;
    case 'shiftCut':
      return `shiftCut    @${i.y} = @${i.x} ${showShape([i.N, i.H, i.W, i.C])} by u@${i.u}, reach ${i.reach}, hole ${i.hole}${i.adjoint ? ', adjoint' : ''}`;
    default:
      return i satisfies never;
  }
}

function printGeometry(g: Geometry): string {
  const [x, w, y] = [
    [g.N, g.H, g.W, g.C],
    [g.KH, g.KW, g.C, g.OC],
    [g.N, g.OH, g.OW, g.OC],
  ].map(showShape);
  return `x ${x} w ${w} y ${y} stride ${g.stride}, padding ${g.padTop}, ${g.padLeft}`;
}

const printResult = ({ register, address }: { register: number; address: number }): string =>
  `@${address}:r${register}`;

function printProgram({ count, sizes, operands, code }: Program): string {
  const read = (k: number): string => `@${operands[k]!.address}${showShape(operands[k]!.strides)}`;
  const line = (c: Code): string => {
    if (c.op === 'load') return `r${c.dst} = ${read(c.a)}`;
    if (c.op === 'constant') return `r${c.dst} = ${c.value}`;
    if ('stream' in c) return `r${c.dst} = ${c.op} of stream ${c.stream}`;
    const registers = registersOf(c).map((register) => `r${register}`);
    return `r${c.dst} = ${c.op}(${[...registers, ...('value' in c ? [c.value] : [])].join(', ')})`;
  };
  return `${count} as ${showShape(sizes)} { ${code.map(line).join('; ')} }`;
}
