import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { create } from 'tar';
import { expect, test } from 'vitest';
import { type LoadOptions, loadDataset } from '../src/data/load.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { evict } from '../src/platform/evict.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, plain, png, zip } from './support/pictures.ts';

workInFolders();

const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;
const packs = (): string[] => readdirSync('cache/data').filter((name) => !name.endsWith('.used'));
const shapeOf = async (where: string, options?: LoadOptions): Promise<number[]> => {
  const { count, height, width, channels } = await loadDataset(where, options);
  return [count, height, width, channels];
};
/** The pixel in row `y`, column `x` of image `n`. */
const pixel = async (where: string, n: number, y: number, x: number, options?: LoadOptions): Promise<number[]> => {
  const data = await loadDataset(where, options);
  const at = (y * data.width + x) * data.channels;
  return [...data.bytes(n, n + 1).subarray(at, at + data.channels)];
};

test('a folder of pictures: PNG, JPEG, WebP and a GIF, in the order of their paths; subfolders are classes', async () => {
  mkdirSync('pictures/cats/small', { recursive: true });
  mkdirSync('pictures/dogs');
  mkdirSync('pictures/.hidden');
  writeFileSync('pictures/cats/a.jpg', await plain(40, 40, RED).jpeg().toBuffer());
  writeFileSync('pictures/cats/small/b.webp', await plain(40, 40, BLUE).webp({ lossless: true }).toBuffer());
  writeFileSync('pictures/dogs/c.GIF', await plain(40, 40, [0, 255, 0]).gif().toBuffer());
  await png(plain(40, 40, [9, 9, 9]), 'pictures/dogs/d.png');
  await png(plain(8, 8, RED), 'pictures/.hidden/e.png');
  writeFileSync('pictures/README.txt', 'mine');
  const data = await loadDataset('pictures/');
  expect([data.name, data.count, data.height, data.width, data.channels]).toEqual(['pictures', 4, 40, 40, 3]);
  expect([[...data.labels!], data.classes]).toEqual([
    [0, 0, 1, 1],
    ['cats', 'dogs'],
  ]);
  expect([...data.bytes(1, 2).subarray(0, 3)]).toEqual([0, 0, 255]);
  expect([...data.bytes(2, 3).subarray(0, 3)]).toEqual([0, 255, 0]);
  expect(data.bytes(0, 1)[0]).toBeGreaterThan(250);
});

test("of a GIF's frames the first is taken", async () => {
  mkdirSync('p');
  const frames = [plain(20, 20, RED), plain(20, 20, BLUE)].map((frame) => frame.png().toBuffer());
  writeFileSync(
    'p/a.gif',
    await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer(),
  );
  expect(await shapeOf('p')).toEqual([1, 20, 20, 3]);
  expect(await pixel('p', 0, 5, 5)).toEqual([255, 0, 0]);
});

test('size and channels nobody chose follow the first pictures; else they are as asked for', async () => {
  mkdirSync('p');
  await png(noisy(32, 1, 1), 'p/a.png');
  await png(noisy(32, 2, 1), 'p/b.png');
  expect(await shapeOf('p')).toEqual([2, 32, 32, 1]);
  expect(await shapeOf('p', { size: 16, channels: 3 })).toEqual([2, 16, 16, 3]);
  await png(noisy(30, 3), 'p/c.png');
  expect(await shapeOf('p')).toEqual([3, 64, 64, 3]);
  expect(await shapeOf('p', { channels: 1, flip: true })).toEqual([6, 64, 64, 1]);
  await expect(loadDataset('p', { size: 0 })).rejects.toThrow('size has an invalid value: expected a side from 1');
});

test('crop keeps the middle, pad all of it on a colour, stretch squeezes', async () => {
  mkdirSync('p');
  const wide = plain(96, 32, RED).composite([{ input: await png(plain(32, 32, BLUE)), left: 32, top: 0 }]);
  await png(wide, 'p/a.png');
  expect(await pixel('p', 0, 16, 2, { size: 32 })).toEqual([0, 0, 255]);
  expect(await pixel('p', 0, 16, 2, { size: 32, fit: 'stretch' })).toEqual([255, 0, 0]);
  expect(await pixel('p', 0, 16, 2, { size: 32, fit: 'pad' })).toEqual([255, 0, 0]);
  expect(await pixel('p', 0, 2, 2, { size: 32, fit: 'pad', background: '#0a0b0c' })).toEqual([10, 11, 12]);
  expect(packs()).toHaveLength(4);
});

