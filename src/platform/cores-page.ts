// How many threads a page's training takes. Takes the place of cores.ts in the page's build
// (package.json, "browser").
import { mayShareMemory, page } from './page.ts';

/**
 * The cores less one, which stays the page's own, so that it scrolls and answers; 1 where memory
 * may not be shared.
 */
export function usableCores(): number {
  return mayShareMemory() ? Math.max(1, (page.navigator?.hardwareConcurrency ?? 1) - 1) : 1;
}
