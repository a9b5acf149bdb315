// Data as the tools that people use write them, where these differ from what a form's own description shows.
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inspectData } from '../src/data/inspect.ts';
import { type LoadOptions, loadDataset } from '../src/data/load.ts';
import { npy, pickledArray, pickledDict, pickledList } from './support/arrays.ts';
import { workInFolders } from './support/folders.ts';
import { parquet } from './support/parquet.ts';
import { noisy, png, zip } from './support/pictures.ts';

workInFolders('usual');

async function open(where: string, options: LoadOptions = {}) {
  const notes: string[] = [];
  const data = await loadDataset(where, { ...options, onNote: (note) => notes.push(note) });
  return { data, notes };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** A table with a line of names, and one for each image: its label, and pixels that count on from it. */
function table(names: readonly string[], cell: (name: string, image: number) => number | string, images = 2): string {
  const rows = upTo(images).map((image) => names.map((name) => cell(name, image)).join(','));
  return [names.join(','), ...rows].join('\n');
}
const PIXELS = upTo(64).map((i) => `pixel${i}`);
const numberIn = (name: string): number => Number(/\d+/.exec(name)![0]);

test.each<[string, string[]]>([
  ['an index that pandas writes', ['', 'label', ...PIXELS]],
  ['an id in words', ['id', 'label', ...PIXELS]],
  ['labels behind the pixels', [...PIXELS, 'label']],
  ['pixels in another order', ['label', ...PIXELS.toReversed()]],
  [
    'pixels by row and column',
    [
      'label',
      ...upTo(64)
        .map((i) => `${1 + (i >> 3)}x${1 + (i & 7)}`)
        .toReversed(),
    ],
  ],
])('CSV with %s gives the same images and labels', async (what, names) => {
  const cell = (name: string, image: number): number | string => {
    if (name === '') return image;
    if (name === 'id') return `img_${image}.png`;
    if (name === 'label') return image + 3;
    const [, row, column] = /^(\d)x(\d)$/.exec(name) ?? [];
    return image + (row === undefined ? numberIn(name) : 8 * (Number(row) - 1) + Number(column) - 1);
  };
  writeFileSync('t.csv', table(names, cell));
  const { data, notes } = await open('t.csv');
  expect([...data.images]).toEqual([...upTo(64), ...upTo(64).map((i) => i + 1)]);
  expect([...data.labels!]).toEqual([3, 4]);
  const notRead = /^an i/.test(what) ? [`t.csv: columns that are not read: ${names[0] || 'one without a name'}`] : [];
  const sorted = what.startsWith('pixels') ? ["t.csv: pixels are read in the order of their columns' names"] : [];
  expect(notes).toEqual([...notRead, ...sorted]);
});

test('CSV whose columns pandas has counted: the line of numbers is no image', async () => {
  const pixels = upTo(400).map(String);
  const cell = (name: string): number => numberIn(name) % 250;
  writeFileSync('plain.csv', table(pixels, cell));
  const { data } = await open('plain.csv');
  expect([data.count, data.height, ...data.images.subarray(0, 2)]).toEqual([2, 20, 0, 1]);
  writeFileSync(
    'first.csv',
    table([...pixels, '400'], (name) => (name === '0' ? 7 : cell(name))),
  );
  const first = await open('first.csv');
  expect([...first.data.labels!, ...first.data.images.subarray(0, 2)]).toEqual([7, 7, 1, 2]);
});

/** An IDX file of bytes. */
function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt32BE(0x800 + shape.length);
  for (const [d, side] of shape.entries()) head.writeUInt32BE(side, 4 + 4 * d);
  return Buffer.concat([head, values]);
}

test("EMNIST's folder has several sets of as many images: a file given alone finds its labels by name", async () => {
  mkdirSync('emnist');
  for (const [set, label] of [
    ['byclass', 5],
    ['bymerge', 6],
  ] as const) {
    writeFileSync(`emnist/${set}-train-images-idx3-ubyte.gz`, gzipSync(idx([2, 8, 8], new Uint8Array(128))));
    writeFileSync(`emnist/${set}-train-labels-idx1-ubyte.gz`, gzipSync(idx([2], Uint8Array.of(label, 1))));
  }
  await expect(loadDataset('emnist')).rejects.toThrow('Give the path of the one you mean');
  const { data } = await open('emnist/bymerge-train-images-idx3-ubyte.gz');
  expect([...data.labels!]).toEqual([6, 1]);
  writeFileSync('emnist/bymerge-train-labels-idx1-ubyte.gz', idx([3], new Uint8Array(3)));
  const odd = await open('emnist/bymerge-train-images-idx3-ubyte.gz');
  expect([odd.data.labels, ...odd.notes]).toEqual([
    undefined,
    'emnist/bymerge-train-labels-idx1-ubyte.gz has 3 labels and emnist/bymerge-train-images-idx3-ubyte.gz has 2 images: the labels are not used',
  ]);
});

