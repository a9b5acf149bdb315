// Plans made by hand, and helpers for tests of kernels and backends.
import type { Geometry, Instruction, Plan } from '../../src/engine/plan.ts';

/** A plan whose control words lie behind its state. */
export function planOf(instructions: readonly Instruction[], scratchFloats: number, stateFloats = 0): Plan {
  const none = new Map();
  return {
    name: 'by hand',
    precision: 'float32',
    stateFloats,
    scratchFloats,
    control: stateFloats,
    inputs: none,
    injections: none,
    outputs: none,
    instructions,
  };
}

/** A convolution with padding SAME, as TensorFlow defines it. */
export function geometry(
  [N, H, W, C]: [number, number, number, number],
  [KH, KW, OC]: [number, number, number],
  stride: number,
): Geometry {
  const out = (n: number) => Math.ceil(n / stride);
  const before = (n: number, k: number) => Math.floor(Math.max((out(n) - 1) * stride + k - n, 0) / 2);
  return { N, H, W, C, KH, KW, OC, OH: out(H), OW: out(W), stride, padTop: before(H, KH), padLeft: before(W, KW) };
}

/** The milliseconds between the calls of a 50 ms timer while `run` is under way. */
export async function timerGaps(
  run: () => Promise<unknown>,
): Promise<{ readonly count: number; readonly median: number }> {
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 50);
  await run();
  clearInterval(timer);
  return { count: gaps.length, median: gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]! };
}
