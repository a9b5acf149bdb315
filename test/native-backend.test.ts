// What the native backend does beside its kernels: it leaves the event loop free, keeps its memory, and
// ends after a failed call.
import { describe, expect, it } from 'vitest';
import type { Instruction } from '../src/engine/plan.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { geometry, planOf, timerGaps } from './support/plans.ts';
import { places } from './support/trials.ts';
import { values } from './support/values.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;
/** Floats of a plan's scratch. */
const SCRATCH = 1 << 23;

describe.skipIf(native.missing)(`the backend on ${title(native)}`, () => {
  it('keeps the event loop free during a run', async () => {
    const g = geometry([64, 14, 14, 64], [5, 5, 128], 2);
    const [x, w, y, pack] = places(64 * 196 * 64, 25 * 64 * 128, 64 * 49 * 128, 0);
    const conv: Instruction = { kind: 'conv2d', ...g, x, w, y, pack };
    const plan = planOf(new Array(300).fill(conv), SCRATCH);
    await withBackend(native, 0, 2, async (backend) => {
      const executable = await backend.compile(plan);
      await backend.write(x, values([64 * 196 * 64], 12));
      const { count, median } = await timerGaps(() => backend.run(executable));
      expect(count).toBeGreaterThan(2);
      expect(median).toBeLessThan(100);
    });
  });

  it('keeps what scratch holds when a larger plan comes, and ends after a failed call', async () => {
    await withBackend(native, 100, 2, async (backend) => {
      await backend.compile({ ...planOf([], 64), stateFloats: 100 });
      const data = values([164], 13);
      await backend.write(0, data);
      await backend.compile({ ...planOf([], SCRATCH), stateFloats: 100 });
      expect(await backend.read(0, 164)).toEqual(data);
      await expect(backend.read(100, 2 ** 30)).rejects.toThrow('native: an access outside the arena');
      await expect(backend.read(0, 1)).rejects.toThrow('native: an access outside the arena');
    });
  });
});
