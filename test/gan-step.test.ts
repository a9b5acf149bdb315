// The training step: the compiled step equals the interpreted one; injecting the values that would
// be drawn gives the same bits as drawing them; passes change only the rounding; and its cost is
// the one that the design states.

import { describe, expect, it } from 'vitest';
import { imageShape } from '../src/data/image-size.ts';
import { ALL_PASSES, compile, type PassSwitches } from '../src/engine/compile.ts';
import { costOf } from '../src/engine/cost.ts';
import { size, type Tensor, topological, type Values } from '../src/engine/graph.ts';
import { interpret } from '../src/engine/interpret.ts';
import { nameOf } from '../src/engine/ops/index.ts';
import { drawOp } from '../src/engine/ops/random.ts';
import { arenaBytes } from '../src/engine/plan.ts';
import { Session } from '../src/engine/session.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { generation, makeModel, parameterCounts, startComputation } from '../src/gan/model.ts';
import { presets } from '../src/gan/presets.ts';
import { STEP_INPUT, trainingStep } from '../src/gan/step.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { relativeError, values } from './support/values.ts';
import { verify } from './support/verify.ts';

const CONFIG = resolveConfig('tiny', {
  batchSize: 6,
  imageSize: 16,
  latent: 10,
  generatorWidths: [8, 8, 4],
  discriminatorWidths: [4, 8],
});
const REALS = 5;
const MODEL = makeModel(CONFIG);
const STEP = trainingStep(MODEL, REALS);
const KEY = { seed: 77, step: 3 };
const IMAGES = values([REALS, 16, 16, 1], 1);
const STEP_SIZE = Float32Array.of(1e-3);
const INPUTS = {
  [STEP_INPUT.images]: IMAGES,
  [STEP_INPUT.generatorStep]: STEP_SIZE,
  [STEP_INPUT.discriminatorStep]: STEP_SIZE,
};

/** A state in the middle of training: every value differs from its initial one. */
const STATE = new Map(
  [...MODEL.layout.slots].map(([name, { shape }], i) => {
    const positive = /gamma|variance|adam_v/.test(name);
    return [name, positive ? values(shape, i + 10, 0.5, 1.5) : values(shape, i + 10, -0.2, 0.2)];
  }),
);

/** The new state and the outputs, computed by the interpreter. */
function interpreted(): Map<string, Values> {
  const feeds = new Map<string, Values>([...STATE, ...Object.entries(INPUTS)]);
  const names = [...Object.keys(STEP.outputs), ...STEP.updates.keys()];
  const computed = interpret(
    [...Object.values(STEP.outputs), ...STEP.updates.values()],
    { key: KEY, feeds },
    'float64',
  );
  return new Map(names.map((name, i) => [name, computed[i]!]));
}

describe.each(TEST_DEVICES)('the compiled step', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    const run = async (passes: PassSwitches, injected: Record<string, Float32Array>, threads: number) => {
      const plan = compile(STEP, MODEL.layout, passes);
      verify(plan);
      const session = new Session(await device.open({ stateFloats: MODEL.layout.floats, threads }), MODEL.layout);
      try {
        await session.writeState(STATE);
        const outputs = Object.keys(STEP.outputs);
        const read = await session.run(plan, { key: KEY, inputs: INPUTS, injected, outputs });
        return new Map([...outputs.map((name, i) => [name, read[i]!] as const), ...(await session.readState())]);
      } finally {
        await session.dispose();
      }
    };
    const differing = (a: Map<string, Values>, b: Map<string, Values>): string[] =>
      [...b].filter(([name, want]) => !(relativeError(a.get(name)!, want) < 2e-5)).map(([name]) => name);

    it('equals the interpreted one, whichever passes are on', async () => {
      const want = interpreted();
      expect(differing(await run(ALL_PASSES, {}, 2), want)).toEqual([]);
      for (const off of Object.keys(ALL_PASSES))
        expect(differing(await run({ ...ALL_PASSES, [off]: false }, {}, 2), want), `without ${off}`).toEqual([]);
    });

    it('gives the same bits when what it would draw is injected, and with any number of threads', async () => {
      const drawn = await run(ALL_PASSES, {}, 1);
      const draws = topological([...Object.values(STEP.outputs), ...STEP.updates.values()]).filter(
        (node: Tensor) => node.op.name === drawOp.name,
      );
      expect(draws.map(nameOf).sort()).toEqual(['mask/fake/1', 'mask/fake/2', 'mask/real/1', 'mask/real/2', 'noise']);
      // Takes the device's own draws, because the last bits of normals differ between devices.
      const plan = compile(
        { name: 'draws', outputs: Object.fromEntries(draws.map((node) => [nameOf(node), node])), updates: new Map() },
        MODEL.layout,
      );
      const session = new Session(await device.open({ stateFloats: MODEL.layout.floats, threads: 1 }), MODEL.layout);
      const names = draws.map(nameOf);
      const arrays = await session.run(plan, { key: KEY, outputs: names });
      await session.dispose();
      const injected = Object.fromEntries(names.map((name, i) => [name, arrays[i]!]));
      for (const threads of device.name === 'reference' ? [1] : [1, 2, 3]) {
        const replayed = await run(ALL_PASSES, injected, threads);
        for (const [name, want] of drawn) expect(replayed.get(name), `${name}, ${threads} threads`).toEqual(want);
      }
    });
  });
});

describe('what a step costs', () => {
  it('is the design of tf2018: 48.9 GFLOP nominal, 43.8 shared, 35.6 needed', () => {
    const model = makeModel(presets.tf2018);
    const cost = costOf(trainingStep(model, 256));
    expect(Object.values(cost).map((flop) => (flop / 1e9).toFixed(1))).toEqual(['48.9', '43.8', '35.6']);
    expect(parameterCounts(model)).toEqual({ generator: 474464, discriminator: 212865 });
  });

  it('fits into little memory, and every preset makes a sound plan', () => {
    for (const config of Object.values(presets)) {
      const model = makeModel(config);
      for (const computation of [
        trainingStep(model, config.batchSize),
        trainingStep(model, 1),
        startComputation(model),
        generation(model, 16),
      ])
        verify(compile(computation, model.layout));
    }
    const plan = compile(trainingStep(makeModel(presets.tf2018), 256), makeModel(presets.tf2018).layout);
    expect(arenaBytes(plan)).toBeLessThan(140e6);
  });

  it('shares memory only between values that never meet', () => {
    const spacious = compile(STEP, MODEL.layout, { ...ALL_PASSES, shareMemory: false });
    expect(arenaBytes(compile(STEP, MODEL.layout))).toBeLessThan(arenaBytes(spacious));
  });
});

it('larger and coloured images make sound plans', () => {
  for (const imageSize of [8, 16, 20, 32, 48, 64, 128, [24, 40], [64, 8]] as const) {
    const model = makeModel(resolveConfig('tiny', { imageSize, channels: 3, batchSize: 2 }));
    const shape = imageShape(model.config);
    const plan = compile(trainingStep(model, 2), model.layout);
    expect(plan.outputs.get('fakes')!.shape).toEqual([2, ...shape]);
    expect(size(plan.inputs.get('images')!.shape)).toBe(2 * shape[0] * shape[1] * 3);
  }
});
