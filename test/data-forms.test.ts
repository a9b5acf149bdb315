// The forms in which images come as arrays: each is read as what it means, and refused in words where it means nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { expect, test } from 'vitest';
import { inspectData } from '../src/data/inspect.ts';
import { type LoadOptions, loadDataset } from '../src/data/load.ts';
import { npy, npz, pickledArray, pickledDict, pickledList, pickledText } from './support/arrays.ts';
import { workInFolders } from './support/folders.ts';
import { parquet } from './support/parquet.ts';
import { noisy, png, zip } from './support/pictures.ts';

workInFolders('work');

/** Opens data, and hears what is said of them. */
async function open(where: string, options: LoadOptions = {}) {
  const notes: string[] = [];
  const data = await loadDataset(where, { ...options, onNote: (note) => notes.push(note) });
  return { data, notes, shape: [data.count, data.height, data.width, data.channels] };
}

/** The bytes of a file, written under `name`. */
function write(name: string, bytes: Uint8Array | string): string {
  writeFileSync(name, bytes);
  return name;
}

const numbers = (count: number, of = (i: number): number => i): number[] =>
  Array.from({ length: count }, (_, i) => of(i));
const bytes = (count: number, of?: (i: number) => number): Uint8Array => Uint8Array.from(numbers(count, of));

test.each<[string, string, ArrayBufferView, number[], string | null]>([
  ['floats in [0, 1]', '<f4', Float32Array.of(0, 0.5, 1, 0.2), [0, 128, 255, 51], '0 becomes 0 and 1 becomes 255'],
  ['floats in [-1, 1]', '<f8', Float64Array.of(-1, 0, 1, 0.5), [0, 128, 255, 191], '-1 becomes 0 and 1 becomes 255'],
  ['floats in [0, 255]', '<f4', Float32Array.of(0, 1.6, 255, 20), [0, 2, 255, 20], 'which are rounded'],
  ['half floats', '<f2', Uint16Array.of(0, 0x3800, 0x3c00, 0x2e66), [0, 128, 255, 25], '0 becomes 0'],
  ['booleans', '|b1', Uint8Array.of(0, 1, 1, 0), [0, 255, 255, 0], 'true becomes 255'],
  ['12 bits', '<u2', Uint16Array.of(0, 4095, 2048, 273), [0, 255, 128, 17], 'taken for 12 bits: 4095 becomes 255'],
  ['16 bits, big-endian', '>u2', Uint8Array.of(0, 0, 255, 255, 128, 0, 1, 1), [0, 255, 128, 1], 'taken for 16 bits'],
  ['long integers', '<i8', BigInt64Array.of(0n, 255n, 7n, 9n), [0, 255, 7, 9], null],
])('.npy of %s', async (_, descr, values, expected, said) => {
  const { data, notes, shape } = await open(write('x.npy', npy(descr, [1, 2, 2], values)));
  expect([...data.images]).toEqual(expected);
  expect(shape).toEqual([1, 2, 2, 1]);
  if (said === null) expect(notes).toEqual([]);
  else expect(notes.join()).toContain(said);
});

test.each<[string, string, ArrayBufferView, string]>([
  ['a NaN', '<f4', Float32Array.of(0, 1, Number.NaN, 0), 'x.npy holds a value that is not finite (value 2)'],
  ['a wide range', '<f4', Float32Array.of(-3, 300, 0, 0), 'x.npy holds float32 values in a range that no rule fits'],
  ['negative integers', '<i2', Int16Array.of(-3, 3, 0, 0), 'got -3 to 3. Scale them: images ='],
  ['objects', '|O', new Uint8Array(4), 'It holds Python objects'],
  ['complex numbers', '<c8', new Uint8Array(32), 'x.npy holds values of the wrong type: expected booleans'],
])('.npy of %s is refused', async (_, descr, values, message) => {
  write('x.npy', npy(descr, [1, 2, 2], values));
  await expect(loadDataset('x.npy')).rejects.toThrow(message);
});

