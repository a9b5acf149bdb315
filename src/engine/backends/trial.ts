// How fast a device runs a plan: a moment of running it on a backend opened for that alone, on
// zeros, which take the same time as any numbers.
import type { Plan } from '../plan.ts';
import type { OpenBackend } from './backend.ts';

/** Half of the one second that a comparison of two devices takes. */
const LONG_ENOUGH = 500;
const WARM_UP = 2;
const FEWEST = 3;

/**
 * Seconds of one run: the median of those timed, reading back included, each asked for before the
 * one before it is done, as training does on a GPU. One that takes longer than all should is not
 * done again.
 */
export async function secondsOfRun(open: OpenBackend, plan: Plan, threads: number): Promise<number> {
  const backend = await open({ stateFloats: plan.stateFloats, threads });
  try {
    const executable = await backend.compile(plan);
    const once = (): Promise<unknown> => {
      const running = Promise.all([backend.run(executable), backend.read(plan.control, 1)]);
      // Thrown where it is waited for.
      running.catch(() => {});
      return running;
    };
    const began = performance.now();
    await once();
    let last = performance.now();
    if (last - began > LONG_ENOUGH) return (last - began) / 1000;
    const enough = last + LONG_ENOUGH;
    const times: number[] = [];
    let running = once();
    while (times.length < WARM_UP + FEWEST || last < enough) {
      const next = once();
      await running;
      const now = performance.now();
      times.push(now - last);
      [last, running] = [now, next];
    }
    await running;
    const timed = times.slice(WARM_UP).sort((a, b) => a - b);
    return timed[timed.length >> 1]! / 1000;
  } finally {
    await backend.dispose();
  }
}
