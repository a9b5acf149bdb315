// A plan as 32-bit words, for the C kernels (native and WebAssembly). The numbers of kinds and opcodes that C needs are
// written to kernels/isa.h (isa.ts).
//
// An instruction begins with [its kind's number, how many words it has in all, flags]; flag 1 says that it is attached.
// Then come the words of its kind, which instructions/KIND.ts states; those of programs are stated in
// instructions/programs.ts, those of a line in opcodes.ts.
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