test('.npy: rows of pixels, planes, an alpha channel, Python 2', async () => {
  expect((await open(write('rows.npy', npy('|u1', [3, 64], bytes(192))))).shape).toEqual([3, 8, 8, 1]);
  const planes = await open(
    write(
      'planes.npy',
      npy(
        '|u1',
        [2, 3, 8, 8],
        bytes(384, (i) => i % 251),
      ),
    ),
  );
  expect(planes.shape).toEqual([2, 8, 8, 3]);
  expect([...planes.data.bytes(0, 1).subarray(0, 6)]).toEqual([0, 64, 128, 1, 65, 129]);
  expect(planes.notes).toEqual(['planes.npy is [2, 3, 8, 8], which is read as [N, channels, height, width]']);
  const alpha = npy(
    '|u1',
    [1, 8, 8, 4],
    bytes(256, (i) => (i % 4 === 3 ? (i < 8 ? 0 : 255) : 100)),
  );
  const laid = await open(write('rgba.npy', alpha), { background: '#ff8000' });
  expect(laid.shape).toEqual([1, 8, 8, 3]);
  expect([...laid.data.images.subarray(0, 9)]).toEqual([255, 128, 0, 255, 128, 0, 100, 100, 100]);
  expect(laid.notes).toEqual(['rgba.npy has an alpha channel: its images are laid on #ff8000']);
  expect((await open(write('old.npy', npy('|u1', [2, 8, 8], bytes(128), { python2: true })))).shape).toEqual([
    2, 8, 8, 1,
  ]);
  const turned = await open(write('emnist.npy', npy('|u1', [1, 2, 3], bytes(6))), { transpose: true, size: 8 });
  expect(turned.shape).toEqual([1, 8, 8, 1]);
  const upright = await open(write('square.npy', npy('|u1', [1, 2, 2], bytes(4))), { transpose: true });
  expect([...upright.data.images]).toEqual([0, 2, 1, 3]);
  const table = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 12]), bytes(96)]);
  const turnedTable = await open(write('emnist.idx', table), { transpose: true });
  expect(turnedTable.shape).toEqual([1, 12, 8, 1]);
  expect([...turnedTable.data.images.subarray(0, 9)]).toEqual([0, 12, 24, 36, 48, 60, 72, 84, 1]);
});

test('arrays of a size that no network takes get another, which is said', async () => {
  write('odd.npy', npy('|u1', [2, 10, 13], bytes(260)));
  const said =
    'the images of odd are 10 x 13 (height x width), which the networks do not take: they become 64 x 64; --size HxW chooses another size';
  // The second time its pack is there.
  for (let time = 0; time < 2; time++)
    expect(await open('odd.npy').then(({ shape, notes }) => [...shape, ...notes])).toEqual([2, 64, 64, 1, said]);
  const notes: string[] = [];
  await inspectData('odd.npy', { onNote: (note) => notes.push(note) });
  expect([notes, (await open('odd.npy', { size: [8, 12] })).notes]).toEqual([[said], []]);
});

test.each<[string, readonly number[], string]>([
  ['a single picture', [28, 28], 'A single picture needs a count before it: images[None].'],
  ['a single picture, or rows', [64, 64], 'images[None]; rows of images: images.reshape(-1, 8, 8)'],
  ['a single colour picture', [28, 28, 3], 'A single picture needs a count before it: images[None]'],
  ['colour rows', [2, 192], 'images.reshape(-1, 3, 8, 8) where they are planes'],
  ['rows of no square', [2, 70], 'Give the images their sides: images.reshape(-1, height, width)'],
  ['five channels', [1, 8, 8, 5], 'Keep one or three channels: images[..., :3]'],
  ['no images', [0, 8, 8], 'Save at least one image'],
])('.npy of the shape of %s gets the command that helps', async (_, shape, message) => {
  write('x.npy', npy('|u1', shape, new Uint8Array(shape.reduce((a, b) => a * b, 1))));
  await expect(loadDataset('x.npy')).rejects.toThrow(message);
});

