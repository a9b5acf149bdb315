// Odd archives and small files that ask for much: each is refused in words, and nothing is accepted that its own checksum denies.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { Header, Pax } from 'tar';
import { expect, test, vi } from 'vitest';
import { decode } from '../src/data/decode.ts';
import { MOST_PIXELS, withRoomFor } from '../src/data/decode-room.ts';
import type { FormFile } from '../src/data/form-file.ts';
import { inOrder } from '../src/data/in-order.ts';
import { inspectData } from '../src/data/inspect.ts';
import { buildPack, loadDataset } from '../src/data/load.ts';
import { fileOnDisk } from '../src/data/loose.ts';
import { readHeader } from '../src/data/pack.ts';
import { SvgTrial } from '../src/data/svg.ts';
import { zipSupply } from '../src/data/zip.ts';
import { workInFolders } from './support/folders.ts';
import { parquet } from './support/parquet.ts';
import { noisy, png, zip } from './support/pictures.ts';

workInFolders('work');
const good = await png(noisy(16, 1));

/** A .zip whose only entry lies at `offset`, and whose directory lies at `directoryAt`, as zip64 says them. */
function zip64(offset: bigint | null, directoryAt: bigint | null): Buffer {
  const plain = zip([{ name: 'a.png', data: good }]);
  const at = plain.indexOf('PK\x01\x02');
  const central = Buffer.concat([plain.subarray(at, at + 51), Buffer.alloc(12)]);
  const list = offset === null ? plain.subarray(at, at + 51) : central;
  if (offset !== null) {
    central.writeUInt16LE(12, 30);
    central.writeUInt32LE(0xffffffff, 42);
    central.writeUInt16LE(1, 51);
    central.writeUInt16LE(8, 53);
    central.writeBigUInt64LE(offset, 55);
  }
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 0, 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(1n, 24);
  record.writeBigUInt64LE(1n, 32);
  record.writeBigUInt64LE(BigInt(list.length), 40);
  record.writeBigUInt64LE(directoryAt ?? BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 0, 'latin1');
  locator.writeBigUInt64LE(BigInt(at + list.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([plain.subarray(0, at), list, record, locator, end]);
}

test('.zip: a zip64 is read; offsets outside the file are refused in words', async () => {
  writeFileSync('p.zip', zip64(0n, null));
  expect((await loadDataset('p.zip')).count).toBe(1);
  for (const offset of [2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, 10_000n]) {
    writeFileSync('p.zip', zip64(offset, null));
    await expect(loadDataset('p.zip'), String(offset)).rejects.toThrow(
      /^p\.zip: a\.png can't be used: it can't be unpacked \(it names bytes at \d+, outside its \d+ bytes\)/,
    );
    writeFileSync('p.zip', zip64(0n, offset));
    await expect(loadDataset('p.zip'), String(offset)).rejects.toThrow(
      'p.zip is a damaged or truncated .zip: got it names',
    );
  }
});

test('.zip: a byte that its CRC-32 denies', async () => {
  const bytes = zip([
    { name: 'a.png', data: good },
    { name: 'b.png', data: good },
  ]);
  const directory = bytes.indexOf('PK\x01\x02');
  bytes[directory + 16]! ^= 1;
  writeFileSync('p.zip', bytes);
  await expect(loadDataset('p.zip')).rejects.toThrow(
    /p\.zip: a\.png can't be used: its CRC-32 is \w{8}, and the archive says/,
  );
  expect((await loadDataset('p.zip', { skipBroken: true })).count).toBe(1);
});

test('.zip: a count that has wrapped at 65,536, and one that is wrong', async () => {
  const file = (): FormFile => fileOnDisk('p.zip', 'p.zip', 'p.zip', statSync('p.zip').size);
  const entries = Array.from({ length: 65_540 }, (_, i) => ({ name: `${i}.png`, data: new Uint8Array() }));
  const many = zipOfEmpty(entries.length);
  writeFileSync('p.zip', many);
  expect((await zipSupply(file(), 'p')).names).toHaveLength(65_540);
  const three = zip(entries.slice(0, 3));
  for (const count of [2, 4]) {
    three.writeUInt16LE(count, three.length - 12);
    writeFileSync('p.zip', three);
    await expect(zipSupply(file(), 'p')).rejects.toThrow(
      `it says that it has ${count} entries, and its directory lists 3`,
    );
  }
});

/** A .zip of so many empty pictures, its count modulo 65,536. */
function zipOfEmpty(count: number): Buffer {
  const entries = Array.from({ length: count }, (_, i) => {
    const name = Buffer.from(`${i}.png`);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02', 0, 'latin1');
    central.writeUInt16LE(name.length, 28);
    return Buffer.concat([central, name]);
  });
  const list = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(count % 65_536, 8);
  end.writeUInt16LE(count % 65_536, 10);
  end.writeUInt32LE(list.length, 12);
  return Buffer.concat([list, end]);
}

test('.zip: a link and an unknown packing are named', async () => {
  const link = zip([{ name: 'a.png', data: Buffer.from('b.png') }]);
  const at = link.indexOf('PK\x01\x02');
  link.writeUInt16LE(3 << 8, at + 4);
  link.writeUInt32LE(0xa1ff_0000, at + 38);
  writeFileSync('p.zip', link);
  await expect(loadDataset('p.zip')).rejects.toThrow("p.zip: a.png can't be used: it is a symbolic link, which is not");
  const packed = zip([{ name: 'a.png', data: good }]);
  packed.writeUInt16LE(14, packed.indexOf('PK\x01\x02') + 10);
  writeFileSync('p.zip', packed);
  await expect(loadDataset('p.zip')).rejects.toThrow("p.zip: a.png can't be used: it is packed by method 14;");
});

function tarEntry(path: string, data: Buffer, type: 'File' | 'Link' | 'SparseFile'): Buffer {
  const header = new Header({
    path,
    size: data.length,
    type,
    mode: 0o644,
    mtime: new Date(0),
    ...(type === 'Link' && { linkpath: 'good.png' }),
  });
  const block = Buffer.alloc(512);
  header.encode(block);
  return Buffer.concat([block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

test.each([
  ['a hard link', tarEntry('b.png', Buffer.alloc(0), 'Link'), 'it is a hard link to good.png, which is not followed'],
  ['a sparse file', tarEntry('b.png', good, 'SparseFile'), 'it is a sparse file, which is not read'],
  ['a sparse file of POSIX', tarEntry('GNUSparseFile.7/b.png', good, 'File'), 'it is a sparse file, which is not read'],
])('.tar: %s called like a picture is named', async (_, entry, why) => {
  writeFileSync('p.tar', Buffer.concat([tarEntry('good.png', good, 'File'), entry, Buffer.alloc(1024)]));
  await expect(loadDataset('p.tar')).rejects.toThrow(why);
  expect((await loadDataset('p.tar', { skipBroken: true })).count).toBe(1);
});

test('.tar: a header too long to be read is damage, not an entry under a wrong name', async () => {
  const pax = new Pax({ path: `${'x'.repeat(2 ** 21)}.png` }).encode();
  writeFileSync('p.tar', Buffer.concat([pax, tarEntry('good.png', good, 'File'), Buffer.alloc(1024)]));
  await expect(loadDataset('p.tar')).rejects.toThrow('p.tar is a damaged or truncated .tar: got it has a header of');
});

test('names that are not UTF-8 are read and shown, folders too', async () => {
  for (const [folder, seed] of [
    [Buffer.from('p/caf\xe9', 'latin1'), 1],
    [Buffer.from('p/caf\xe8', 'latin1'), 2],
  ] as const) {
    mkdirSync(folder, { recursive: true });
    await png(noisy(16, seed), 'x.png');
    renameSync('x.png', Buffer.concat([folder, Buffer.from('/\xff.png', 'latin1')]));
  }
  const { classes } = await inspectData('p');
  expect(classes).toEqual([
    { name: 'caf\\xe8', count: 1 },
    { name: 'caf\\xe9', count: 1 },
  ]);
});

test('files that are not read are counted by kind, in training too', async () => {
  mkdirSync('p');
  await png(noisy(16, 1), 'p/1.png');
  writeFileSync('p/2.jfif', await noisy(16, 2).jpeg().toBuffer());
  writeFileSync('p/3.tif', await noisy(16, 3).tiff().toBuffer());
  writeFileSync('p/4.AVIF', await noisy(16, 4).avif().toBuffer());
  for (const name of ['5.heic', '6.HEIF', '7.psd', 'README', '.hidden']) writeFileSync(`p/${name}`, 'x');
  const notes: string[] = [];
  const data = await loadDataset('p', { onNote: (note) => notes.push(note) });
  expect(data.count).toBe(4);
  expect(notes).toEqual([
    expect.stringMatching(
      /^5 files are not read: 2 HEIC, 1 PSD, 1 hidden, 1 without an ending \(.*, \.\.\.\); HEIC pictures/,
    ),
  ]);
  // Said again when the pack in the cache is used.
  await loadDataset('p', { onNote: (note) => notes.push(note) });
  expect(notes[1]).toBe(notes[0]);
});

test('folders for training and tests are no classes, and folders that are numbers are in their order', async () => {
  for (const folder of ['train/2', 'train/10', 'test/2', 'test/10']) {
    mkdirSync(`p/${folder}`, { recursive: true });
    await png(noisy(16, 1), `p/${folder}/1.png`);
  }
  const notes: string[] = [];
  const data = await loadDataset('p', { onNote: (note) => notes.push(note) });
  // Paths are in the order of their text: test/10, test/2, train/10, train/2.
  expect([data.classes, [...data.labels!]]).toEqual([
    ['2', '10'],
    [1, 0, 1, 0],
  ]);
  expect(notes).toEqual([
    '2 of 4 pictures lie in folders for tests, and are read too; give the folder for training alone',
  ]);
  for (const folder of ['seg_train/seg_train/sea', 'seg_train/seg_train/ice', 'seg_test/seg_test/ice'])
    mkdirSync(`q/${folder}`, { recursive: true });
  for (const [i, folder] of ['seg_train/seg_train/sea', 'seg_test/seg_test/ice'].entries())
    await png(noisy(16, i), `q/${folder}/1.png`);
  const nested: string[] = [];
  expect((await loadDataset('q', { onNote: (note) => nested.push(note) })).classes).toEqual(['ice', 'sea']);
  expect(nested).toEqual([
    '1 folder holds no picture and is no class: seg_train/seg_train/ice',
    '1 of 2 pictures lie in folders for tests, and are read too; give the folder for training alone',
  ]);
  for (const [i, folder] of ['train/sea', 'dev/ice'].entries()) {
    mkdirSync(`r/${folder}`, { recursive: true });
    await png(noisy(16, i), `r/${folder}/1.png`);
  }
  expect((await loadDataset('r')).classes).toEqual(['ice', 'sea']);
});

test.each([
  [
    'a.zip',
    '<!DOCTYPE html><html><head><title>Quota exceeded</title>',
    'a web page ("Quota exceeded"), so that the download',
  ],
  [
    'a.tar',
    'version https://git-lfs.github.com/spec/v1\n',
    'a pointer of Git LFS. Fetch the file it stands for: git lfs pull',
  ],
  [
    'train_32x32.mat',
    'MATLAB 5.0 MAT-file, Platform: GLNXA64',
    'a MATLAB file, which is not read. Save its arrays as .npz',
  ],
  ['x.h5', '\x89HDF\r\n\x1a\n', 'an HDF5 file, which is not read. Save its images as an array'],
  ['a.tar.bz2', 'BZh91AY', 'packed with bzip2, which is not read. Unpack it (tar xf a.tar.bz2) and give the folder'],
  ['a.tar.xz', '\xfd7zXZ\0', 'packed with xz, which is not read. Unpack it (tar xf a.tar.xz)'],
  ['a.tar.zst', '\x28\xb5\x2f\xfd', 'packed with zstd'],
  ['a.7z', '7z\xbc\xaf\x27\x1c', 'a 7z archive, which is not read. Unpack it (7z x a.7z)'],
  ['a.rar', 'Rar!\x1a\x07\0', 'a RAR archive'],
  ['a.tar.Z', '\x1f\x9d\x90', 'packed with compress'],
  ['a.tar.lz4', '\x04\x22\x4d\x18', 'packed with lz4, which is not read. Unpack it (lz4 -dc a.tar.lz4 | tar x)'],
  ['a.arrow', 'ARROW1\0\0', 'an Arrow file, which is not read. Save it as Parquet'],
  ['b.arrow', '\xff\xff\xff\xff\x10', 'an Arrow file, which is not read. Save it as Parquet'],
  ['a.mp4', '\0\0\0\x18ftypisom', 'a video, which is not read. Save its pictures'],
  ['a.avi', 'RIFF\x10\0\0\0AVI LIST', 'a video'],
  ['a.mkv', '\x1a\x45\xdf\xa3', 'a video'],
  ['a.pt', `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`, 'a file of PyTorch, which holds a pickle'],
  ['data.mdb', `${'\0'.repeat(16)}\xde\xc0\xef\xbe`, 'a database of LMDB'],
  ['a.tfrecord', '\x40\x01\0\0\0\0\0\0abcd\n\xbd\x02', 'a TFRecord file of TensorFlow, which is not read'],
  ['a.exe', 'MZ\x90\0\x03\0', 'a program of Windows, perhaps an archive that unpacks itself, which is not read'],
  ['b.zip', '{"error": {"code": 403}}', 'the message of a server, so that the download failed. Download it again'],
  ['c.zip', '<?xml version="1.0"?>\n<Error><Code>AccessDenied', 'the message of a server'],
  ['a.pkl', '\x80\x04', 'a Python pickle, which can run code and is not read'],
])('%s is named as what it is', async (name, start, what) => {
  writeFileSync(name, Buffer.from(start, 'latin1'));
  await expect(loadDataset(name)).rejects.toThrow(`${name} is ${what}`);
  mkdirSync('p');
  writeFileSync('p/a.png', Buffer.from(start, 'latin1'));
  await expect(loadDataset('p')).rejects.toThrow(`p/a.png can't be used: it is ${what.split('.')[0]}`);
});

test('a TIFF of floats is refused, not cut to black', async () => {
  mkdirSync('p');
  writeFileSync('p/a.tif', await noisy(16, 1).tiff().toBuffer());
  expect((await loadDataset('p')).count).toBe(1);
  const floats = await noisy(16, 1, 1).raw({ depth: 'float' }).toBuffer();
  writeFileSync('p/a.tif', tiffOfFloats(floats, 16));
  await expect(loadDataset('p')).rejects.toThrow("p/a.tif can't be used: it has values of another type (float)");
});

/** A grey TIFF of one strip of 32-bit floats. */
function tiffOfFloats(data: Buffer, side: number): Buffer {
  const tags: readonly (readonly [tag: number, value: number])[] = [
    [256, side],
    [257, side],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 8 + 2 + 10 * 12 + 4],
    [277, 1],
    [278, side],
    [279, data.length],
    [339, 3],
  ];
  const head = Buffer.alloc(8 + 2 + tags.length * 12 + 4);
  head.write('II*\0', 0, 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  for (const [i, [tag, value]] of tags.entries()) {
    head.writeUInt16LE(tag, 10 + 12 * i);
    head.writeUInt16LE(4, 12 + 12 * i);
    head.writeUInt32LE(1, 14 + 12 * i);
    head.writeUInt32LE(value, 18 + 12 * i);
  }
  return Buffer.concat([head, data]);
}

test('a small gzip of a large IDX is refused before it is unpacked', async () => {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x803, 0);
  header.writeUInt32BE(40_000, 4);
  header.writeUInt32BE(28, 8);
  header.writeUInt32BE(28, 12);
  const zeros = Buffer.alloc(40_000 * 784);
  writeFileSync('p.gz', gzipSync(Buffer.concat([header, zeros])));
  await expect(loadDataset('p.gz')).rejects.toThrow(/p\.gz is refused: its \d+ bytes claim to unpack to 31360016/);
  await expect(loadDataset('p.gz')).rejects.toThrow('unpack it yourself (gunzip --keep p.gz)');
});

test('large pictures are decoded together only as far as there is room', async () => {
  let pixels = 0;
  let most = 0;
  const ended: number[] = [];
  await Promise.all(
    [0.6, 0.3, 0.9, 0.05, 2].map((share, i) =>
      withRoomFor(share * MOST_PIXELS, async () => {
        pixels += Math.min(1, share);
        most = Math.max(most, pixels);
        await new Promise((resolve) => setImmediate(resolve));
        pixels -= Math.min(1, share);
        ended.push(i);
      }),
    ),
  );
  expect([most <= 1, ended.length]).toEqual([true, 5]);
  await expect(withRoomFor(MOST_PIXELS, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await withRoomFor(MOST_PIXELS, async () => 'still room')).toBe('still room');
});

test('a Parquet file of a kilobyte that claims a billion values ends no process but its own', async () => {
  writeFileSync('x.parquet', parquet([good, good], [0, 1], ['a', 'b'], 2 ** 30));
  await expect(loadDataset('x.parquet')).rejects.toThrow(
    /x\.parquet can't be read as Parquet: got reading it needs more/,
  );
  writeFileSync('x.parquet', parquet([good, good], [0, 1], ['a', 'b']));
  expect((await loadDataset('x.parquet')).count).toBe(2);
});

test('files of pictures are held together only up to a size, and a larger one alone', async () => {
  const sizes = [5, 4, 4, 20, 1, 1, 1, 1];
  let [held, most, count] = [0, 0, 0];
  async function* items(): AsyncGenerator<number> {
    yield* sizes;
  }
  const work = async (size: number): Promise<number> => {
    held += size;
    most = size === 20 ? most : Math.max(most, held);
    expect(size < 20 || held === 20).toBe(true);
    await new Promise(setImmediate);
    held -= size;
    return size;
  };
  const got: number[] = [];
  for await (const size of inOrder(items(), { most: 3, heaviest: 10, weigh: (size) => size }, work)) {
    got.push(size);
    count++;
  }
  expect([got, count]).toEqual([sizes, sizes.length]);
  expect(most).toBe(9);
});

test('a large bitmap waits for room before it is decoded', async () => {
  const side = 2048;
  const head = Buffer.alloc(62);
  head.write('BM', 'latin1');
  for (const [at, value] of [
    [10, 62],
    [14, 40],
    [18, side],
    [22, side],
    [58, 0xffffff],
  ] as const)
    head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 28);
  const bytes = Buffer.concat([head, Buffer.alloc((side * side) / 8, 0xff)]);
  const picture = { kind: 'encoded' as const, index: 0, name: 'a.bmp', size: bytes.length, read: async () => bytes };
  let finish = (): void => {};
  const all = withRoomFor(MOST_PIXELS, () => new Promise<void>((resolve) => (finish = resolve)));
  let done = false;
  const image = decode(picture, { size: 16, fit: 'crop', channels: 1, background: '#ffffff' }).then((pixels) => {
    done = true;
    return pixels;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(done).toBe(false);
  finish();
  await all;
  expect([...(await image)]).toEqual(Array(256).fill(255));
});

test('a picture of more pixels than small ones have is decoded too', async () => {
  mkdirSync('p');
  await png(noisy(2100, 1, 1), 'p/a.png');
  expect((await loadDataset('p', { size: 16 })).count).toBe(1);
});

test('a pack: one flipped bit anywhere before the images is told', async () => {
  mkdirSync('p');
  for (const name of ['x', 'y']) {
    mkdirSync(`p/${name}`);
    await png(noisy(16, 1), `p/${name}/1.png`);
  }
  await buildPack('p', 'my.pack');
  const whole = readFileSync('my.pack');
  const { start, header } = readHeader('my.pack');
  for (let at = 0; at < start; at++) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1 << (at % 8);
    writeFileSync('my.pack', bytes);
    expect(() => readHeader('my.pack'), `byte ${at}`).toThrow('my.pack');
  }
  // What older releases wrote: version 1, without a checksum of its header.
  const { version: _, header: __, ...old } = header as typeof header & { version: 2; header: string };
  const json = Buffer.from(JSON.stringify({ ...old, version: 1 }).padEnd(start - 12));
  writeFileSync('old.pack', Buffer.concat([whole.subarray(0, 12), json, whole.subarray(start)]));
  expect((await loadDataset('old.pack')).sha256).toBe((await loadDataset('p')).sha256);
});

test('a deflated entry that goes on after its end', async () => {
  const bytes = zip([{ name: 'a.png', data: good }]);
  expect(deflateRawSync(good).length).toBeLessThan(bytes.length);
  bytes.writeUInt32LE(good.length + 1, bytes.indexOf('PK\x01\x02') + 24);
  writeFileSync('p.zip', bytes);
  await expect(loadDataset('p.zip')).rejects.toThrow(`it holds ${good.length} bytes and claims ${good.length + 1}`);
});

test('an SVG of a kilobyte that asks for hours of work is ended, named, and the next one is drawn', async () => {
  const filter = '<filter id="f"><feTurbulence baseFrequency="0.05" numOctaves="9"/></filter>';
  const twice = Array.from({ length: 16 }, (_, i) => `<g id="g${i + 1}">${`<use href="#g${i}"/>`.repeat(2)}</g>`);
  const svg = (inside: string): Buffer =>
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512">${inside}</svg>`);
  const first = '<g id="g0"><rect width="512" height="512" filter="url(#f)"/></g>';
  const bomb = svg(`<defs>${filter}${first}${twice.join('')}</defs><use href="#g16"/>`);
  expect(bomb.length).toBeLessThan(1200);
  const late: unknown = await new SvgTrial(1500).densityOf(bomb).catch((error: unknown) => error);
  expect(late).toEqual(new Error('drawing it takes more than 1.5 seconds'));

  const picture = { kind: 'encoded', name: 'x.svg', index: 0, size: bomb.length, read: async () => bomb } as const;
  const shaping = { size: 8, fit: 'crop', channels: 1, background: '#ffffff' } as const;
  vi.spyOn(SvgTrial.prototype, 'densityOf').mockRejectedValueOnce(late);
  await expect(decode(picture, shaping)).rejects.toThrow(/^x\.svg can't be used: drawing it takes more than 1\.5/);
  expect(await decode({ ...picture, read: async () => svg('') }, shaping)).toHaveLength(64);
});
