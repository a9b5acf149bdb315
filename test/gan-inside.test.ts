// Looking into a model: judgements, layers and projections on every device, against the interpreter
// in double precision, which is held to finite differences.
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDataset } from '../src/data/open.ts';
import type { Computation } from '../src/engine/compile.ts';
import type { Values } from '../src/engine/graph.ts';
import { interpret } from '../src/engine/interpret.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { oneHot } from '../src/gan/drawing.ts';
import { approach, discriminatorLayers, generatorLayers, INSIDE_INPUT, judgement } from '../src/gan/inside.ts';
import { makeModel } from '../src/gan/model.ts';
import { openDigits } from '../src/metrics/digits.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { relativeError, values } from './support/values.ts';

const OPTIONS = {
  batchSize: 6,
  imageSize: 16,
  latent: 6,
  generatorWidths: [8, 8, 4],
  discriminatorWidths: [4, 8],
  classes: 3,
  ema: 0.9,
};
const MODEL = makeModel(resolveConfig('tiny', OPTIONS));
const STATE = new Map(
  [...MODEL.layout.slots].map(([name, { shape }], i) => {
    const positive = /gamma|variance|adam_v/.test(name);
    return [name, positive ? values(shape, i + 10, 0.5, 1.5) : values(shape, i + 10, -0.3, 0.3)];
  }),
);
const N = 3;
const NOISE = values([N, 6], 2, -2, 2);
const IMAGES = values([N, 16, 16, 1], 1);
const CLASSES = [2, 0, 1];

/** All outputs of a computation, by the interpreter in double precision. */
function interpreted({ outputs }: Computation, inputs: Readonly<Record<string, Values>>): Map<string, Values> {
  const feeds = new Map<string, Values>([...STATE, ...Object.entries(inputs)]);
  const computed = interpret(Object.values(outputs), { key: { seed: 0, step: 0 }, feeds }, 'float64');
  return new Map(Object.keys(outputs).map((name, i) => [name, computed[i]!]));
}

const SHARES = { [INSIDE_INPUT.classes]: oneHot(CLASSES, N, 3) };
const TARGET = values([16, 16, 1], 5);
const WEIGHTS = values([16, 16], 6, 0, 1).map((weight, _, all) => weight / all.reduce((a, b) => a + b, 0));

