// The error when the C kernels meet something in a plan that their build does not know. It puts
// dcgan_walk's result into words (kernels/dcgan.h).
import { DcganError } from '../../platform/errors.ts';
import type { Plan } from '../plan.ts';

/**
 * Returns the error of a run for which dcgan_walk returned `code`, which is not 0. `todo` says how
 * to get newer kernels.
 */
export function unknownToKernels(device: string, plan: Plan, code: number, todo: string): DcganError {
  if (code < 0)
    return new DcganError({
      what: `${device}: a program of plan "${plan.name}" has opcode ${-1 - code}, which the kernels do not know`,
      todo,
    });
  return new DcganError({
    what: `${device}: instruction ${code - 1} of plan "${plan.name}" is unknown to the kernels`,
    got: plan.instructions[code - 1]?.kind ?? 'nothing',
    todo,
  });
}
