// The verdict of an evaluation on sets whose quality is known: static, one repeated digit, blurred digits, training images, held-out
// images, and the stages of a real training. It is the same by every extractor, as far as that extractor can tell.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationText } from '../src/cli/evaluation-text.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { uniforms } from '../src/gan/golden.ts';
import { DCGAN, datasets, type Evaluation } from '../src/index.ts';
import type { Extractor } from '../src/metrics/extractor.ts';
import { openExtractor } from '../src/metrics/extractors.ts';
import { Judge } from '../src/metrics/judge.ts';
import { verdictOf } from '../src/metrics/verdict.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events } from './support/training.ts';

const COUNT = 200;
const PIXELS = 28 * 28;
const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
const machine = { device, threads: 2 };
const data = datasets.mnist().limit(2000);
const test = datasets.mnistTest();

const some = (from: Dataset, first: number, count = COUNT): Float32Array =>
  from.batch(Array.from({ length: count }, (_, i) => first + i));
const random = uniforms(5, 1);
const each = (value: (i: number) => number): Float32Array =>
  Float32Array.from({ length: COUNT * PIXELS }, (_, i) => value(i));
const repeated = (distinct: number): Float32Array => {
  const digits = some(test, 0, distinct);
  return each((i) => digits[i % (distinct * PIXELS)]!);
};
const ofClass = (wanted: number): Float32Array =>
  test.batch([...test.labels!.keys()].filter((i) => test.labels![i] === wanted).slice(0, COUNT));

/** Means over squares of 2 · reach + 1 pixels a side. */
function blurred(images: Float32Array, reach: number): Float32Array {
  return images.map((_, i) => {
    const [start, y, x] = [i - (i % PIXELS), Math.floor((i % PIXELS) / 28), i % 28];
    let [total, count] = [0, 0];
    for (let row = Math.max(0, y - reach); row <= Math.min(27, y + reach); row++)
      for (let column = Math.max(0, x - reach); column <= Math.min(27, x + reach); column++) {
        total += images[start + row * 28 + column]!;
        count++;
      }
    return total / count;
  });
}

const SETS: Readonly<Record<string, () => Float32Array>> = {
  static: () => each((i) => 2 * random(i) - 1),
  'grey static': () => each((i) => 0.2 * random(i) - 0.1),
  black: () => each(() => -1),
  'one digit again and again': () => repeated(1),
  'four digits again and again': () => repeated(4),
  'sevens alone': () => ofClass(7),
  'digits blurred a little': () => blurred(some(test, 3000), 1),
  'digits blurred much': () => blurred(some(test, 3000), 2),
  'training images': () => some(data, 100),
  'half training images': () => Float32Array.from([...some(data, 0, COUNT / 2), ...some(test, 3000, COUNT / 2)]),
  'held-out images': () => some(test, 3000),
};

const EXPECTED: Readonly<Record<string, Readonly<Record<keyof typeof SETS, string>>>> = {
  digits: {
    static: 'noise',
    'grey static': 'noise',
    black: 'blank',
    'one digit again and again': 'collapsed',
    'four digits again and again': 'collapsed little-variety',
    'sevens alone': 'collapsed',
    'digits blurred a little': 'blurred',
    'digits blurred much': 'blurred',
    'training images': 'memorised',
    'half training images': 'memorised',
    'held-out images': 'good',
  },
  pixels: {
    static: 'noise',
    'grey static': 'noise',
    black: 'blank',
    'one digit again and again': 'collapsed',
    'four digits again and again': 'collapsed little-variety',
    'sevens alone': 'little-variety',
    'digits blurred a little': 'blurred',
    'digits blurred much': 'blurred',
    'training images': 'memorised',
    'half training images': 'memorised',
    'held-out images': 'good',
  },
  none: {
    static: 'noise',
    'grey static': 'noise',
    black: 'blank',
    'one digit again and again': 'fair',
    'four digits again and again': 'fair',
    'digits blurred a little': 'blurred',
    'digits blurred much': 'blurred',
    'training images': 'plausible',
    'held-out images': 'plausible',
  },
};

