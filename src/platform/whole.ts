// The one check of whole numbers that a caller gives: counts, seeds and intervals.
import { usage } from './errors.ts';

/** Returns the number. @throws a usage error for one that is not whole, or out of its limits */
export function wholeNumber(what: string, value: number, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const limits = most === Number.MAX_SAFE_INTEGER ? (least === 0 ? '' : ` from ${least}`) : ` from ${least} to ${most}`;
  throw usage({ what: `${what} has an invalid value`, expected: `a whole number${limits}`, got: String(value) });
}
