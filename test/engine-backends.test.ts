// Compiles and runs every case on every device, with all combinations of passes that matter, and
// compares it with the interpreter. Any number of threads must give the same bits.
import { describe, expect, it } from 'vitest';
import { ALL_PASSES, compile } from '../src/engine/compile.ts';
import { CASES } from './support/cases.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { NOTHING_ON, problem, runPlan, STATE } from './support/equality.ts';
import { relativeError } from './support/values.ts';
import { verify } from './support/verify.ts';

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`${title(device)} equals the interpreter`, () => {
    it.each(CASES)('$name', async (testCase) => {
      const { outputs, feeds, expected } = problem(testCase);
      const bits: string[] = [];
      for (const passes of [ALL_PASSES, NOTHING_ON]) {
        const plan = compile({ name: testCase.name, outputs, updates: new Map() }, STATE, passes);
        verify(plan);
        for (const threads of device.name === 'reference' ? [1] : [1, 2, 3]) {
          const got = await withBackend(device, STATE.floats, threads, (backend) => runPlan(backend, plan, feeds));
          for (const [name, want] of expected) expect(relativeError(got.get(name)!, want), name).toBeLessThan(2e-6);
          bits.push(JSON.stringify([...got].map(([name, data]) => [name, Buffer.from(data.buffer).toString('hex')])));
          if (threads > 1) expect(bits.at(-1), `${threads} threads`).toBe(bits.at(-2));
        }
      }
    });
  });
