// Known data are known by what they hold, never by a name: what judges them, what they are compared with, and that an evaluation
// which fails ends no training.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { originOf } from '../src/data/known.ts';
import { loadDataset } from '../src/data/load.ts';
import { datasets } from '../src/index.ts';
import { openExtractor, whyNoDigits } from '../src/metrics/extractors.ts';
import { heldOutFor } from '../src/train/run-data.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, png } from './support/pictures.ts';
import { events, SMALL } from './support/training.ts';

const digits = (count: number): Uint8Array => datasets.mnist().bytes(0, count);
const own = (name: string, images: Uint8Array, side = 28, channels = 1): Dataset =>
  new Dataset({ name, images, count: images.length / (side * side * channels), height: side, width: side, channels });
const grey = (count: number): Uint8Array => Uint8Array.from({ length: count * 784 }, (_, i) => (i * 7919) % 256);

workInFolders();

async function judgedBy(data: Dataset): Promise<string | null> {
  const extractor = await openExtractor({}, data, { device: 'wasm', threads: 1 });
  await extractor?.dispose();
  return extractor?.name ?? null;
}

describe('known data', () => {
  it.each<readonly [string, () => Dataset | Promise<Dataset>, string | null, string | null]>([
    ['the first images of mnist', () => datasets.mnist().limit(64), 'mnist', 'digits'],
    ['the test set', () => datasets.mnistTest().limit(64), 'mnist-test', 'digits'],
    ['its bytes under another name', () => own('shop', digits(64)), 'mnist', 'digits'],
    ['other images called mnist', () => own('mnist', grey(64)), null, null],
    ['images that begin as mnist does', () => own('mnist', digits(64).fill(0, 784)), null, null],
    ['more images than mnist has of its kind', () => own('mnist', Buffer.concat([digits(2), grey(2)])), null, null],
    ['mnist and its mirror images', () => datasets.mnist().limit(8).mirrored(), null, null],
    [
      'mnist under other labels',
      () =>
        datasets
          .mnist()
          .limit(4)
          .labelled(Uint8Array.of(0, 1, 0, 1)),
      'mnist',
      'digits',
    ],
    ['colour pictures called mnist', () => own('mnist', grey(12), 28, 3), null, null],
  ])('%s', async (_, open, origin, judge) => {
    const data = await open();
    expect([originOf(data), await judgedBy(data)]).toEqual([origin, judge]);
  });

  it('keep their test set at another size, and lose the classifier', async () => {
    const data = (await loadDataset('mnist-test', { size: 32 })).limit(8);
    expect([originOf(data), data.height, await judgedBy(data)]).toEqual(['mnist-test', 32, null]);
    expect(whyNoDigits(data)).toMatch(/takes MNIST at 28 x 28 x 1 and not at 32 x 32 x 1/);
    expect(whyNoDigits(own('mnist', grey(4)))).toMatch(/are not MNIST's, whatever their name/);
    const wide = own('x', new Uint8Array(32 * 32 * 2), 32).knownAs('mnist');
    expect(await heldOutFor(wide)).toMatchObject({ name: 'mnist-test', height: 32, width: 32, channels: 1 });
    expect(await heldOutFor(own('mnist', grey(8)))).toBe(null);
    expect(await heldOutFor(own('fashion-mnist', grey(8)))).toBe(null);
  });
});

const small = {
  ...SMALL,
  limit: undefined,
  epochs: 1,
  device: 'wasm',
  threads: 1,
  evaluateEvery: 1,
} satisfies TrainOptions;

describe('a training that is evaluated', () => {
  it.each([16, 32])('compares a folder called mnist with itself at %i pixels', async (imageSize) => {
    mkdirSync('mnist');
    for (let i = 0; i < 16; i++) await png(noisy(24, i), `mnist/${i}.png`);
    const seen = await events({ ...small, data: './mnist', imageSize, out: 'run' });
    expect(seen.find(({ type }) => type === 'evaluation')).toMatchObject({ measure: 'sliced-wasserstein', samples: 8 });
    const run = seen.find((event) => event.type === 'run')!;
    expect(run.notes.join()).toContain("the images of mnist are not MNIST's");
  });

  it('refuses before its first step what cannot be evaluated', async () => {
    await expect(events({ ...small, data: own('three', grey(3)), out: 'run' })).rejects.toThrow('four images or more');
    expect(existsSync('run')).toBe(false);
  });

  it('goes on where an evaluation fails', async () => {
    cpSync(fileURLToPath(new URL('golden/networks/grey.onnx', import.meta.url)), 'grey.onnx');
    const data = own('noise', grey(32));
    const seen = await events({ ...small, epochs: 2, data, out: 'run', extractor: 'grey.onnx' }, (event) => {
      if (event.type === 'run') rmSync('grey.onnx');
      return false;
    });
    const warnings = seen.filter((event) => event.type === 'warning');
    expect(warnings.map(({ condition, step }) => [condition, step])).toEqual([
      ['evaluation-failed', 2],
      ['evaluation-failed', 4],
    ]);
    expect(warnings[0]!.seen).toMatch(/^the evaluation failed: .*grey\.onnx/);
    expect(seen.at(-1)!.type).toBe('done');
  });
});
