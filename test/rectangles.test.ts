// Images that are not square: [height, width] goes through data, networks, files, pictures and
// figures in this order, and squares keep what they were.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { imageSizeOf, isTrainable, showShaped, sizeFromText, sizeText } from '../src/data/image-size.ts';
import { inspectData } from '../src/data/inspect.ts';
import { buildPack, loadDataset } from '../src/data/load.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { networkInput } from '../src/metrics/network-input.ts';
import { type ImageSet, laplacianPyramid } from '../src/metrics/pyramid.ts';
import { npy } from './support/arrays.ts';
import { farthest } from './support/exported.ts';
import { workInFolders } from './support/folders.ts';
import { noisy } from './support/pictures.ts';
import { events, expectPicturesOf, isStep, newestBytes } from './support/training.ts';

workInFolders('rectangles');

const SHAPE = [20, 16, 24, 1] as const;
const bytes = Uint8Array.from({ length: 20 * 16 * 24 }, (_, i) => (i * 37) % 251);

describe('sizes', () => {
  it('are one number for a square, and height before width for a rectangle', () => {
    expect([sizeFromText('28'), sizeFromText('28x28'), sizeFromText('64x96')]).toEqual([28, 28, [64, 96]]);
    expect(['', '64x', 'x64', '64x96x3', '-4', '6.5'].map(sizeFromText)).toEqual(Array(6).fill(null));
    expect([sizeText(28), sizeText([64, 96])]).toEqual(['28', '64x96']);
    expect(showShaped(imageSizeOf(28, 28), 1)).toBe('28 x 28 x 1');
    expect(showShaped([64, 96], 3)).toBe('64 x 96 x 3 (height x width x channels)');
    expect([8, 256, [8, 256], 4, 260, 30, [64, 30]].map((size) => isTrainable(size as number))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('have one form in a configuration, however they were written', () => {
    const sizeOf = (imageSize: unknown): unknown => resolveConfig('tiny', { imageSize: imageSize as number }).imageSize;
    expect([sizeOf([32, 32]), sizeOf('32'), sizeOf('64x96'), sizeOf([64, 96])]).toEqual([32, 32, [64, 96], [64, 96]]);
    for (const wrong of [[64], [64, 30], '64x', [4, 64], null]) expect(() => sizeOf(wrong)).toThrow('imageSize');
  });
});

describe('data', () => {
  it('reads .npy and IDX as they are, and resizes to any rectangle', async () => {
    writeFileSync('wide.npy', npy('|u1', SHAPE, bytes));
    const header = Buffer.alloc(16);
    for (const [i, word] of [0x803, ...SHAPE.slice(0, 3)].entries()) header.writeUInt32BE(word, 4 * i);
    writeFileSync('wide-idx3-ubyte', Buffer.concat([header, bytes]));
    for (const name of ['wide.npy', 'wide-idx3-ubyte']) {
      const data = await loadDataset(name);
      expect([data.height, data.width, data.channels]).toEqual([16, 24, 1]);
      expect(Uint8Array.from(data.images)).toEqual(bytes);
    }
    const tall = await loadDataset('wide.npy', { size: [32, 8] });
    expect([tall.height, tall.width]).toEqual([32, 8]);
  });

  it('packs and inspects pictures at a rectangle', async () => {
    for (const name of ['a.png', 'b.png']) await noisy(40, name.charCodeAt(0)).resize(48, 32).png().toFile(name);
    const { shaping, count } = await buildPack('.', 'out.pack', { size: [16, 24] });
    expect([count, shaping.size]).toEqual([2, [16, 24]]);
    const data = await loadDataset('out.pack');
    expect([data.height, data.width, data.channels]).toEqual([16, 24, 3]);
    const report = await inspectData('.', { size: [16, 24] });
    expect(report.shape).toEqual({ size: [16, 24], channels: 3 });
    expect(report.sheet.shape.slice(1)).toEqual([16, 24, 3]);
    for (const size of [30, [16, 300]] as const) {
      const words = 'size does not suit the networks: expected sides from 8 to 256 that 4 divides';
      await expect(inspectData('.', { size })).rejects.toThrow(words);
      await expect(buildPack('.', 'no.pack', { size })).rejects.toThrow(words);
    }
  });
});

describe('a training', () => {
  it('writes and resumes a rectangle to the bit, and every device draws it', async () => {
    writeFileSync('wide.npy', npy('|u1', SHAPE, bytes));
    const common = {
      preset: 'tiny',
      augment: 'diffaugment',
      batchSize: 8,
      epochs: 2,
      seed: 5,
      evaluateEvery: 2,
    } as const;
    const options = { ...common, data: 'wide.npy', device: 'wasm' } as const;
    await events({ ...options, out: 'whole', threads: 1 });
    await events({ ...options, out: 'run', threads: 2 }, isStep(4));
    const seen = await events({ resume: 'run', device: 'wasm' });
    expect(newestBytes('run').equals(newestBytes('whole'))).toBe(true);
    expectPicturesOf('run', 'whole');
    expect(seen.some(({ type }) => type === 'evaluation')).toBe(true);
    expect(JSON.parse(readFileSync('run/config.json', 'utf8')).config.imageSize).toEqual([16, 24]);
    const made: Float32Array[] = [];
    for (const device of ['wasm', 'reference'] as const) {
      const gan = await DCGAN.load(newestBytes('run'), { device });
      expect(gan.imageShape).toEqual([16, 24, 1]);
      made.push(await gan.generate(3, { seed: 1 }));
      await gan.dispose();
    }
    expect(made[0]!.length).toBe(3 * 16 * 24);
    expect(farthest(made[0]!, made[1]!)).toBeLessThan(1e-5);
  });
});

/** The same images with rows and columns exchanged. */
function turned({ images, count, height, width, channels }: ImageSet): ImageSet {
  const out = new Float32Array(images.length);
  for (let n = 0; n < count; n++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++)
          out[((n * width + x) * height + y) * channels + c] = images[((n * height + y) * width + x) * channels + c]!;
  return { images: out, count, height: width, width: height, channels };
}

test('figures treat both sides alike', () => {
  const set: ImageSet = {
    images: Float32Array.from({ length: 2 * 28 * 56 * 3 }, (_, i) => Math.sin(i * 12.9898)),
    ...{ count: 2, height: 28, width: 56, channels: 3 },
  };
  const levels = laplacianPyramid(set);
  expect(levels.map(({ height, width }) => [height, width])).toEqual([
    [28, 56],
    [14, 28],
  ]);
  for (const [i, level] of laplacianPyramid(turned(set)).entries())
    expect(farthest(turned(level).images, levels[i]!.images)).toBeLessThan(1e-5);
  const input = { order: 'NHWC', height: 9, width: 20, channels: 3, range: '-1..1', bytes: false } as const;
  const small = networkInput(set.images, set, input) as Float32Array;
  const other = networkInput(turned(set).images, turned(set), { ...input, height: 20, width: 9 }) as Float32Array;
  expect(farthest(turned({ images: other, count: 2, height: 20, width: 9, channels: 3 }).images, small)).toBeLessThan(
    1e-5,
  );
});
