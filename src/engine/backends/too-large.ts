// The error for a plan that a device has no room for. It is thrown before memory is allocated,
// because a system that promises more memory than it has ends a process that touches it. Whoever
// made the plan can then ask which plan would fit.
import { DcganError } from '../../platform/errors.ts';
import { recordOf } from '../instructions/index.ts';
import type { Plan } from '../plan.ts';

export class PlanTooLarge extends DcganError {
  /** Returns whether the device has room for another plan. */
  readonly fits: (plan: Plan) => boolean;
  /**
   * Names another device that has room for this plan, as a clause that says what to do; or is
   * empty.
   */
  readonly elsewhere: string;

  constructor(
    what: string,
    bytes: number,
    limit: number,
    fits: (plan: Plan) => boolean,
    { elsewhere = '', cause }: { readonly elsewhere?: string; readonly cause?: unknown } = {},
  ) {
    const todo = `Use a smaller batch or image size${elsewhere}`;
    super({ what, expected: `${gibibytes(limit)} at most`, got: gibibytes(bytes), todo, cause });
    this.fits = fits;
    this.elsewhere = elsewhere;
  }
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/**
 * The kernels count floats of the arena in unsigned 32-bit integers, and may read some floats past
 * its end.
 */
export const MOST_FLOATS = 2 ** 32 - 2 ** 20;
/** They count the values of one tensor in signed integers, in steps of their blocks. */
const MOST_VALUES = 2 ** 31 - 2 ** 20;

export function planBytes({ stateFloats, scratchFloats }: Plan): number {
  return 4 * (stateFloats + scratchFloats);
}

/**
 * Returns the bytes of the largest tensor whose values the kernels cannot count; null when they can
 * count all.
 */
export function uncountable(plan: Plan): number | null {
  if (plan.scratchFloats <= MOST_VALUES && plan.stateFloats <= MOST_VALUES) return null;
  const sizes = plan.instructions.flatMap((instruction) => {
    const { reads, writes, scratch } = recordOf(instruction).touches(instruction);
    const domain = 'count' in instruction ? [instruction.count] : [];
    return [...domain, ...[...reads, ...writes, ...scratch].map(({ floats }) => floats)];
  });
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  return largest > MOST_VALUES ? 4 * largest : null;
}

export const MOST_TENSOR_BYTES = 4 * MOST_VALUES;