describe('gradients', () => {
  const sum = (all: Values): number => Float64Array.from(all).reduce((total, value) => total + value, 0);
  it.each([
    ['of logits in pixels', judgement(MODEL, N), INSIDE_INPUT.images, IMAGES, 'logits', SHARES],
    [
      'of differences in noise',
      approach(MODEL, N),
      INSIDE_INPUT.noise,
      NOISE,
      'loss',
      { ...SHARES, [INSIDE_INPUT.target]: TARGET, [INSIDE_INPUT.weights]: WEIGHTS },
    ],
  ] as const)('%s are those of finite differences', (_, computation, name, at, output, inputs) => {
    const gradient = interpreted(computation, { ...inputs, [name]: at }).get('gradient')!;
    for (const seed of [21, 22, 23]) {
      const direction = values([at.length], seed);
      const moved = (by: number): number => {
        const there = Float64Array.from(at, (value, i) => value + by * direction[i]!);
        return sum(interpreted(computation, { ...inputs, [name]: there }).get(output)!);
      };
      const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
      const along = sum(direction.map((value, i) => value * gradient[i]!));
      expect(Math.abs(along - slope)).toBeLessThan(1e-5 * Math.max(1e-3, Math.abs(slope)));
    }
  });
});

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`looking into a model on ${title(device)}`, () => {
    const open = async (options: object = {}): Promise<DCGAN> => {
      const gan = await DCGAN.create({
        preset: 'tiny',
        ...OPTIONS,
        seed: 1,
        device: device.name,
        threads: 2,
        ...options,
      });
      onTestFinished(() => gan.dispose());
      const tensors = await gan.tensors();
      await gan.restore(new Map([...STATE].map(([name, data]) => [name, { shape: tensors.get(name)!.shape, data }])));
      return gan;
    };

    it('judges, and says what each layer makes, as the interpreter does', async () => {
      const gan = await open();
      const judged = await gan.judge(IMAGES, { classes: CLASSES });
      const want = interpreted(judgement(MODEL, N), { ...SHARES, [INSIDE_INPUT.images]: IMAGES });
      expect(judged.logits).toHaveLength(N);
      expect(relativeError(judged.logits, want.get('logits')!)).toBeLessThan(2e-5);
      expect(relativeError(judged.gradient, want.get('gradient')!)).toBeLessThan(2e-5);

      const made = await gan.layers({ noise: NOISE }, { classes: CLASSES });
      const wantMade = interpreted(generatorLayers(MODEL, N), { ...SHARES, [INSIDE_INPUT.noise]: NOISE });
      expect(made.map(({ name, shape }) => [name, shape])).toEqual([
        ['fc1', [N, 4, 4, 8]],
        ['conv1', [N, 4, 4, 8]],
        ['conv2', [N, 8, 8, 4]],
        ['conv3', [N, 16, 16, 1]],
      ]);
      for (const { name, data } of made) expect(relativeError(data, wantMade.get(name)!)).toBeLessThan(2e-5);
      expect(relativeError(made.at(-1)!.data, await gan.generate(NOISE, { classes: CLASSES }))).toBeLessThan(2e-5);

      const seen = await gan.layers({ images: IMAGES }, { classes: CLASSES });
      const wantSeen = interpreted(discriminatorLayers(MODEL, N), { ...SHARES, [INSIDE_INPUT.images]: IMAGES });
      expect(seen.map(({ name, shape }) => [name, shape])).toEqual([
        ['conv1', [N, 8, 8, 4]],
        ['conv2', [N, 4, 4, 8]],
        ['fc1', [N, 1]],
      ]);
      for (const { name, data } of seen) expect(relativeError(data, wantSeen.get(name)!)).toBeLessThan(2e-5);
    });

    it('finds the noise of its own images again, the same bits each time', async () => {
      const gan = await open();
      const picture = await gan.generate(NOISE.subarray(0, 6), { classes: 2 });
      const options = { steps: 60, starts: 4, seed: 3 };
      const found = await gan.project(picture, options);
      expect(found).toEqual(await gan.project(picture, options));
      expect(found.class).toBe(2);
      expect(found.distance).toBeLessThan((await gan.project(picture, { ...options, steps: 0 })).distance / 2);
      expect(found.image).toEqual(await gan.generate(found.noise, { classes: found.class! }));
      const error = found.image.reduce((total, value, i) => total + Math.abs(value - picture[i]!), 0) / 256;
      expect(found.distance).toBeCloseTo(127.5 * error, 4);

      const paused = await gan.project(picture, { ...options, pauseAt: 7 });
      expect(paused.search?.step).toBe(7);
      const later = await gan.project(picture, { ...options, pauseAt: 30, resume: structuredClone(paused.search!) });
      expect(later.distance).toBeLessThanOrEqual(paused.distance * 1.01);
      expect(await gan.project(picture, { ...options, resume: later.search! })).toEqual(found);
      expect(found.search).toBeNull();

      const on = await gan.project(picture, { from: found.noise, class: 2, steps: 10 });
      expect(on.distance).toBeLessThanOrEqual(found.distance * 1.01);
      expect((await gan.project(picture, { ...options, steps: 5, class: 1 })).class).toBe(1);
    });

    it('leaves out what the mask does', async () => {
      const gan = await open();
      const picture = await gan.generate(NOISE.subarray(0, 6), { classes: 2 });
      const mask = new Float32Array(256).map((_, i) => (i < 128 ? 1 : 0));
      const other = picture.map((value, i) => (i < 128 ? value : -value));
      const options = { steps: 5, starts: 2, mask };
      expect(await gan.project(other, options)).toEqual(await gan.project(picture, options));
    });

    it('refuses what does not fit', async () => {
      const gan = await open();
      const refusals: [() => Promise<unknown>, string][] = [
        [
          () => gan.judge(IMAGES.subarray(1)),
          'judge: the images do not match the model: expected a multiple of [16, 16, 1], got 767 values',
        ],
        [
          () => gan.judge(IMAGES, { classes: 3 }),
          'a class does not exist in this model: expected whole numbers from 0 to 2, got 3',
        ],
        [() => gan.layers({ noise: new Float32Array(0) }), 'layers: the noise does not match the latent size'],
        [() => gan.project(IMAGES), 'project takes one picture: got 768 values'],
        [
          () => gan.project(TARGET, { steps: 0.5 }),
          'project: steps has an invalid value: expected a whole number from 0',
        ],
        [
          () => gan.project(TARGET, { starts: 0 }),
          'project: starts has an invalid value: expected a whole number from 1 to 64, got 0',
        ],
        [() => gan.project(TARGET, { mask: new Float32Array(256) }), 'project: the mask has an invalid value'],
      ];
      for (const [call, text] of refusals) await expect(call()).rejects.toThrow(text);
    });
  });

describe('projections of trained networks', () => {
  /** Digits of MNIST that are the whole data here, each a class of its own. */
  const DIGITS = [1, 3, 5, 7];
  const SMALL = { batchSize: 8, latent: 16, generatorWidths: [16, 16, 8], discriminatorWidths: [8, 16] };
  /** Mean errors below it reproduce a picture, in grey levels: bench/project counts 100 so. */
  const SAME = 2;

  it('reproduce 4 of 4 generated pictures, and give 4 of 4 real digits a picture that reads as that digit', async () => {
    const data = openDataset('mnist');
    const numbers = { groups: 0, classes: DIGITS.length, ...SMALL };
    const gan = await DCGAN.create({ preset: 'quick', ...numbers, seed: 1, device: 'wasm', threads: 1 });
    const classifier = await openDigits({ device: 'wasm', threads: 1 });
    onTestFinished(async () => {
      await gan.dispose();
      await classifier.dispose();
    });
    const classes = Array.from({ length: SMALL.batchSize }, (_, i) => i % DIGITS.length);
    const batch = data.batch(classes.map((i) => DIGITS[i]!));
    for (let step = 0; step < 220; step++) await gan.step(batch, { classes });

    const found = async (pictures: Float32Array) => {
      const all = [];
      for (const i of DIGITS.keys())
        all.push(await gan.project(pictures.subarray(784 * i, 784 * (i + 1)), { steps: 40, starts: 4 }));
      return all;
    };
    const made = await found(await gan.generate(DIGITS.length, { seed: 7, classes: [0, 1, 2, 3] }));
    expect(made.filter(({ distance }) => distance < SAME)).toHaveLength(4);
    const nearest = await found(data.batch(DIGITS));
    const images = Float32Array.from(nearest.flatMap(({ image }) => [...image]));
    const logits = (await classifier.extract(images, nearest.length)).logits!;
    const read = nearest.map((_, i) => {
      const row = logits.values.subarray(i * logits.width, (i + 1) * logits.width);
      return row.indexOf(Math.max(...row));
    });
    expect(read).toEqual(DIGITS.map((index) => data.labels![index]));
  }, 60_000);
});