test('transparency is laid on a colour, 16 bits become 8, EXIF turns, grey becomes RGB and RGB grey', async () => {
  mkdirSync('p');
  const clear = sharp({ create: { width: 16, height: 16, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } });
  await png(clear, 'p/a-clear.png');
  const deep = sharp(
    Uint16Array.from({ length: 256 }, () => 0x8000),
    { raw: { width: 16, height: 16, channels: 1 } },
  );
  await png(deep.toColourspace('grey16'), 'p/b-deep.png');
  const half = plain(16, 16, RED).composite([{ input: await png(plain(8, 16, BLUE)), left: 0, top: 0 }]);
  writeFileSync('p/c-turned.jpg', await half.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer());
  expect((await sharp('p/b-deep.png').metadata()).depth).toBe('ushort');
  expect(await pixel('p', 0, 3, 3)).toEqual([255, 255, 255]);
  expect(await pixel('p', 0, 3, 3, { background: 'black' })).toEqual([0, 0, 0]);
  expect(await pixel('p', 1, 3, 3)).toEqual([128, 128, 128]);
  const inks = await plain(16, 16, [0, 128, 0]).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  writeFileSync('p/d-inks.jpg', inks);
  expect((await sharp(inks).metadata()).space).toBe('cmyk');
  const green = await pixel('p', 3, 3, 3);
  expect(green[1]! - Math.max(green[0]!, green[2]!)).toBeGreaterThan(40);
  // Turned by 90 degrees, left is above.
  const [above, below] = [await pixel('p', 2, 1, 8), await pixel('p', 2, 14, 8)];
  expect([above[2]! > 240, below[0]! > 240]).toEqual([true, true]);
  expect(await shapeOf('p', { channels: 1 })).toEqual([4, 16, 16, 1]);
  expect(await pixel('p', 1, 3, 3, { channels: 1 })).toEqual([128]);
});

test('a .zip and a .tar, plain or gzipped, give the same images as the folder', async () => {
  mkdirSync('p/x', { recursive: true });
  mkdirSync('p/y');
  const names = ['p/x/1.png', 'p/x/2.png', 'p/y/1.png'];
  for (const [i, name] of names.entries()) await png(noisy(24, i), name);
  writeFileSync(
    'p.zip',
    zip([{ name: 'p/', data: Buffer.alloc(0) }, ...names.map((name) => ({ name, data: readFileSync(name) }))]),
  );
  await create({ file: 'q.tar' }, ['p']);
  await create({ file: 'q.tgz', gzip: true }, ['p']);
  const data = await loadDataset('p');
  expect([...data.labels!]).toEqual([0, 0, 1]);
  for (const archive of ['p.zip', 'q.tar', 'q.tgz']) {
    const other = await loadDataset(`./${archive}`);
    expect([other.name, other.count, other.classes]).toEqual([archive[0], 3, ['x', 'y']]);
    // A .tar comes in its own order.
    const sorted = (set: typeof data): string[] =>
      [0, 1, 2].map((n) => Buffer.from(set.bytes(n, n + 1)).toString('hex')).sort();
    expect(sorted(other)).toEqual(sorted(data));
  }
});

test('a .npy of bytes, with and without channels; another size when asked for', async () => {
  writeFileSync(
    'a.npy',
    encodeNpy(
      Uint8Array.from({ length: 2 * 64 * 3 }, (_, i) => i),
      [2, 8, 8, 3],
    ),
  );
  writeFileSync(
    'b.npy',
    encodeNpy(
      Uint8Array.from({ length: 2 * 64 }, (_, i) => i),
      [2, 8, 8],
    ),
  );
  expect(await shapeOf('a.npy')).toEqual([2, 8, 8, 3]);
  expect(await pixel('a.npy', 1, 0, 0)).toEqual([192, 193, 194]);
  expect(await shapeOf('b.npy')).toEqual([2, 8, 8, 1]);
  expect(await pixel('b.npy', 1, 0, 1)).toEqual([65]);
  expect(await shapeOf('b.npy', { size: 16, channels: 3 })).toEqual([2, 16, 16, 3]);
  writeFileSync('c.npy', encodeNpy(new Uint8Array(12), [12]));
  await expect(loadDataset('c.npy')).rejects.toThrow('c.npy has the wrong shape: expected [N, height, width] or');
  writeFileSync('d.npy', readFileSync('b.npy').subarray(0, 200));
  await expect(loadDataset('d.npy')).rejects.toThrow(
    'd.npy is truncated (byte 200): expected 256 bytes for [2, 8, 8] of |u1',
  );
});

test("CIFAR-10's files: planes become pixels, a folder its training batches", async () => {
  mkdirSync('cifar');
  const record = (label: number): Buffer =>
    Buffer.concat([Buffer.of(label), Buffer.alloc(1024, 10), Buffer.alloc(1024, 20), Buffer.alloc(1024, 30)]);
  writeFileSync('cifar/data_batch_1.bin', Buffer.concat([record(3), record(9)]));
  writeFileSync('cifar/data_batch_2.bin', record(0));
  writeFileSync('cifar/test_batch.bin', record(5));
  const data = await loadDataset('cifar');
  expect([data.count, data.height, data.channels, [...data.labels!], data.classes![3]]).toEqual([
    3,
    32,
    3,
    [3, 9, 0],
    'cat',
  ]);
  expect(await pixel('cifar', 2, 31, 31)).toEqual([10, 20, 30]);
  expect(await shapeOf('cifar/test_batch.bin')).toEqual([1, 32, 32, 3]);
  writeFileSync('cifar/data_batch_2.bin', record(10));
  await expect(loadDataset('cifar')).rejects.toThrow(
    'cifar/data_batch_2.bin is not a file of CIFAR-10: a label is too large (byte 0)',
  );
  writeFileSync('cifar/data_batch_2.bin', record(1).subarray(1));
  await expect(loadDataset('cifar')).rejects.toThrow('or is truncated (byte 3072): expected a multiple of 3073 bytes');
});

