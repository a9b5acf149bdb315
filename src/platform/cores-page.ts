// Finds how many threads a page's training uses. This file replaces cores.ts in the page's build
// (package.json, "browser").
import { mayShareMemory, page } from './page.ts';

/**
 * Returns the number of cores less one, which is left to the page so that it scrolls and answers.
 * Returns 1 where memory may not be shared.
 */
export function usableCores(): number {
  return mayShareMemory() ? Math.max(1, (page.navigator?.hardwareConcurrency ?? 1) - 1) : 1;
}