test('a file of CIFAR-100 or STL-10 given alone finds what lies beside it, and coarse labels are named', async () => {
  mkdirSync('hundred');
  const pixels = pickledArray(new Uint8Array(2 * 3072), [2, 3072]);
  writeFileSync(
    'hundred/train',
    pickledDict({ fine_labels: pickledList([1, 0]), coarse_labels: pickledList([0, 0]), data: pixels }),
  );
  writeFileSync('hundred/meta', pickledDict({ fine_label_names: pickledList(['apple', 'fish']) }));
  const { data, notes } = await open('hundred/train');
  expect([...data.labels!, ...data.classes!]).toEqual([1, 0, 'apple', 'fish']);
  expect(notes).toEqual(['classes are those of fine_labels; coarse_labels are not used']);
  mkdirSync('stl');
  writeFileSync('stl/train_X.bin', new Uint8Array(3 * 96 * 96));
  writeFileSync('stl/train_y.bin', Uint8Array.of(10));
  expect([...(await open('stl/train_X.bin')).data.labels!]).toEqual([9]);
});

test('Parquet with labels in words, with an image that has no label, and packed in a way that is not read', async () => {
  const pictures = await Promise.all(upTo(3).map((i) => png(noisy(16, i))));
  writeFileSync('words.parquet', parquet(pictures, ['owl', 'cat', 'owl'], []));
  const { data } = await open('words.parquet');
  expect([...data.labels!, ...data.classes!]).toEqual([1, 0, 1, 'cat', 'owl']);
  writeFileSync('gap.parquet', parquet(pictures, [1, null, 1], ['cat', 'owl']));
  expect((await open('gap.parquet')).data.whyNoClasses).toBe('image 1 has no label');
  writeFileSync('brotli.parquet', parquet(pictures, [1, 0, 1], ['cat', 'owl'], 3, 4));
  await expect(loadDataset('brotli.parquet')).rejects.toThrow(/BROTLI\. Write it with the usual packing: python3/);
});

test.each<[string, number[], string]>([
  ['reach a little past 1', [0, 1.02, -0.01, 0.5], 'Cut them: images = images.clip(0, 1); or scale them'],
  ['reach 2.5', [0, 2.5, 1, 0.5], 'got 0 to 2.5. Scale them'],
])('floats that %s are refused, since rounded they would be black', async (_, values, message) => {
  writeFileSync('x.npy', npy('<f4', [1, 2, 2], Float32Array.from(values)));
  await expect(loadDataset('x.npy')).rejects.toThrow(message);
});

/** A .tar of files by names of any bytes (POSIX, "ustar Interchange Format"). */
function tar(files: readonly (readonly [name: Buffer, data: Uint8Array])[]): Buffer {
  const blocks = files.flatMap(([name, data]) => {
    const head = Buffer.alloc(512);
    name.copy(head);
    head.write('0000644\0', 100);
    head.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write('        0', 148);
    head.write('ustar\x0000', 257);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [head, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test('folders whose names are not UTF-8 are classes, except in a .tar, where two may look the same', async () => {
  const picture = await png(noisy(16, 1));
  const names = ['caf\xe9', 'caf\xe8'].map((name) => Buffer.from(name, 'latin1'));
  for (const name of names) {
    const folder = Buffer.concat([Buffer.from('names/'), name]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(Buffer.concat([folder, Buffer.from('/0.png')]), picture);
  }
  expect((await open('names')).data.classes).toEqual(['caf\\xe8', 'caf\\xe9']);
  writeFileSync(
    'names.tar',
    tar(
      names.flatMap((name) => [0, 1].map((i) => [Buffer.concat([name, Buffer.from(`/${i}.png`)]), picture] as const)),
    ),
  );
  const { data } = await open('names.tar');
  expect([data.count, data.classes]).toEqual([4, undefined]);
  expect(data.whyNoClasses).toContain("names can't be told apart in a .tar: unpack it");
  const [cafe] = names;
  writeFileSync(
    'one.tar',
    tar(['a', 'b'].map((name) => [Buffer.concat([Buffer.from(`${name}/`), cafe!, Buffer.from('.png')]), picture])),
  );
  expect((await open('one.tar')).data.classes).toEqual(['a', 'b']);
});

test('inspect counts what is not read around arrays, in a folder and in an archive in an archive', async () => {
  const images = idx([2, 8, 8], Uint8Array.from(upTo(128)));
  mkdirSync('digits');
  writeFileSync('digits/train-images-idx3-ubyte', images);
  writeFileSync('digits/notes.txt', '');
  expect((await inspectData('digits')).unread).toEqual({
    count: 1,
    kinds: [{ kind: 'TXT', count: 1 }],
    first: ['notes.txt'],
  });
  const inner = zip([
    { name: 'train-images', data: images },
    { name: 'a.txt', data: Buffer.from('a') },
  ]);
  writeFileSync(
    'outer.zip',
    zip([
      { name: 'inner.zip', data: inner },
      { name: 'b.txt', data: Buffer.from('b') },
      { name: 'c.md', data: Buffer.from('c') },
    ]),
  );
  const { count, kinds } = (await inspectData('outer.zip')).unread;
  expect([count, ...kinds.map(({ kind, count: n }) => `${n} ${kind}`)]).toEqual([3, '2 TXT', '1 MD']);
});