test('known names win over paths, and ./ says path; what is nothing gets the nearest right name', async () => {
  mkdirSync('mnist');
  await png(noisy(20, 1), 'mnist/a.png');
  expect(await shapeOf('mnist')).toEqual([60000, 28, 28, 1]);
  expect(await shapeOf('./mnist')).toEqual([1, 20, 20, 3]);
  await expect(loadDataset('fashion-mnits')).rejects.toThrow('Did you mean fashion-mnist?');
});

test('a folder is packed once, again when it or the options change, and the pack is not trusted blindly', async () => {
  mkdirSync('p');
  await png(plain(16, 16, RED), 'p/a.png');
  let decoded = 0;
  const onProgress = (): void => {
    decoded++;
  };
  await loadDataset('p', { onProgress });
  await loadDataset('./p/', { onProgress });
  expect([decoded, packs()]).toEqual([1, [expect.stringMatching(/^p-[0-9a-f]{16}\.pack$/)]]);
  await png(plain(16, 16, BLUE), 'p/a.png');
  utimesSync('p/a.png', 1, 1);
  expect(await pixel('p', 0, 0, 0, { onProgress })).toEqual([0, 0, 255]);
  expect([decoded, packs().length]).toEqual([2, 1]);
  // A flipped bit in the cache: it is made again.
  const file = join('cache/data', packs()[0]!);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
  expect(await pixel('p', 0, 15, 15, { onProgress })).toEqual([0, 0, 255]);
  expect(decoded).toBe(3);
  await loadDataset('p', { size: 32, onProgress });
  expect([decoded, packs().length]).toEqual([4, 2]);
});

test('an array of grey images is packed once, whether its channels are asked for or taken as they are', async () => {
  writeFileSync('x.npy', encodeNpy(new Uint8Array(2 * 20 * 20), [2, 20, 20]));
  await loadDataset('x.npy', { size: 16 });
  await loadDataset('x.npy', { size: 16, channels: 1 });
  expect(packs().length).toBe(1);
});

test('packs that nobody used for long leave the cache when one is added, and the longest unused of too many', async () => {
  mkdirSync('p');
  await png(plain(16, 16, RED), 'p/a.png');
  const add = async (size: number): Promise<string> => {
    const before = existsSync('cache/data') ? packs() : [];
    await loadDataset('p', { size });
    return packs().find((name) => !before.includes(name))!;
  };
  const age = (name: string, days: number): void => {
    const then = (Date.now() - days * 86_400_000) / 1000;
    utimesSync(join('cache/data', name), then, then);
  };
  const [a, b, c] = [await add(16), await add(20), await add(24)];
  writeFileSync('cache/data/.tmp-1-00000000-x.pack', 'being written');
  // As if those that use the packs had ended.
  const letGo = (): void => {
    for (const name of readdirSync('cache/data')) if (name.endsWith('.used')) rmSync(join('cache/data', name));
  };
  for (const name of [a, b]) age(name, 70);
  age(c, 50);
  await loadDataset('p', { size: 20 });
  letGo();
  const d = await add(28);
  expect(packs().sort()).toEqual(['.tmp-1-00000000-x.pack', b, c, d].sort());
  const sizes = Math.max(...[b, c, d].map((name) => statSync(join('cache/data', name)).size));
  age(b, 2);
  letGo();
  evict('cache/data', 2 * sizes);
  expect(packs().sort()).toEqual(['.tmp-1-00000000-x.pack', b, d].sort());
  evict('cache/data', 1);
  expect(packs().sort()).toEqual(['.tmp-1-00000000-x.pack', d].sort());
});

test('images that are there already are left out by option, in arrays too; it is said each time', async () => {
  mkdirSync('p/a', { recursive: true });
  mkdirSync('p/b');
  for (const [i, name] of ['a/1', 'a/2', 'b/3'].entries()) await png(noisy(16, i % 2), `p/${name}.png`);
  const notes: string[] = [];
  const options = { dedupe: true, onNote: (note: string) => notes.push(note) };
  for (let i = 0; i < 2; i++) {
    const data = await loadDataset('p', options);
    expect([data.count, ...data.labels!]).toEqual([2, 0, 0]);
  }
  writeFileSync('a.npy', encodeNpy(new Uint8Array(3 * 256), [3, 16, 16]));
  expect((await loadDataset('a.npy', options)).count).toBe(1);
  expect(notes).toEqual([
    'left out: 1 image that is there already',
    'left out: 1 image that is there already',
    'left out: 2 images that are there already',
  ]);
});
