import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openFashion } from '../src/data/known.ts';
import { loadDataset } from '../src/data/load.ts';
import { openDataset } from '../src/data/open.ts';
import { workInFolders } from './support/folders.ts';

workInFolders();

/** Writes `count` images of 4 × 4, all pixels `value`, in the working folder. */
function images(path: string, count: number, value = 7): void {
  const bytes = Buffer.alloc(16 + count * 16, value);
  for (const [i, word] of [0x803, count, 4, 4].entries()) bytes.writeUInt32BE(word, 4 * i);
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
}

function labels(path: string, count: number, value = 1): void {
  const bytes = Buffer.alloc(8 + count, value);
  for (const [i, word] of [0x801, count].entries()) bytes.writeUInt32BE(word, 4 * i);
  writeFileSync(path, bytes);
}

test('MNIST is the default: 60,000 digits with labels, and 10,000 more to test with', () => {
  const mnist = openDataset();
  expect([mnist.name, mnist.count, mnist.height, mnist.width, mnist.channels]).toEqual(['mnist', 60000, 28, 28, 1]);
  expect([...mnist.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  const tests = openDataset('mnist-test');
  expect([tests.name, tests.count]).toEqual(['mnist-test', 10000]);
  expect([...tests.labels!.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
});

test('an IDX file is images without labels, named after the file', () => {
  images('my digits.idx.gz', 3);
  const { name, count, labels: none } = openDataset('my digits.idx.gz');
  expect([name, count, none]).toEqual(['my-digits', 3, undefined]);
});

test('in a folder, files are known by their first bytes, and labels by their number', () => {
  mkdirSync('set/sub', { recursive: true });
  images('set/pixels', 3);
  labels('set/a', 3, 9);
  labels('set/b', 2);
  writeFileSync('set/notes.txt', 'images-idx3-ubyte');
  images('set/sub/other', 5);
  const set = openDataset('./set/');
  expect([set.name, set.count, [...set.labels!]]).toEqual(['set', 3, [9, 9, 9]]);
});

test('of several files of images the one called train is meant; an unpacked one hides its gzip', () => {
  mkdirSync('set');
  images('set/t10k-images', 9);
  images('set/train-images', 3, 1);
  images('set/train-images.gz', 3, 2);
  labels('set/t10k-labels', 9);
  const set = openDataset('set');
  expect([set.count, set.images[0], set.labels]).toEqual([3, 1, undefined]);
});

test('labels are those with the name of the images, as `datasets.load` finds them', async () => {
  mkdirSync('set');
  images('set/a-train-images', 3);
  labels('set/a-train-labels', 3, 4);
  labels('set/b-test-labels', 3, 5);
  labels('set/c-train-labels', 3, 6);
  const [opened, loaded] = [openDataset('set'), await loadDataset('set')];
  for (const { labels: found } of [opened, loaded]) expect([...found!]).toEqual([4, 4, 4]);
});

test('what cannot be decided or found is told, with the path as it was given', () => {
  mkdirSync('set');
  expect(() => openDataset('./set/')).toThrow(
    'the folder ./set/ holds no IDX file of images: expected a file that begins',
  );
  labels('set/l', 2);
  expect(() => openDataset('./set')).toThrow('got only labels (./set/l).');
  images('set/a', 2);
  images('set/b', 2);
  expect(() => openDataset('./set')).toThrow(
    'the folder ./set holds several IDX files of images: expected one, or one with "train" in its name, got a, b.',
  );
  rmSync('set/b');
  labels('set/m', 2);
  expect(() => openDataset('set')).toThrow('the folder set holds several IDX files of labels');
  expect(() => openDataset('./set/l')).toThrow('./set/l holds labels, not images (byte 0)');
  writeFileSync('set/a', Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1));
  expect(() => openDataset('./set')).toThrow('./set/a is truncated inside its header (byte 8)');
});

test('a name that is nothing gets the nearest right one', () => {
  expect(() => openDataset('minst')).toThrow(
    'there is no dataset and no file minst: expected mnist, mnist-test, fashion-mnist, fashion-mnist-test, or the path of ' +
      'images: a folder, an archive or a file. Did you mean mnist?',
  );
  expect(() => openDataset('../nowhere/digits')).toThrow('no file ../nowhere/digits');
  writeFileSync('f', '');
  expect(() => openDataset('f/x')).toThrow("f/x can't be opened: a part of the path is a file");
});

test('Fashion-MNIST lies where Debian puts it, and else the error says how it gets there', () => {
  mkdirSync('fashion');
  images('fashion/train-images-idx3-ubyte.gz', 3);
  labels('fashion/train-labels-idx1-ubyte', 3, 9);
  const data = openFashion('fashion-mnist', 'fashion');
  expect([data.name, data.count, data.classes![data.labels![0]!]]).toEqual(['fashion-mnist', 3, 'ankle boot']);
  expect(() => openFashion('fashion-mnist-test', 'fashion')).toThrow(
    "Fashion-MNIST isn't on this machine: expected t10k-images-idx3-ubyte.gz in fashion, where Debian's package " +
      'dataset-fashion-mnist puts it. Install it: apt-get install dataset-fashion-mnist; or give the folder with its IDX ' +
      'files: --data FOLDER.',
  );
});