test(".npz: Keras', MedMNIST's, without names, by --key; labels that do not fit are said", async () => {
  const x = npy('|u1', [3, 8, 8], bytes(192));
  const y = npy('<i8', [3], BigInt64Array.of(2n, 0n, 1n));
  const keras = await open(write('mnist.npz', npz({ x_test: x, x_train: x, y_train: y, y_test: y })));
  expect(keras.shape).toEqual([3, 8, 8, 1]);
  expect([...keras.data.labels!]).toEqual([2, 0, 1]);
  expect(keras.notes).toEqual(['mnist.npz: x_train and y_train are read; not read: x_test, y_test']);
  const colour = npy('|u1', [3, 8, 8, 3], bytes(576));
  const med = await open(write('med.npz', npz({ train_images: colour, train_labels: npy('|u1', [3, 1], bytes(3)) })));
  expect([...med.shape, ...med.data.labels!]).toEqual([3, 8, 8, 3, 0, 1, 2]);
  expect((await open(write('a.npz', npz({ arr_0: x })))).shape).toEqual([3, 8, 8, 1]);
  expect((await open(write('arrays.zip', npz({ arr_0: x })))).shape).toEqual([3, 8, 8, 1]);
  const eleven = npz({ images: x, ...Object.fromEntries(numbers(10, (i) => i).map((i) => [`z${i}`, x])) });
  expect((await open(write('eleven.npz', eleven))).notes).toEqual([
    'eleven.npz: images is read; not read: z0, z1, z2, z3, z4, z5, z6, z7, and 2 more',
  ]);
  const hot = npz({ images: x, labels: npy('|u1', [3, 2], Uint8Array.of(0, 1, 1, 0, 0, 1)) });
  expect([...(await open(write('hot.npz', hot))).data.labels!]).toEqual([1, 0, 1]);
  write('odd.npz', npz({ faces: x, other: x }));
  await expect(loadDataset('odd.npz')).rejects.toThrow(
    'got faces, other. Name the array that holds the images: --key NAME',
  );
  await expect(loadDataset('odd.npz', { key: 'no' })).rejects.toThrow('odd.npz has no array called no');
  expect((await open('odd.npz', { key: 'faces' })).shape).toEqual([3, 8, 8, 1]);
  const many = await open(write('multi.npz', npz({ images: x, labels: npy('|u1', [3, 2], bytes(6)) })));
  expect(many.data.labels).toBeUndefined();
  expect(many.notes).toEqual([
    'labels are not used: multi.npz: labels is uint8 [3, 2], whose row 1 says more or less than one class',
  ]);
  expect(many.data.whyNoClasses).toContain('says more or less than one class');
});

test("CSV: Kaggle's MNIST with and without names, gzipped, labels last; what is no number is named", async () => {
  const row = (label: string, of: number): string => [label, ...numbers(64, (i) => i + of)].join(',');
  const head = ['label', ...numbers(64, (i) => i).map((i) => `pixel${i}`)].join(',');
  const kaggle = `${head}\n${row('7', 0)}\r\n${row('2', 100)}\n\n`;
  const { data, shape } = await open(write('train.csv', kaggle));
  expect([...shape, ...data.labels!, ...data.bytes(1, 2).subarray(0, 3)]).toEqual([2, 8, 8, 1, 7, 2, 100, 101, 102]);
  expect((await open(write('train.csv.gz', gzipSync(kaggle)))).data.sha256).toBe(data.sha256);
  const plain = await open(write('plain.csv', `${row('7', 0)}\n${row('2', 100)}`));
  expect(plain.data.sha256).toBe(data.sha256);
  const written = `${row('7.0', 0).replaceAll(',5,', ',"5",')}\n${row(' 2 ', 100).replace(',105,', ',105.00 ,')}`;
  expect((await open(write('written.csv', `${head}\n${written}`))).data.sha256).toBe(data.sha256);
  const turned = await open('plain.csv', { transpose: true });
  expect([...turned.data.images.subarray(0, 2)]).toEqual([0, 8]);
  const unlabelled = await open(write('test.csv', numbers(64, (i) => i).join(',')));
  expect(unlabelled.data.whyNoClasses).toBe('test.csv has no column of labels');
  for (const [odd, message] of [
    [row('7', 200), 'expected 65 whole numbers from 0 to 255 a line, got 256'],
    [
      row('7', 0).replace(',5,', ',x,'),
      'in image 1, column 6: expected 65 whole numbers from 0 to 255 a line, got "x"',
    ],
    [row('7', 0).replace(',5,', ',5.25,'), 'column 6: expected 65 whole numbers from 0 to 255 a line, got "5.25"'],
    [row('7', 0).replace(',5,', ',0.5,'), 'got "0.5"'],
    [row('7', 0).replace(',5,', ',5.0.0,'), 'got "5.0.0"'],
    [row('7', 0).replace(',5,', ',5 6,'), 'got "5 6"'],
    [row('7', 0).replace(',5,', ','), 'got 64 numbers'],
    [row('7', 0).replace(',5,', ',,'), 'got no number'],
  ] as const) {
    write('odd.csv', `${row('1', 0)}\n${odd}`);
    await expect(loadDataset('odd.csv')).rejects.toThrow(message);
  }
});

