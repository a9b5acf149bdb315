// Compares arrays of numbers quickly: vitest's own way takes seven microseconds for each number,
// which was a third of some suites' time. Numbers are equal as `Object.is` says: NaN equals itself,
// and 0 is not -0.
import { expect } from 'vitest';

type Numbers = ArrayLike<unknown>;

function isTyped(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

expect.addEqualityTesters([
  (a, b) => {
    if (!isTyped(a) || !isTyped(b) || a.constructor !== b.constructor) return undefined;
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
    return true;
  },
]);
