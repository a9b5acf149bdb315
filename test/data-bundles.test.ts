// Grey arrays are enlarged three at a time, and `limit` resizes the first images alone. The images
// are the same to the byte either way.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eachPicture } from '../src/data/bundles.ts';
import { Dataset } from '../src/data/dataset.ts';
import { decode } from '../src/data/decode.ts';
import type { Shaping } from '../src/data/image-options.ts';
import { loadDataset } from '../src/data/load.ts';
import type { RawPicture } from '../src/data/supply.ts';
import { workInFolders } from './support/folders.ts';
import { idxOf, labelsOf } from './support/idx.ts';

workInFolders();

const noise = (length: number, seed: number): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
};
const raw = (index: number, height: number, width: number, channels = 1): RawPicture => ({
  ...{ kind: 'raw', index, name: `image ${index}`, height, width, channels },
  pixels: noise(height * width * channels, index + 1),
});

test.each<[Shaping['size'], Shaping['fit'], number[]]>([
  [32, 'crop', [0, 1, 2, 5, 6, 7]],
  [64, 'stretch', [0, 1, 2, 5, 6, 7]],
  [[32, 48], 'crop', [0, 1, 2, 5, 6, 7]],
  // Grey and coloured pictures get their padding in different ways.
  [32, 'pad', []],
  // Libvips has other code for a picture of three channels that is made smaller.
  [24, 'crop', []],
  [28, 'crop', [5, 6, 7]],
])('images of size %s (%s) are those of decoding one by one, in their order', async (size, fit, joined) => {
  const pictures = [
    ...Array.from({ length: 4 }, (_, i) => raw(i, 28, 28)),
    raw(4, 28, 28, 3),
    ...Array.from({ length: 4 }, (_, i) => raw(5 + i, 20, 28)),
    raw(9, 28, 20),
  ];
  const shaping: Shaping = { size, fit, channels: 1, background: '#ffffff' };
  async function* stream(): AsyncGenerator<RawPicture> {
    yield* pictures;
  }
  const together: number[] = [];
  const images: Uint8Array[] = [];
  const window = { most: 2, heaviest: 4000, weigh: () => 784 };
  for await (const image of eachPicture(stream(), window, shaping, async (picture, enlarged) => {
    if (enlarged) together.push(picture.index);
    return enlarged ?? decode(picture, shaping);
  }))
    images.push(image);
  expect(together).toEqual(joined);
  expect(images).toEqual(await Promise.all(pictures.map((picture) => decode(picture, shaping))));
});

test('with a limit only the first images are resized; they are those of the whole, mirrored ones counted', async () => {
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 10);
  const shape = { count: 20, height: 28, width: 28, channels: 1 };
  const digits = new Dataset({ name: 'digits', images: noise(20 * 784, 3), labels, ...shape });
  mkdirSync('digits');
  writeFileSync('digits/train-images', idxOf(digits, 20));
  writeFileSync('digits/train-labels', labelsOf(digits, 20));
  const seen: number[] = [];
  const options = { size: 32, onProgress: ({ total }: { readonly total: number }) => seen.push(total) };
  const few = await loadDataset('digits', options, 7);
  const mirrored = await loadDataset('digits', { ...options, flip: true }, 7);
  expect(new Set(seen)).toEqual(new Set([7, 4]));
  const whole = await loadDataset('digits', options);
  expect([few.sha256, few.count, few.labels, few.classes]).toEqual([
    whole.limit(7).sha256,
    7,
    whole.labels!.subarray(0, 7),
    whole.classes,
  ]);
  expect([mirrored.sha256, mirrored.count]).toEqual([whole.mirrored().limit(7).sha256, 7]);
  const packs = readdirSync('cache/data').length;
  seen.length = 0;
  // The pack of all of them serves any limit.
  expect((await loadDataset('digits', options, 9)).sha256).toBe(whole.limit(9).sha256);
  expect([seen.length, readdirSync('cache/data').length]).toEqual([0, packs]);
});
