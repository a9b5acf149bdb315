// Recall and coverage of a training's samples: what they see, in which epochs they are measured, and
// what the watch concludes from them in recorded trainings.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { presets } from '../src/gan/presets.ts';
import type { EpochEvent } from '../src/train/events.ts';
import { Recall } from '../src/train/health/recall.ts';
import { Watch } from '../src/train/health/watch.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, timelessMetrics } from './support/training.ts';

const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
const [SIDE, COUNT, CLASSES] = [4, 1000, 50];

/** Random pictures; each class has a brightness of its own. */
const pictures = new Dataset({
  name: 'random',
  count: COUNT,
  ...{ height: SIDE, width: SIDE, channels: 1 },
  images: Uint8Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => {
    const label = Math.floor(i / (SIDE * SIDE)) % CLASSES;
    return 4 * label + ((Math.imul(i + 1, 2654435761) >>> 24) % 56);
  }),
  labels: Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES),
});
/** An epoch has 500 steps. */
const EACH_EPOCH = { classes: 0, batchSize: 2 };

type Classes = { readonly classes?: number | ArrayLike<number> | undefined };

/** Stands for a model whose samples are these images of the data, or what is made of them. */
function sampler(images: (asked: ArrayLike<number>) => Float32Array): Parameters<Recall['of']>[0] & {
  readonly asked: ArrayLike<number>[];
} {
  const asked: ArrayLike<number>[] = [];
  return {
    asked,
    generate: async (_: Float32Array | number, { classes = [] }: Classes = {}) => {
      asked.push(classes as ArrayLike<number>);
      return images(classes as ArrayLike<number>);
    },
  };
}

const indices = (of: (i: number) => number): number[] => Array.from({ length: 256 }, (_, i) => of(i));

describe('recall', () => {
  const others = pictures.batch(indices((i) => (i * 7 + 3) % COUNT));

  it('is high for other images of the same kind, and zero for one picture and for blends', async () => {
    const recall = new Recall(pictures, EACH_EPOCH);
    const sound = await recall.of(
      sampler(() => others),
      1,
    );
    expect(sound.recall).toBeGreaterThan(0.8);
    expect(sound.coverage).toBeGreaterThan(0.8);
    const one = pictures.batch(indices(() => 500));
    expect(
      (
        await recall.of(
          sampler(() => one),
          2,
        )
      ).recall,
    ).toBeLessThan(0.01);
    const half = pictures.batch(indices((i) => (i * 7 + 503) % COUNT));
    const blends = others.map((value, i) => (value + half[i]!) / 2);
    expect(
      (
        await recall.of(
          sampler(() => blends),
          3,
        )
      ).recall,
    ).toBeLessThan(0.6);
  });

  it('is measured once in 500 steps, and not for fewer than 256 images', async () => {
    const none = { recall: null, coverage: null };
    const model = sampler(() => others);
    const recall = new Recall(pictures, { classes: 0, batchSize: 5 });
    for (const [epoch, measured] of [
      [1, false],
      [2, false],
      [3, true],
      [4, false],
      [6, true],
    ] as const)
      expect((await recall.of(model, epoch)).recall !== null, `epoch ${epoch}`).toBe(measured);
    expect(await new Recall(pictures.limit(255), { classes: 0, batchSize: 1 }).of(model, 2)).toEqual(none);
    expect(model.asked).toHaveLength(2);
  });

  it('with many classes takes samples and reals of the same forty', async () => {
    const recall = new Recall(pictures, { classes: CLASSES, batchSize: 2 });
    const model = sampler(() => others);
    const read = vi.spyOn(pictures, 'batch');
    await recall.of(model, 1);
    const reals = new Set(Array.from(read.mock.calls[0]![0], (i) => pictures.labels![i]!));
    read.mockRestore();
    expect(model.asked[0]).toHaveLength(40);
    expect([...reals].sort((a, b) => a - b)).toEqual(Array.from(model.asked[0]!));
  });
});

type Row = readonly [step: number, diversity: number, within: number, recall: number | null, coverage: number | null];
interface Recorded {
  readonly what: string;
  /** The epoch and the figure of its warning; null for a sound training. */
  readonly warns: readonly [epoch: number, seen: string] | null;
  readonly epochs: readonly Row[];
}

/**
 * Trainings of preset `best` and `quick`, seed 1, with these options. `recall` and `coverage` were
 * measured by this program on the checkpoint of the epoch.
 */
const RECORDED: readonly Recorded[] = JSON.parse(
  readFileSync(new URL('recorded/variety.json', import.meta.url), 'utf8'),
);

describe('the watch on recorded trainings', () => {
  it.each(RECORDED)('$what', ({ warns, epochs }) => {
    const watch = new Watch({ ...presets.best, classes: 40, groups: 40 });
    const found = epochs.flatMap(([step, diversity, classDiversity, recall, coverage], i) =>
      watch
        .epoch({
          ...{ epoch: i + 1, step, diversity, classDiversity, recall, coverage },
          ...{ generatorGradient: 2, discriminatorGradient: 3 },
        })
        .map(({ condition, since, seen }) => [condition, since, i + 1, seen]),
    );
    const [epoch = 0, seen = ''] = warns ?? [];
    const step = epochs[epoch - 1]?.[0];
    expect(found).toEqual(warns ? [['little-variety', step, epoch, `little variety: ${seen}`]] : []);
  });

  it('a low recall of networks that have learned little is no warning', () => {
    const epoch = { epoch: 32, step: 2048, diversity: 0.7, classDiversity: null, recall: 0 };
    const gradients = { generatorGradient: 2, discriminatorGradient: 3 };
    expect(new Watch(presets.tiny).epoch({ ...epoch, ...gradients, coverage: 0.105 })).toEqual([]);
    expect(new Watch(presets.tiny).epoch({ ...epoch, ...gradients, coverage: 0.7 })).toHaveLength(1);
  });
});

it('a training that was stopped and resumed has the same recall in the same epoch', async () => {
  const options = { preset: 'tiny', limit: 256, batchSize: 4, epochs: 8, seed: 3, threads: 1, device } as const;
  const [whole, parted] = [join(temporaryFolder(), 'whole'), join(temporaryFolder(), 'parted')];
  const seen = (await events({ ...options, out: whole })).filter((event) => event.type === 'epoch') as EpochEvent[];
  expect(seen.map(({ recall, coverage }) => [recall !== null, coverage !== null])).toEqual(
    Array.from({ length: 8 }, (_, i) => [i === 7, i === 7]),
  );
  await events({ ...options, out: parted }, (event) => event.type === 'step' && event.step === 300);
  await events({ resume: parted, device, threads: 1 });
  expect(timelessMetrics(parted)).toEqual(timelessMetrics(whole));
});
