// Checks the options of `train` before anything is made of them. Values of the configuration are
// checked where they meet the data (settle.ts); names are checked here, since an option that nobody
// reads would be passed over without a word.
import { usage } from '../platform/errors.ts';
import { didYouMean } from '../platform/suggest.ts';

/** @throws a usage error for the first option of another name; it suggests the nearest known one */
export function refuseUnknown(options: object, known: readonly string[]): void {
  const unknown = Object.entries(options).find(([key, value]) => value !== undefined && !known.includes(key));
  if (!unknown) return;
  const [key] = unknown;
  const todo = didYouMean(key, known) ?? `Known: ${known.join(', ')}`;
  throw usage({ what: `the options of train: unknown key ${key}`, todo });
}
