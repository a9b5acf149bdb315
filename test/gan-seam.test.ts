// The seam inside the training step. Its gradients and its update as two plans give the state, the
// losses and the scores of the one plan, bit for bit, with every option that changes the step. The
// reference device is the exception: it keeps registers in double precision, so a gradient that passes
// through memory is rounded where one that stays inside a walk is not.
import { describe, expect, it } from 'vitest';
import { compile } from '../src/engine/compile.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { Machine } from '../src/gan/machine.ts';
import { makeModel } from '../src/gan/model.ts';
import type { ConfigOverrides } from '../src/gan/schema.ts';
import { gradientStep, STEP_NUMBERS, trainingStep, updateStep } from '../src/gan/step.ts';
import type { StepRequest } from '../src/gan/step-feeds.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { SMALL_MODEL, STEP_OPTIONS } from './support/step-options.ts';
import { relativeError, values } from './support/values.ts';
import { verify } from './support/verify.ts';

const STEPS = 3;
// wasm-relaxed differs from wasm within convolutions alone, which both sides compute alike.
const DEVICES = TEST_DEVICES.filter(({ name }) => name !== 'wasm-relaxed');

const configOf = (options: ConfigOverrides) => resolveConfig('tiny', { ...SMALL_MODEL, batchSize: 6, ...options });

/** Step `step` on 6 reals, but on 5 in the second. */
function request(options: ConfigOverrides, step: number): StepRequest {
  const { channels, classes } = configOf(options);
  const reals = step === 2 ? 5 : 6;
  const images = values([reals, 16, 16, channels], step);
  const labels = Array.from({ length: reals }, (_, i) => (i * step) % Math.max(1, classes));
  return { seed: 7, step, images, reals, classes: labels, outputs: STEP_NUMBERS };
}

describe.each(Object.entries(STEP_OPTIONS))('a step with options %s', (_, options) => {
  it('is split into plans that are sound', () => {
    const model = makeModel(configOf(options));
    for (const trainsGenerator of [true, false]) {
      const duties = { trainsGenerator, penalizes: trainsGenerator };
      const whole = trainingStep(model, 6, duties);
      const halves = [gradientStep(model, 6, duties), updateStep(model, duties)];
      for (const computation of halves) verify(compile(computation, model.layout));
      expect([...halves[1]!.updates.keys()].sort()).toEqual([...whole.updates.keys()].sort());
      expect(halves[0]!.updates.size).toBe(0);
    }
  });

  it.each(DEVICES)('gives the bits of the one plan on $name', async (device) => {
    if (device.missing) throw new Error(title(device));
    const open = () => Machine.open(configOf(options), { device: device.name, threads: 2 });
    const [whole, split] = [await open(), await open()];
    try {
      await whole.start(3);
      await split.start(3);
      for (let step = 1; step <= STEPS; step++) {
        const numbers = await whole.step(request(options, step));
        const before = await split.readState();
        const found = await split.gradients(request(options, step));
        if (device.name !== 'reference' || step === 1) expect(found.numbers).toEqual(numbers);
        expect(await split.readState()).toEqual(before);
        await split.update(step, found.given);
        const [want, got] = [await whole.readState(), await split.readState()];
        const alike = (name: string, bits: Float32Array): boolean =>
          device.name === 'reference'
            ? relativeError(got.get(name)!, bits) < 1e-5
            : Buffer.from(got.get(name)!.buffer).equals(Buffer.from(bits.buffer));
        const differing = [...want].filter(([name, bits]) => !alike(name, bits)).map(([name]) => name);
        expect(differing, `step ${step}`).toEqual([]);
      }
    } finally {
      await whole.dispose();
      await split.dispose();
    }
  });
});
