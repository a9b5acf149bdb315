// Says which precision to take on a machine that has bf16, from the times of the same step in both.
import type { Speed } from './speed.ts';

/** A gain below this share of the time is not worth rounded operands. */
const WORTH = 0.9;

/** Writes the time in bf16, its share of the time in float32, and which of the two to take. */
export function precisionText(float32: Speed, bf16: Speed): string {
  const seconds = bf16.secondsPerStep.median;
  const share = seconds / float32.secondsPerStep.median;
  const take =
    share < WORTH
      ? '"--precision bf16" is worth it where rounded operands are good enough (docs/options.md)'
      : 'stay with float32, which is the default';
  return `in bf16: ${seconds.toFixed(3)} s a step, ${share.toFixed(2)} of the time in float32: ${take}`;
}