describe.each(['digits', 'pixels', 'none'])('by %s', (name) => {
  let extractor: Extractor | null = null;
  let judge: Judge;
  beforeAll(async () => {
    extractor = name === 'none' ? null : await openExtractor({ extractor: name }, data, machine);
    judge = await Judge.open(data, test, { ...machine, seed: 1, count: COUNT, extractor });
  });
  afterAll(async () => {
    await judge.dispose();
    await extractor?.dispose();
  });
  const judged = (images: Float32Array): Promise<Evaluation> =>
    judge.judge({ images, count: images.length / PIXELS, height: 28, width: 28, channels: 1 });

  it.each(Object.entries(EXPECTED[name]!))('%s: %s', async (set, kinds) => {
    const found = await judged(SETS[set]!());
    const { verdict } = found;
    expect(kinds.split(' '), verdict.text).toContain(verdict.kind);
    const text = evaluationText(found, 'x', null);
    expect(text.toLowerCase().startsWith(`${verdict.text}.\n`.toLowerCase())).toBe(true);
    const praised = /precision .*higher is better/.test(text);
    expect(praised).toBe(name !== 'none' && ['good', 'memorised'].includes(verdict.kind));
  });

  if (name === 'digits') {
    it('says how many are copies, and which class all are taken for', async () => {
      expect((await judged(SETS['half training images']!())).verdict.text).toMatch(
        /^memorised: 1\d\d of 200 are copies/,
      );
      expect((await judged(SETS['sevens alone']!())).verdict.text).toMatch(
        /^collapsed: \d+ % are taken for one class \(7\)$/,
      );
    });

    it('says beside each figure that its floor is of another number of images', async () => {
      const found = await judged(some(test, 3000, 60));
      expect(evaluationText(found, 'x', null)).toMatch(/Fréchet distance .* \(of 60 samples; the floor of 200\)\n/);
      expect(evaluationText(await judged(some(test, 3000)), 'x', null)).not.toContain('the floor of');
      expect((await judged(some(test, 3000, 20))).verdict.kind).toBe('too-few');
    });

    it('follows a real training from noise on, and calls none of its first stages good', async () => {
      const out = join(temporaryFolder(), 'run');
      const short = { preset: 'best', groups: 0, batchSize: 32, augment: 'none', epochs: 3, seed: 3 } as const;
      await events({ ...short, ...machine, data: datasets.mnist().limit(512), out });
      const kinds: string[] = [];
      for (let epoch = 0; epoch <= 3; epoch++) {
        if (epoch === 1) continue; // Only the last two and the start are kept.
        const gan = await DCGAN.load(join(out, `checkpoints/epoch-000${epoch}.safetensors`), machine);
        kinds.push((await judged(await gan.generate(COUNT, { seed: 1 }))).verdict.kind);
        await gan.dispose();
      }
      expect(kinds[0]).toBe('noise');
      for (const kind of kinds) expect(['noise', 'collapsed', 'little-variety', 'blurred', 'fair']).toContain(kind);
    });
  }
});

it.each([
  // Portraits that `best` made after 24 epochs of 2,000 (docs/own-pictures.md): the samples of one group are nearly one picture.
  {
    recall: 0.009,
    coverage: 0.957,
    text: '1 % of the data lie among the samples (recall), and 94 % among held-out images',
  },
  { recall: 0.009, coverage: 0.3, text: 'they cover 30 % of the data, and held-out images 97 %' },
  // Without groups the training collapsed to a few portraits.
  { recall: 0, coverage: 0.007, text: null },
])('names the figure that is low: %o', ({ recall, coverage, text }) => {
  const of = (value: number, floor: number): { value: number; floor: number } => ({ value, floor });
  const { kind, text: found } = verdictOf({
    samples: { count: 2000 },
    slicedWasserstein: [of(26.27, 14.28), of(49.52, 18.79)],
    features: {
      ...{ precision: of(0.957, 0.912), recall: of(recall, 0.935), density: of(1.754, 0.996) },
      ...{ coverage: of(coverage, 0.971), copying: { near: of(0, 0.01) }, classes: null },
    },
  } as unknown as Parameters<typeof verdictOf>[0]);
  expect([kind, text && found]).toEqual([text ? 'little-variety' : 'collapsed', text && `little variety: ${text}`]);
});

it('is a function of the figures alone', async () => {
  const judge = await Judge.open(data, test, { ...machine, seed: 1, count: COUNT, extractor: null });
  const { verdict, ...figures } = await judge.judge({
    images: some(test, 0),
    count: COUNT,
    height: 28,
    width: 28,
    channels: 1,
  });
  await judge.dispose();
  expect(verdictOf(figures)).toEqual(verdict);
});
