// Finds elementwise programs that may run at the same time: neighbours in a plan of which none
// touches what another writes. A buffer's place in the arena is reused as soon as nobody needs it,
// so places are compared, not names.
import type { Elementwise } from '../../../plan.ts';

/** The most programs in a dispatch, because its kernel contains the text of all of them. */
const MOST = 32;

interface Span {
  readonly begin: number;
  readonly end: number;
}

export function goTogether(programs: readonly Elementwise[], next: Elementwise): boolean {
  if (programs.length >= MOST) return false;
  const [reads, writes] = [readsOf(next), writesOf(next)];
  return programs.every((program) => {
    const written = writesOf(program);
    return !meet(written, reads) && !meet(written, writes) && !meet(readsOf(program), writes);
  });
}

/** Values are read and written in fours. */
const fours = (address: number, floats: number): Span => ({ begin: address, end: address + 4 * Math.ceil(floats / 4) });

function readsOf({ sizes, operands }: Elementwise): Span[] {
  return operands.map(({ address, strides }) =>
    fours(
      address,
      sizes.reduce((last, size, d) => last + (size - 1) * strides[d]!, 1),
    ),
  );
}

function writesOf({ count, results }: Elementwise): Span[] {
  return results.map(({ address }) => fours(address, count));
}

function meet(some: readonly Span[], others: readonly Span[]): boolean {
  return some.some((a) => others.some((b) => a.begin < b.end && b.begin < a.end));
}
