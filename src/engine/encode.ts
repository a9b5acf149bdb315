// Writes a plan as 32-bit words for the C kernels (native and WebAssembly). isa.ts writes the
// numbers of kinds and opcodes that C needs to kernels/isa.h.
//
// An instruction begins with [its kind's number, how many words it has in all, flags]; flag 1 says
// that it is attached. Then come the words of its kind, which instructions/KIND.ts states.
// instructions/programs.ts states the words of programs, and opcodes.ts those of a line.
import { isAttached, recordOf } from './instructions/index.ts';
import type { Instruction, Plan } from './plan.ts';

export const HEADER_WORDS = 3;
export const FLAG_ATTACHED = 1;

/** The plan's instructions as words. */
export function encode(plan: Plan): Int32Array {
  return Int32Array.from(plan.instructions.flatMap(encodeInstruction));
}

function encodeInstruction(instruction: Instruction): number[] {
  const { number, words } = recordOf(instruction);
  const body = words(instruction);
  return [number, HEADER_WORDS + body.length, isAttached(instruction) ? FLAG_ATTACHED : 0, ...body];
}
