// The eight words every run is given: what its random draws depend on, and which of them are taken
// from the caller.
//   0, 1  seed, low and high
//   2, 3  step, low and high
//   4     bit s is set when draw site s takes its injected input
//   5..7  zero, kept free
import { type DrawKey, words } from './random.ts';

export const CONTROL_WORDS = 8;
/** The most draw sites of one plan, which is the number of bits in a word. */
export const MAX_SITES = 32;

/**
 * Returns the control words of one run; `injected` lists the draw sites that take the caller's
 * values.
 */
export function controlWords(key: DrawKey, injected: Iterable<number> = []): Uint32Array {
  let bits = 0;
  for (const site of injected) bits |= 1 << site;
  const control = new Uint32Array(CONTROL_WORDS);
  control.set([...words(key.seed), ...words(key.step), bits >>> 0]);
  return control;
}