test('CSV of FER2013: pixels in one cell, labels, rows for training alone; other columns are passed over', async () => {
  const cell = (of: number): string => [...numbers(64, (i) => i + of)].join(' ');
  const fer = `emotion,pixels,Usage\n3,${cell(0)},Training\n6,"${cell(100)}",Training\r\n1,${cell(9)},PublicTest\n\n`;
  const { data, shape, notes } = await open(write('fer2013.csv', fer));
  expect([...shape, ...data.labels!, ...data.bytes(1, 2).subarray(0, 3)]).toEqual([2, 8, 8, 1, 3, 6, 100, 101, 102]);
  expect(notes).toEqual(['fer2013.csv: the 2 rows for training are read; not read: 1 others']);
  expect([...(await open('fer2013.csv', { transpose: true })).data.images.subarray(0, 2)]).toEqual([0, 8]);
  const faces = await open(write('faces.csv', `age, gender, img_name, pixels\n30,1,"a, b.jpg",${cell(0)}`));
  expect([faces.data.count, faces.data.whyNoClasses]).toEqual([1, 'faces.csv has no column of labels']);
  for (const [rows, message] of [
    [`1,${cell(0)}\n2,${cell(0)} 7`, "can't be read in image 1: expected 64 whole numbers from 0 to 255"],
    [`1,${cell(0)}\n2,${cell(200)}`, "can't be read in image 1"],
    [`1,${cell(0)} 7`, 'has images that are no squares'],
    ['', 'holds no images'],
  ] as const) {
    write('odd.csv', `label,pixels\n${rows}`);
    await expect(loadDataset('odd.csv')).rejects.toThrow(message);
  }
  write('colour.csv', `label,${numbers(192, (i) => i).map((i) => `pixel${i}`)}\n1,${numbers(192, (i) => i)}`);
  await expect(loadDataset('colour.csv')).rejects.toThrow(
    'images=numpy.delete(t, 0, 1).reshape(-1, 8, 8, 3), labels=t[:, 0])"; where each channel is a plane',
  );
});

const BATCH = bytes(2 * 3072, (i) => Math.floor(i / 1024) % 3);

