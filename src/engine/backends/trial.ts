// How fast a device runs a plan: a moment of running it on a backend opened for that alone, on zeros, which take the same time as
// any numbers.
import type { Plan } from '../plan.ts';
import type { OpenBackend } from './backend.ts';

/** Half of the one second that a comparison of two devices takes. */
const LONG_ENOUGH = 500;
const WARM_UP = 2;
const FEWEST = 3;

/** Seconds of one run: the median of those timed, reading back included. */
export async function secondsOfRun(open: OpenBackend, plan: Plan, threads: number): Promise<number> {
  const backend = await open({ stateFloats: plan.stateFloats, threads });
  try {
    const executable = await backend.compile(plan);
    const once = async (): Promise<number> => {
      const began = performance.now();
      await Promise.all([backend.run(executable), backend.read(plan.control, 1)]);
      return performance.now() - began;
    };
    for (let i = 0; i < WARM_UP; i++) await once();
    const times: number[] = [];
    for (let all = 0; times.length < FEWEST || all < LONG_ENOUGH; all += times.at(-1)!) times.push(await once());
    return times.sort((a, b) => a - b)[times.length >> 1]! / 1000;
  } finally {
    await backend.dispose();
  }
}
