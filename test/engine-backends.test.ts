// Compiles and runs every case on every device, with all combinations of passes that matter, and
// compares it with the interpreter. Any number of threads must give the same bits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../src/engine/backends/backend.ts';
import { ALL_PASSES, compile } from '../src/engine/compile.ts';
import type { Plan } from '../src/engine/plan.ts';
import { CASES } from './support/cases.ts';
import { TEST_DEVICES, type TestDevice, title } from './support/devices.ts';
import { NOTHING_ON, problem, runPlan, STATE } from './support/equality.ts';
import { relativeError, sameBits } from './support/values.ts';
import { verify } from './support/verify.ts';

/** What a case asks of every device; it is the same for all. */
const asked = CASES.map((one) => {
  let made: (ReturnType<typeof problem> & { readonly plans: readonly Plan[] }) | undefined;
  return () => {
    if (made) return made;
    const found = problem(one);
    const { outputs } = found;
    const plans = [ALL_PASSES, NOTHING_ON].map((passes) =>
      compile({ name: one.name, outputs, updates: new Map() }, STATE, passes),
    );
    for (const plan of plans) verify(plan);
    made = { ...found, plans };
    return made;
  };
});

/** Whether a device shares its work among a number of threads that is given. */
const byThreads = ({ name }: TestDevice): boolean => name !== 'reference' && name !== 'webgpu';

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`${title(device)} equals the interpreter`, () => {
    // They serve all cases: what one leaves behind must not matter to the next.
    const backends: Backend[] = [];
    beforeAll(async () => {
      for (const threads of byThreads(device) ? [1, 2, 3] : [1])
        backends.push(await device.open({ stateFloats: STATE.floats, threads }));
    });
    afterAll(async () => {
      for (const backend of backends) await backend.dispose();
    });

    it.each(CASES.map(({ name }, i) => ({ name, ask: asked[i]! })))('$name', async ({ ask }) => {
      const { plans, feeds, expected } = ask();
      for (const plan of plans) {
        let bits: Map<string, Float32Array> | undefined;
        for (const backend of backends) {
          const got = await runPlan(backend, plan, feeds);
          for (const [name, want] of expected) expect(relativeError(got.get(name)!, want), name).toBeLessThan(2e-6);
          bits ??= got;
          for (const [name, data] of got) expect(sameBits(data, bits.get(name)!), name).toBe(true);
        }
      }
    });
  });