test("CIFAR's Python files: planes and labels, names beside them, no code is run", async () => {
  mkdirSync('py');
  const batch = (labels: number[], key = 'labels'): Buffer =>
    pickledDict({ batch_label: pickledList(['x']), [key]: pickledList(labels), data: pickledArray(BATCH, [2, 3072]) });
  write('py/data_batch_1', batch([3, 9]));
  write('py/data_batch_2', batch([0, 1]));
  write('py/test_batch', batch([5, 5]));
  write('py/batches.meta', pickledDict({ label_names: pickledList(numbers(10).map((i) => `n${i}`)) }));
  const ten = await open('py');
  expect([...ten.shape, ...ten.data.labels!]).toEqual([4, 32, 32, 3, 3, 9, 0, 1]);
  expect(ten.data.classes![9]).toBe('n9');
  expect([...ten.data.images.subarray(0, 6)]).toEqual([0, 1, 2, 0, 1, 2]);
  expect(ten.notes).toEqual([
    "the folder py holds CIFAR's Python files; read: data_batch_1, data_batch_2, batches.meta",
    '1 file is not read: 1 without an ending (test_batch)',
  ]);
  const hundred = await open(write('train', batch([98, 4], 'fine_labels')));
  expect([...hundred.data.labels!, hundred.data.classes]).toEqual([98, 4, undefined]);
  const bare = await open(write('bare', pickledDict({ data: pickledText(BATCH) })));
  expect([...bare.shape, bare.data.whyNoClasses]).toEqual([2, 32, 32, 3, 'there are no labels for 2 images']);
  for (const [evil, message] of [
    ['\x80\x02cos\nsystem\nU\x04trueq\x00\x85R.', 'got it names os.system'],
    ['\x80\x04\x8c\x08builtins\x8c\x04eval\x93.', 'got it names builtins.eval'],
    ['\x80\x02}q\x00.', 'got a pickle without an array called data'],
    ['\x80\x02(ie\n', 'builds no plain value'],
    ['\x80\x02U\xff', 'got it ends at byte 4'],
  ] as const) {
    write('evil', Buffer.from(evil, 'latin1'));
    await expect(loadDataset('evil')).rejects.toThrow(message);
  }
});

test("CIFAR-100's binary file has two labels, STL-10's has columns and labels beside it", async () => {
  const record = (fine: number): Uint8Array => Uint8Array.from([19, fine, ...BATCH.subarray(0, 3072)]);
  const { data, shape } = await open(write('train.bin', Buffer.concat([record(99), record(4)])));
  expect([...shape, ...data.labels!, ...data.images.subarray(0, 3)]).toEqual([2, 32, 32, 3, 99, 4, 0, 1, 2]);
  mkdirSync('stl');
  // Planes of columns: the second value is one row down.
  write(
    'stl/train_X.bin',
    bytes(27648, (i) => (i < 9216 ? i % 96 : Math.floor(i / 9216))),
  );
  write('stl/train_y.bin', Uint8Array.of(10));
  write('stl/unlabeled_X.bin', bytes(27648));
  const stl = await open('stl');
  expect([...stl.shape, ...stl.data.labels!, stl.data.classes![9]]).toEqual([1, 96, 96, 3, 9, 'truck']);
  expect([...stl.data.images.subarray(0, 6), stl.data.images[96 * 3]]).toEqual([0, 1, 2, 0, 1, 2, 1]);
  for (const file of ['train.bin', 'stl'])
    expect((await open(file, { size: [24, 40] })).shape.slice(1), file).toEqual([24, 40, 3]);
  write('stl/train_y.bin', Uint8Array.of(11));
  await expect(loadDataset('stl')).rejects.toThrow('stl/train_y.bin holds a class that STL-10 does not have (byte 0)');
});

test("Parquet of Hugging Face's form: pictures, labels and their names; shards are one dataset", async () => {
  const pictures = await Promise.all(numbers(3).map((i) => png(noisy(16, i))));
  mkdirSync('hub/data', { recursive: true });
  write('hub/data/train-00000-of-00002.parquet', parquet(pictures, [1, 0, 1], ['cat', 'dog']));
  write('hub/data/train-00001-of-00002.parquet', parquet(pictures.slice(0, 1), [0], ['cat', 'dog']));
  write('hub/data/test-00000-of-00001.parquet', parquet(pictures, [1, 1, 1], ['cat', 'dog']));
  const { data, shape, notes } = await open('hub');
  expect([...shape, ...data.labels!]).toEqual([4, 16, 16, 3, 1, 0, 1, 0]);
  expect(data.classes).toEqual(['cat', 'dog']);
  expect((await open('hub', { size: [24, 40] })).shape).toEqual([4, 24, 40, 3]);
  expect(notes.at(-1)).toBe('1 file is not read: 1 PARQUET (data/test-00000-of-00001.parquet)');
  write('cut.parquet', parquet(pictures, [1, 0, 1], ['cat', 'dog']).subarray(0, 500));
  await expect(loadDataset('cut.parquet')).rejects.toThrow("cut.parquet can't be read as Parquet");
});

