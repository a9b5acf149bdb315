// Numbers for checks and timings, for which any numbers will do. They are the same in every run.

/**
 * Returns values in [-1, 1) from a linear congruential generator. The constants are those of
 * "Numerical Recipes", chapter 7.
 */
export function plainNumbers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
