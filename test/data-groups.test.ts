// Groups of alike images: all of one size, alike within a group, and the same every time. A
// training on them resumes to the bit, and groups can be switched off.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { GROUPED_BY } from '../src/data/group-features.ts';
import { findGroups } from '../src/data/groups.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { learningRates } from '../src/gan/schema.ts';
import { penaltyFor } from '../src/train/amount.ts';
import { configOn } from '../src/train/settle.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, isStep, newestBytes, SMALL } from './support/training.ts';

const SIDE = 16;

/** Makes images whose pixels `paint` computes from the image's number and the place. */
function datasetOf(count: number, paint: (image: number, y: number, x: number) => number): Dataset {
  const images = Uint8Array.from({ length: count * SIDE * SIDE }, (_, at) => {
    const place = at % (SIDE * SIDE);
    return paint(Math.floor(at / (SIDE * SIDE)), Math.floor(place / SIDE), place % SIDE);
  });
  return new Dataset({ name: 'made', images, count, height: SIDE, width: SIDE, channels: 1 });
}

const noise = (...numbers: readonly number[]): number =>
  Math.abs(Math.round(1e4 * Math.sin(numbers.reduce((sum, n, i) => sum + n * (i * 7 + 3.7), 1)))) % 60;

describe('groups', () => {
  it.each(GROUPED_BY)('by %s find what is alike, whatever the order', async (by) => {
    // Images are bright at the left, at the right, or at the top.
    const kinds = [(_: number, x: number) => x < 8, (_: number, x: number) => x >= 8, (y: number) => y < 8];
    const kindOf = (image: number): number => (image * 7) % 3;
    const data = datasetOf(60, (image, y, x) => noise(image, y, x) + (kinds[kindOf(image)]!(y, x) ? 180 : 0));
    const groups = await findGroups(data, 3, by);
    const ofKind = [0, 1, 2].map((kind) => new Set([...groups].filter((_, image) => kindOf(image) === kind)));
    expect(ofKind.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(groups).size).toBe(3);
    expect(await findGroups(data, 3, by)).toEqual(groups);
  });

  it('by edges have edges of the same directions, wherever their pixels are', async () => {
    // Stripes across, stripes down, and diagonal ones, each moved by as much as a stripe is wide.
    const kinds = [(y: number, _: number) => y, (_: number, x: number) => x, (y: number, x: number) => x + y];
    const kindOf = (image: number): number => (image * 7) % 3;
    const data = datasetOf(60, (image, y, x) => ((kinds[kindOf(image)]!(y, x) + (image % 4)) % 8 < 4 ? 200 : 20));
    const groups = await findGroups(data, 3, 'edges');
    const ofKind = [0, 1, 2].map((kind) => new Set([...groups].filter((_, image) => kindOf(image) === kind)));
    expect(ofKind.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(groups).size).toBe(3);
  });

  it.each(GROUPED_BY)('by %s have alike colours where images have no edges', async (by) => {
    const images = Uint8Array.from({ length: 60 * SIDE * SIDE * 3 }, (_, at) => {
      const image = Math.floor(at / (SIDE * SIDE * 3));
      return at % 3 === (image * 7) % 3 ? 200 : image % 20;
    });
    const data = new Dataset({ name: 'made', images, count: 60, height: SIDE, width: SIDE, channels: 3 });
    const groups = await findGroups(data, 3, by);
    const ofKind = [0, 1, 2].map((kind) => new Set([...groups].filter((_, image) => (image * 7) % 3 === kind)));
    expect(ofKind.map(({ size }) => size)).toEqual([1, 1, 1]);
  });

  it('by edges are found on all of data that repeat in order', async () => {
    // Every sixth image has bright corners, and would be all that is met at even distances.
    const [count, turn] = [60_000, 6];
    const data = datasetOf(count, (image, y, x) => {
      if (image % turn === 0) return y < 4 && x < 4 ? 255 : 0;
      const kind = (image % turn) % 2;
      return (kind === 0 ? y : x) % 8 < 4 ? 200 : 20;
    });
    const groups = await findGroups(data, 6, 'edges');
    const kindOf = (image: number): number => (image % turn === 0 ? 2 : (image % turn) % 2);
    const most = Array.from({ length: 6 }, (_, group) => {
      const kinds = [0, 0, 0];
      groups.forEach((found, image) => {
        if (found === group) kinds[kindOf(image)]!++;
      });
      return Math.max(...kinds);
    });
    expect(most.reduce((sum, n) => sum + n) / count).toBeGreaterThan(0.99);
  });

  it('are of one size, of any number of images', async () => {
    const upTo60 = fc.integer({ min: 2, max: 60 });
    await fc.assert(
      fc.asyncProperty(upTo60, upTo60, fc.constantFrom(...GROUPED_BY), async (images, wanted, by) => {
        const count = Math.min(images, wanted);
        const groups = await findGroups(datasetOf(images, noise), count, by);
        const sizes = Array.from({ length: count }, (_, k) => groups.filter((group) => group === k).length);
        expect(groups.length).toBe(images);
        expect(sizes.reduce((sum, size) => sum + size)).toBe(images);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 20 },
    );
  });

  it.each(GROUPED_BY)('by %s of equal images are still of one size', async (by) => {
    const equal = datasetOf(10, () => 9);
    const groups = await findGroups(equal, 5, by);
    expect([...groups].sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});

/** Black squares: what a training decides from their number and size alone. */
function blank(count: number, side: number, channels: number): Dataset {
  const images = new Uint8Array(count * side * side * channels);
  return new Dataset({ name: 'made', images, count, height: side, width: side, channels });
}

describe('a training on groups', () => {
  const grouped = { ...SMALL, groups: 4 } as const;

  it('resumes to the bit, keeps their number, and is no training on classes', async () => {
    const straight = join(temporaryFolder(), 'straight');
    await events({ ...grouped, out: straight });
    const out = join(temporaryFolder(), 'run');
    await events({ ...grouped, out }, isStep(4));
    await expect(events({ resume: out, groups: 5 })).rejects.toThrow(
      'groups cannot change when a run is resumed: expected 4, got 5',
    );
    await expect(events({ resume: out, groupsBy: 'copies' })).rejects.toThrow(
      'groupsBy cannot change when a run is resumed: expected "edges", got "copies"',
    );
    await expect(events({ resume: out, cond: true })).rejects.toThrow('cond cannot change when a run is resumed');
    await events({ resume: out });
    expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).config).toMatchObject({
      groups: 4,
      groupsBy: 'edges',
      classes: 4,
    });
    // Only the checkpoint knows that its classes were groups.
    const file = join(straight, 'checkpoints', 'epoch-0002.safetensors');
    const adopted = join(temporaryFolder(), 'adopted');
    await events({ resume: file, limit: SMALL.limit, out: adopted });
    expect(newestBytes(adopted).equals(newestBytes(straight))).toBe(true);
  });

  it('makes few samples of other groups for another seed', async () => {
    const gan = await DCGAN.create({ preset: 'tiny', classes: 4, groups: 4, seed: 1 });
    try {
      const noise = await gan.sampleNoise(2, 7);
      const made = await gan.generate(2, { seed: 7 });
      expect(made).toEqual(await gan.generate(noise, { classes: [3, 0] }));
      expect(made).not.toEqual(await gan.generate(noise, { classes: [0, 1] }));
    } finally {
      await gan.dispose();
    }
  });

  it('is what preset best does of itself, where there are enough images', () => {
    const many = datasetOf(2000, noise);
    expect(configOn(many, { preset: 'best' })).toMatchObject({ groups: 40, classes: 40 });
    expect(configOn(many.limit(250), { preset: 'best' })).toMatchObject({ groups: 5, classes: 5 });
    expect(configOn(many.limit(60), { preset: 'best' })).toMatchObject({ groups: 0, classes: 0 });
    expect(configOn(many, { preset: 'quick' })).toMatchObject({ groups: 40, classes: 40, batchSize: 32, epochs: 10 });
    expect(configOn(many, { preset: 'best', groups: 0 })).toMatchObject({ groups: 0, classes: 0 });
    expect(configOn(many, { preset: 'tf2018' })).toMatchObject({ groups: 0, classes: 0 });
    const labelled = many.labelled(Uint8Array.from({ length: 2000 }, (_, i) => i % 3));
    expect(configOn(labelled, { preset: 'best', cond: true })).toMatchObject({ groups: 0, classes: 3 });
  });

  it('finds them by edges for grey images and by small copies for colour, unless the options say otherwise', () => {
    const images = new Uint8Array(200 * SIDE * SIDE * 3);
    const colour = new Dataset({ name: 'made', images, count: 200, height: SIDE, width: SIDE, channels: 3 });
    const grey = datasetOf(200, noise);
    const by = (data: Dataset, options = {}) => configOn(data, { preset: 'best', ...options }).groupsBy;
    expect([by(grey), by(colour)]).toEqual(['edges', 'copies']);
    expect([by(grey, { groupsBy: 'copies' }), by(colour, { groupsBy: 'edges' })]).toEqual(['copies', 'edges']);
  });

  it('and trains longer on few images, in smaller batches, and with R1', () => {
    const many = datasetOf(10_000, noise);
    const on = (count: number, options = {}) => configOn(many.limit(count), { preset: 'best', ...options });
    // Of fewer images than a mini-batch an epoch is one step, so they get no more steps than sixteen have.
    expect([on(16), on(5), on(1)].map(({ epochs }) => epochs)).toEqual([16_000, 16_000, 16_000]);
    const few = { augment: 'none', batchSize: 16, r1: 1 };
    expect(on(10_000)).toMatchObject({ epochs: 26, augment: 'none', batchSize: 64, r1: 0 });
    expect(on(9_999)).toMatchObject({ epochs: 26, ...few });
    expect(on(640)).toMatchObject({ epochs: 400, ...few });
    const asked = { epochs: 3, r1: 0.1, batchSize: 32 } as const;
    expect(on(640, asked)).toMatchObject(asked);
    expect(configOn(many.limit(640), { preset: 'tiny' })).toMatchObject({ epochs: 10, batchSize: 64, r1: 0 });
  });

  it.each([{ augment: 'diffaugment' }, { loss: 'wgan-gp' }, { discriminatorBatchNorm: true }, { r1: 0 }] as const)(
    'leaves R1 out where %j takes its place',
    (options) => {
      const few = datasetOf(60, noise);
      expect(configOn(few, { preset: 'best', ...options })).toMatchObject({ ...options, batchSize: 16, r1: 0 });
    },
  );

  it('weighs R1 by the number of pixels', () => {
    expect([16, 28, 32, 64, [64, 96] as const].map(penaltyFor)).toEqual([1, 3.1, 4, 16, 24]);
  });

  it.each([
    { side: 32, channels: 3, generator: 1e-3, discriminator: 1e-3 },
    { side: 32, channels: 1, generator: 5e-4, discriminator: 5e-4 },
    { side: 36, channels: 3, generator: 1e-3, discriminator: 5e-4 },
    { side: 36, channels: 1, generator: 5e-4, discriminator: 5e-4 },
  ])('learns $side x $side pixels of $channels channels at $generator and $discriminator', (row) => {
    const { side, channels, generator, discriminator } = row;
    const images = Uint8Array.from({ length: 60 * side * side * channels }, (_, i) => i % 251);
    const few = new Dataset({ name: 'made', images, count: 60, height: side, width: side, channels });
    const rates = (options = {}) => learningRates(configOn(few, { preset: 'best', ...options }));
    expect(rates()).toEqual({ generator, discriminator });
    expect(rates({ learningRate: 2e-4 })).toEqual({ generator: 2e-4, discriminator: 2e-4 });
    expect(rates({ generatorLearningRate: 2e-4 })).toEqual({ generator: 2e-4, discriminator });
    expect(rates({ discriminatorLearningRate: 2e-4 })).toEqual({ generator, discriminator: 2e-4 });
    expect(rates({ r1: 0 })).toEqual({ generator: 5e-4, discriminator: 5e-4 });
  });

  it('shows pictures in colour less often where it takes R1', () => {
    const made = (count: number, channels: number) => blank(count, 8, channels);
    const epochs = (data: Dataset, options = {}) => configOn(data, { preset: 'best', groups: 0, ...options }).epochs;
    expect(epochs(made(2000, 3))).toBe(75);
    expect(epochs(made(150, 3))).toBe(1000);
    expect(epochs(made(9999, 3))).toBe(16);
    expect(epochs(made(10_000, 3))).toBe(26);
    expect(epochs(made(2000, 3), { epochs: 12 })).toBe(12);
    expect(epochs(made(2000, 3), { r1: 0 })).toBe(128);
    expect(epochs(made(2000, 3), { augment: 'diffaugment' })).toBe(128);
    expect(epochs(made(2000, 1))).toBe(128);
  });

  it('has R1 in every fourth step for pictures in colour of up to 64 x 64, or as was asked for', () => {
    const few = (channels: number, side = 8) => blank(60, side, channels);
    const every = (data: Dataset, options = {}) => configOn(data, { preset: 'best', ...options }).r1Every;
    expect(every(few(3))).toBe(4);
    expect([64, 68, 128].map((side) => every(few(3, side)))).toEqual([4, 1, 1]);
    expect(every(few(3, 128), { r1Every: 4 })).toBe(4);
    expect(every(few(1))).toBe(1);
    expect(every(few(3), { r1Every: 2 })).toBe(2);
    expect(every(few(1), { r1Every: 2 })).toBe(2);
    expect(every(few(3), { r1: 1 })).toBe(1);
    expect(every(few(3), { r1: 1, r1Every: 3 })).toBe(3);
    expect(() => every(few(3), { augment: 'diffaugment', r1Every: 2 })).toThrow('r1Every needs r1');
    expect(() => every(few(3), { r1Every: 1.5 })).toThrow('r1Every');
  });

  it('repeats the pixels of pictures in colour where it takes R1, from 32 x 32 on', () => {
    const few = (side: number, channels = 3) => blank(60, side, channels);
    expect(configOn(few(32), { preset: 'best' }).upsampling).toBe('nearest');
    expect(configOn(few(64), { preset: 'best' }).upsampling).toBe('nearest');
    expect(configOn(few(32), { preset: 'best', upsampling: 'transposed' }).upsampling).toBe('transposed');
    expect(configOn(few(32), { preset: 'best', augment: 'diffaugment' }).upsampling).toBe('transposed');
    expect(configOn(few(32), { preset: 'quick' }).upsampling).toBe('transposed');
    expect(configOn(few(16), { preset: 'best' }).upsampling).toBe('transposed');
    expect(configOn(few(32, 1), { preset: 'best' }).upsampling).toBe('transposed');
  });

  it.each([
    [{ groups: 1 }, 'groups 1 says nothing: every image is in the only group. Ask for 2 or more, or leave it out.'],
    [
      { groups: 4, cond: true },
      'groups and cond exclude each other, because groups take the place of classes. Leave one of them out.',
    ],
    [{ groups: 90 }, 'groups exceeds the number of images: expected 60 or fewer, got 90'],
  ])('refuses %j', (options, message) => {
    const data = datasetOf(60, noise).labelled(new Uint8Array(60));
    expect(() => configOn(data, { preset: 'tiny', ...options })).toThrow(message);
  });
});