test('a Parquet file that was written again is read again, also where its last bytes are the same', async () => {
  const large = (seed: number): Promise<Buffer> => noisy(640, seed).png({ compressionLevel: 0 }).toBuffer();
  const [first, other, last] = [await large(1), await large(2), await large(3)];
  expect(first.length).toBe(other.length);
  const firstOf = async (pictures: readonly Buffer[]): Promise<readonly number[]> => {
    write('p.parquet', parquet([...pictures], [1, 0], ['cat', 'dog']));
    return [...(await open('p.parquet', { size: 16 })).data.images.subarray(0, 48)];
  };
  expect(await firstOf([other, last])).not.toEqual(await firstOf([first, last]));
});

test('arrays in archives, in a folder below, in an archive in an archive; what is left out is said', async () => {
  const idx = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8]), bytes(128)]);
  const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 5, 6]);
  mkdirSync('MNIST/raw', { recursive: true });
  write('MNIST/raw/train-images-idx3-ubyte', idx);
  write('MNIST/raw/train-labels-idx1-ubyte', labels);
  write('MNIST/raw/t10k-images-idx3-ubyte', idx);
  const folder = await open('MNIST');
  expect([...folder.shape, ...folder.data.labels!]).toEqual([2, 8, 8, 1, 5, 6]);
  expect(folder.notes).toEqual([
    'the folder MNIST holds IDX files; read: raw/train-images-idx3-ubyte, raw/train-labels-idx1-ubyte',
    '1 file is not read: 1 without an ending (raw/t10k-images-idx3-ubyte)',
  ]);
  await create({ file: 'm.tar.gz', gzip: true }, ['MNIST']);
  expect((await open('m.tar.gz')).data.sha256).toBe(folder.data.sha256);
  write('m.zip', zip([{ name: 'a/train.idx', data: idx }]));
  expect((await open('m.zip')).data.sha256).toBe(folder.data.sha256);
  const picture = await png(noisy(16, 1));
  write('outer.zip', zip([{ name: 'inner.zip', data: zip([{ name: 'a.png', data: picture }]) }]));
  const nested = await open('outer.zip');
  expect([...nested.shape, ...nested.notes]).toEqual([1, 16, 16, 3, 'outer.zip holds an archive; read: inner.zip']);
  await create({ file: 'pics.tar', cwd: '.' }, ['outer.zip']);
  expect((await open('pics.tar')).shape).toEqual([1, 16, 16, 3]);
  write('two.zip', zip([1, 2].map((i) => ({ name: `${i}.zip`, data: zip([{ name: 'a.png', data: picture }]) }))));
  await expect(loadDataset('two.zip')).rejects.toThrow('two.zip holds no pictures, but several archives');
  write('xz.zip', zip([{ name: 'pics.tar.xz', data: Buffer.from('\xfd7zXZ\0', 'latin1') }]));
  await expect(loadDataset('xz.zip')).rejects.toThrow('xz.zip: pics.tar.xz is packed with xz, which is not read');
});

test('labels of another number than the images are said and not used', async () => {
  mkdirSync('set');
  write('set/images', Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8]), bytes(128)]));
  write('set/labels', Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]));
  const { data, notes } = await open('set');
  expect(data.labels).toBeUndefined();
  expect(notes.at(-1)).toBe('set/labels has 3 labels and set/images has 2 images: the labels are not used');
});

