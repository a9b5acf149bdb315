// The header C reads, made from the plan's own numbers: one place for each.
import { CONTROL_WORDS } from './control.ts';
import { isaHeader } from './encode.ts';
import { MAX_CODE, MAX_DIMS, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from './plan.ts';

/** The text of kernels/isa.h. */
export const ISA_HEADER = isaHeader({
  MAX_DIMS,
  MAX_OPERANDS,
  MAX_REGISTERS,
  MAX_RESULTS,
  MAX_CODE,
  CONTROL_WORDS,
});
