// Measures how fast a device runs a plan. It opens a backend for this alone and runs the plan on
// zeros, which take the same time as any other numbers.
import type { Plan } from '../plan.ts';
import type { OpenBackend } from './backend.ts';

/** In milliseconds: half of the one second that a comparison of two devices takes. */
const LONG_ENOUGH = 500;
const WARM_UP = 2;
const FEWEST = 3;

/**
 * Returns the seconds of one run, reading back included: the median of those timed. Each run is
 * submitted before the previous one is done, as a training does on a GPU. A run that takes longer
 * than the whole measurement should is not repeated.
 */
export async function secondsOfRun(open: OpenBackend, plan: Plan, threads: number): Promise<number> {
  const backend = await open({ stateFloats: plan.stateFloats, threads });
  try {
    const executable = await backend.compile(plan);
    const once = (): Promise<unknown> => {
      const running = Promise.all([backend.run(executable), backend.read(plan.control, 1)]);
      // The failure is thrown to whoever awaits it.
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