test("labels beside pictures: StyleGAN's dataset.json, a table, and what does not fit", async () => {
  mkdirSync('s/00000', { recursive: true });
  mkdirSync('s/00001', { recursive: true });
  const names = ['00000/a.png', '00000/b.png', '00001/c.png'];
  for (const [i, name] of names.entries()) await png(noisy(16, i), `s/${name}`);
  write('s/dataset.json', JSON.stringify({ labels: names.map((name, i) => [name, 2 * i]) }));
  const json = await open('s');
  expect([json.data.classes, [...json.data.labels!], json.notes]).toEqual([
    ['0', '2', '4'],
    [0, 1, 2],
    ['classes are those of s/dataset.json'],
  ]);
  write('s/dataset.json', JSON.stringify({ labels: null }));
  const none = await open('s');
  expect([none.data.labels, none.data.whyNoClasses]).toEqual([undefined, 's/dataset.json says that there are none']);
  write('s/dataset.json', JSON.stringify({ labels: names.map((name) => [name, [0, 1]]) }));
  expect((await open('s')).data.whyNoClasses).toBe('s/dataset.json has labels that are no single class');
  write('s/dataset.json', '{}');
  write('s/labels.csv', 'id,breed\na,"terrier, small"\nb,pug\nc,pug\n');
  const table = await open('s');
  expect([table.data.classes, [...table.data.labels!]]).toEqual([
    ['pug', 'terrier, small'],
    [1, 0, 0],
  ]);
  write('s/labels.csv', 'file,label\na.png,1\nb.png,2\n');
  expect((await open('s')).notes).toContain('there are no classes: s/labels.csv has no label for 00001/c.png');
});

test('a path of very many parts in a table takes little memory', async () => {
  mkdirSync('s');
  for (const name of ['a', 'b']) await png(noisy(16, name.charCodeAt(0)), `s/${name}.png`);
  const why = async (path: string): Promise<unknown> => {
    write('s/labels.csv', `file,label\n${path}a.png,1\n${path}b.png,2\n`);
    return (await open('s')).data.whyNoClasses;
  };
  expect(await why('x/'.repeat(1000))).toBe('s/labels.csv has a path of more than 64 parts');
  const before = process.memoryUsage.rss();
  // All ends of it together have 3.6 GB.
  expect(await why('x/'.repeat(60_000))).toBe('s/labels.csv has a path of more than 4096 characters');
  expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  expect(await why('x/'.repeat(60))).toBeUndefined();
});

test('a table may name files under other folders, with backslashes, and the same name in two folders', async () => {
  for (const [i, name] of ['x/1', 'x/2', 'y/1', 'y/2'].entries()) {
    mkdirSync(`s/${name.slice(0, 1)}`, { recursive: true });
    await png(noisy(16, i), `s/${name}.png`);
  }
  const labelled = async (table: string): Promise<unknown> => {
    write('s/labels.csv', table);
    const { data } = await open('s');
    return data.labels ? [...data.labels] : data.whyNoClasses;
  };
  for (const prefix of ['./', 'C:\\pictures\\', '/home/me/set/', '']) {
    const slash = prefix.includes('\\') ? '\\' : '/';
    const rows = ['x/1,b', 'x/2,a', 'y/1,a', 'y/2,b'].map((row) => `${prefix}${row.replace('/', slash)}`);
    const head = prefix === '' ? 'Image Name,Class Name' : 'file,label';
    expect(await labelled(`${head}\n${rows.join('\n')}\n`)).toEqual([1, 0, 0, 1]);
  }
  // Without folders the names fit two pictures each, and with different labels none.
  expect(await labelled('file,label\n1.png,a\n2.png,b\n')).toEqual([0, 1, 0, 1]);
  expect(await labelled('file,label\n/a/1.png,a\n/b/1.png,b\n2.png,b\n')).toBe(
    's/labels.csv has several labels for x/1.png, and no single one for 1 others',
  );
});

test('why there are no classes', async () => {
  mkdirSync('p/cats', { recursive: true });
  for (const name of ['p/cats/a.png', 'p/cats/b.png']) await png(noisy(16, 1), name);
  expect((await open('p')).data.whyNoClasses).toBe('all pictures lie in one folder, cats');
  await png(noisy(16, 1), 'p/stray.png');
  expect((await open('p')).data.whyNoClasses).toBe(
    'stray.png lies in no folder of a class: move it into one, or remove it',
  );
});
