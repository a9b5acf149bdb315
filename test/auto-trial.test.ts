// How `auto` times a device before it takes it, on a made-up device: two runs are under way at a
// time, and a long run is done only once.
import { expect, it } from 'vitest';
import type { Backend } from '../src/engine/backends/backend.ts';
import { secondsOfRun } from '../src/engine/backends/trial.ts';
import { compile } from '../src/engine/compile.ts';
import { layoutState } from '../src/engine/layout.ts';

const plan = compile({ name: 'nothing', outputs: {}, updates: new Map() }, layoutState([]));

/** A device that does one run after another, each in a few milliseconds. */
function device(milliseconds: number, failsAt = Number.POSITIVE_INFINITY) {
  const seen = { runs: 0, underWay: 0, most: 0, disposed: false };
  let last: Promise<void> = Promise.resolve();
  const backend: Backend = {
    info: { device: 'native', variant: 'made up', threads: 1, stepsAtOnce: 1 },
    compile: async (made) => ({ plan: made }),
    write: async () => {},
    read: async (_, length) => new Float32Array(length),
    run: () => {
      const run = ++seen.runs;
      seen.most = Math.max(seen.most, ++seen.underWay);
      last = last.then(async () => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        seen.underWay--;
        if (run >= failsAt) throw new Error(`run ${run} failed`);
      });
      return last;
    },
    dispose: async () => {
      seen.disposed = true;
    },
  };
  return { seen, open: async () => backend };
}

it('times runs of which two are under way', async () => {
  const { seen, open } = device(20);
  const seconds = await secondsOfRun(open, plan, 1);
  // A busy machine may be late, but never early.
  expect(seconds).toBeGreaterThan(0.018);
  expect(seconds).toBeLessThan(0.2);
  expect(seen).toMatchObject({ most: 2, underWay: 0, disposed: true });
  expect(seen.runs).toBeGreaterThan(5);
});

it('does not do again what takes longer than all should', async () => {
  const { seen, open } = device(600);
  expect(await secondsOfRun(open, plan, 1)).toBeGreaterThan(0.59);
  expect(seen.runs).toBe(1);
});

it('fails with a run, and leaves nothing open', async () => {
  const { seen, open } = device(5, 4);
  await expect(secondsOfRun(open, plan, 1)).rejects.toThrow('run 4 failed');
  expect(seen.disposed).toBe(true);
});
