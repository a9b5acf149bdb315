// What is damaged, empty or meant to harm: the file is named, there is a way on, and nothing is
// written outside the cache.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { expect, test } from 'vitest';
import { decode } from '../src/data/decode.ts';
import { folderSupply } from '../src/data/folder.ts';
import { loadDataset } from '../src/data/load.ts';
import { workInFolders } from './support/folders.ts';
import { hugePng, noisy, png, type ZipEntry, zip } from './support/pictures.ts';

const outer = workInFolders('deep/work');
const good = await png(noisy(16, 1));

const WAY_ON = 'Mend or remove it, or leave all such files out: --skip-broken.';

/**
 * Refused with `message`; with skipBroken, `left` images are left and the broken one is named in a
 * note.
 */
async function isBroken(where: string, message: string, left = 1): Promise<void> {
  const before = everything();
  await expect(loadDataset(where)).rejects.toThrow(`${message}. ${WAY_ON}`);
  const notes: string[] = [];
  const data = await loadDataset(where, { skipBroken: true, onNote: (note) => notes.push(note) });
  expect([data.count, notes]).toEqual([left, [`left out: ${message}`]]);
  expect(everything()).toEqual(before);
}

/** All files but the cache's. */
function everything(): string[] {
  return readdirSync(outer.path, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('cache'))
    .sort();
}

test.each<[string, () => Buffer | string, string]>([
  ['text', () => 'not a picture', 'it is not a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file, whatever its name says'],
  ['SVG', () => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'it is not a PNG, JPEG, WebP, GIF'],
  ['nothing', () => '', 'it is empty'],
  ['a huge header', () => hugePng(50_000, 50_000), 'it claims more pixels than the 100 million that are decoded'],
  ['a huge row', () => hugePng(4_194_324, 20), 'it is too long and narrow: a side may have 65535 pixels at most'],
  ['half a picture', () => good.subarray(0, good.length / 2), 'it is damaged ('],
])('%s named .png', async (_, contents, message) => {
  mkdirSync('p');
  writeFileSync('p/a.png', contents());
  writeFileSync('p/b.png', good);
  await expect(loadDataset('p')).rejects.toThrow(`p/a.png can't be used: ${message}`);
  await expect(loadDataset('p')).rejects.toThrow(WAY_ON);
  const notes: string[] = [];
  const data = await loadDataset('p', { skipBroken: true, onNote: (note) => notes.push(note) });
  expect([data.count, notes]).toEqual([1, [expect.stringContaining("left out: p/a.png can't be used")]]);
});

test('all broken pictures are named together, as many as fit, and nothing is left behind', async () => {
  const refusal = async (): Promise<string> => {
    const before = everything();
    const message = await loadDataset('p').then(
      () => 'loaded',
      (error: Error) => error.message,
    );
    expect(everything()).toEqual(before);
    return message;
  };
  mkdirSync('p');
  for (let i = 0; i < 9; i++) writeFileSync(`p/${i}.png`, i % 2 === 0 ? '' : good);
  const names = [0, 2, 4, 6, 8].map((i) => `p/${i}.png (it is empty)`).join(', ');
  expect(await refusal()).toBe(
    `5 of 9 pictures of p can't be used: ${names}. Mend or remove them, or leave all such files out: --skip-broken.`,
  );
  for (const i of [1, 3]) writeFileSync(`p/${i}.png`, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
  const lfs = 'it is a pointer of Git LFS';
  expect(await refusal()).toMatch(
    new RegExp(
      `^7 of 9 pictures of p .*: p/0.png \\(it is empty\\), p/1.png \\(${lfs}\\).*, and 2 more\\. Mend .*inspect`,
    ),
  );
  for (const i of [0, 2, 4, 6, 8]) rmSync(`p/${i}.png`);
  expect(await refusal()).toMatch(
    /^2 of 4 .*\. Fetch the file it stands for: git lfs pull, or leave all such files out/,
  );
});

test('labels stay with their images when some are left out', async () => {
  for (const [i, name] of ['x/1.png', 'x/2.png', 'y/1.png', 'y/2.png'].entries()) {
    mkdirSync(join('p', name, '..'), { recursive: true });
    await png(noisy(16, i), join('p', name));
  }
  writeFileSync('p/x/1.png', 'text');
  const data = await loadDataset('p', { skipBroken: true });
  expect([...data.labels!]).toEqual([0, 1, 1]);
});

test('a link to nowhere, a circle of links, a pipe', async () => {
  mkdirSync('p');
  writeFileSync('p/b.png', good);
  symlinkSync('nowhere', 'p/a.png');
  await expect(loadDataset('p')).rejects.toThrow("p/a.png can't be used: there is no such file or folder (ENOENT)");
  rmSync('p/a.png');
  symlinkSync('.', 'p/again');
  expect((await loadDataset('p')).count).toBe(1);
  expect(spawnSync('mkfifo', ['p/a.png']).status).toBe(0);
  await isBroken('p', "p/a.png can't be used: it is not a regular file");
  expect(spawnSync('mkfifo', ['q']).status).toBe(0);
  await expect(loadDataset('q')).rejects.toThrow('q is neither a file nor a folder');
});

test('links out of the folder are followed only when that is asked for, and said', async () => {
  mkdirSync('p/sub', { recursive: true });
  mkdirSync('far');
  writeFileSync('p/b.png', good);
  writeFileSync('far/c.png', good);
  symlinkSync('../b.png', 'p/sub/a.png');
  symlinkSync('../far/c.png', 'p/c.png');
  symlinkSync('../far', 'p/d');
  symlinkSync(resolve('p'), 'q');
  const notes: string[] = [];
  const onNote = (note: string): void => void notes.push(note);
  expect((await loadDataset('p', { onNote })).count).toBe(2);
  expect((await loadDataset('q', { onNote })).count).toBe(2);
  const left =
    '2 files are not read: 2 links out of the folder (c.png, d); such links are followed with --follow-links';
  expect(notes).toEqual([left, left]);
  notes.length = 0;
  expect((await loadDataset('p', { onNote, followLinks: true })).count).toBe(4);
  expect(notes).toEqual(['2 links out of the folder, followed: c.png, d']);
  mkdirSync('only');
  symlinkSync('../far/c.png', 'only/c.png');
  await expect(loadDataset('only')).rejects.toThrow('or follow them: --follow-links');
});

test('a file that cannot be read when its turn comes', async () => {
  mkdirSync('p');
  writeFileSync('p/a.png', good);
  const supply = await folderSupply('p', 'p', { onNote: () => {} });
  rmSync('p/a.png');
  for await (const picture of supply.pictures()) {
    await expect(decode(picture, { size: 16, fit: 'crop', channels: 3, background: 'white' })).rejects.toThrow(
      `p/a.png can't be used: there is no such file or folder (ENOENT). ${WAY_ON}`,
    );
  }
});

test('a folder with nothing, or nothing of use', async () => {
  mkdirSync('p/sub', { recursive: true });
  await expect(loadDataset('p')).rejects.toThrow(
    'the folder p holds no images: expected PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files, also in subfolders, got nothing. ' +
      'Check the path, or convert the images to PNG.',
  );
  writeFileSync('p/sub/notes.txt', 'x');
  await expect(loadDataset('p')).rejects.toThrow('got only other files: 1 TXT (sub/notes.txt).');
  writeFileSync('p/a.png', 'x');
  await expect(loadDataset('p', { skipBroken: true })).rejects.toThrow(
    "no picture of p can be used: got 1 broken; the first: p/a.png can't be used: it is not a PNG",
  );
});

test('a file in no known form, a single picture, an empty file', async () => {
  writeFileSync('x', 'hello, world');
  await expect(loadDataset('x')).rejects.toThrow(
    'x is in no form that is known (byte 0): expected a folder of pictures',
  );
  writeFileSync('x', '');
  await expect(loadDataset('x')).rejects.toThrow('got an empty file');
  writeFileSync('a.png', good);
  await expect(loadDataset('a.png')).rejects.toThrow('a.png is a single picture: expected a folder of pictures,');
});

test.each<[string, ZipEntry, string]>([
  ['out of the archive', { name: '../../slip.png', data: Buffer.from('x') }, 'its name leads out of the archive (..)'],
  ['an absolute path', { name: '/tmp/slip.png', data: Buffer.from('x') }, 'its name is an absolute path'],
  [
    "Windows' way up",
    { name: 'a\\..\\..\\slip.png', data: Buffer.from('x') },
    'its name leads out of the archive (..)',
  ],
  ['a locked entry', { name: 'a.png', data: Buffer.from('x'), encrypted: true }, 'it is encrypted'],
  [
    'a bomb that says so',
    { name: 'a.png', data: Buffer.alloc(20 * 2 ** 20) },
    'claim to unpack to 20971520; more than 200 times as much is not unpacked',
  ],
  [
    'a bomb that lies',
    { name: 'a.png', data: Buffer.alloc(20 * 2 ** 20), claims: 1000 },
    "it can't be unpacked (it holds more than the 1000 bytes that it claims)",
  ],
])('.zip: %s', async (_, entry, message) => {
  writeFileSync('p.zip', zip([{ name: 'good.png', data: good }, entry]));
  const before = everything();
  await expect(loadDataset('p.zip')).rejects.toThrow(message);
  await expect(loadDataset('p.zip')).rejects.toThrow(`p.zip: ${entry.name.replaceAll('\\', '/')} can't be used`);
  expect((await loadDataset('p.zip', { skipBroken: true })).count).toBe(1);
  expect(everything()).toEqual(before);
});

test('.zip: overlapping entries, cut, nothing in it', async () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ name: `${i}.png`, data: good }));
  writeFileSync('p.zip', zip(many, { overlap: true }));
  await expect(loadDataset('p.zip')).rejects.toThrow('p.zip is refused: its entries overlap: they claim');
  writeFileSync('p.zip', zip(many).subarray(0, 900));
  await expect(loadDataset('p.zip')).rejects.toThrow('p.zip is a damaged or truncated .zip');
  writeFileSync('p.zip', zip([]));
  await expect(loadDataset('p.zip')).rejects.toThrow('p.zip holds no images');
});

/** A .tar entry with any name. */
function tarEntry(path: string, data: Buffer, size = data.length): Buffer {
  const header = new Header({ path, size, type: 'File', mode: 0o644, mtime: new Date(0) });
  const block = Buffer.alloc(512);
  header.encode(block);
  return Buffer.concat([block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

test('.tar: out of the archive, an absolute path, links', async () => {
  mkdirSync('t');
  writeFileSync('t/good.png', good);
  symlinkSync('/etc/passwd', 't/link.png');
  await create({ file: 'links.tar' }, ['t']);
  const why = 'it is a symbolic link to /etc/passwd, which is not followed in an archive';
  await isBroken('links.tar', `links.tar: t/link.png can't be used: ${why}`);
  rmSync('t', { recursive: true });
  const end = Buffer.alloc(1024);
  for (const [name, why] of [
    ['../../slip.png', 'its name leads out of the archive (..)'],
    ['/tmp/slip.png', 'its name is an absolute path'],
  ] as const) {
    writeFileSync('p.tar', Buffer.concat([tarEntry('good.png', good), tarEntry(name, good), end]));
    await isBroken('p.tar', `p.tar: ${name} can't be used: ${why}`);
  }
});

test('.tar: a bomb, damage, a cut, nothing in it', async () => {
  const bomb = gzipSync(Buffer.concat([tarEntry('a.png', Buffer.alloc(40 * 2 ** 20)), Buffer.alloc(1024)]));
  writeFileSync('p.tgz', bomb);
  await expect(loadDataset('p.tgz')).rejects.toThrow('p.tgz is refused: its');
  const whole = Buffer.concat([tarEntry('good.png', good), tarEntry('b.png', good), Buffer.alloc(1024)]);
  // Cut within an entry, within a header, between two entries, and between the two blocks that end
  // the archive.
  const second = 512 * (1 + Math.ceil(good.length / 512));
  for (const size of [1100, second + 100, second, whole.length - 512]) {
    writeFileSync('p.tar', whole.subarray(0, size));
    await expect(loadDataset('p.tar'), String(size)).rejects.toThrow('p.tar is a damaged or truncated .tar');
  }
  writeFileSync('p.tgz', gzipSync(whole).subarray(0, 300));
  await expect(loadDataset('p.tgz')).rejects.toThrow('p.tgz is a damaged or truncated .tar');
  writeFileSync('p.tar', 'hello');
  await expect(loadDataset('p.tar')).rejects.toThrow('p.tar is a damaged or truncated .tar');
  mkdirSync('t/notes', { recursive: true });
  writeFileSync('t/notes/notes.txt', 'x');
  await create({ file: 'p.tar' }, ['t']);
  await expect(loadDataset('p.tar')).rejects.toThrow(
    /^p\.tar holds no images: .*, got only other files: 1 TXT \(t\/notes\/notes\.txt\)\./,
  );
});

test('a build that fails or is stopped leaves nothing in the cache', async () => {
  mkdirSync('p');
  for (let i = 0; i < 20; i++) await png(noisy(16, i), `p/${10 + i}.png`);
  const stop = new AbortController();
  const stopped = loadDataset('p', { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toThrow('abort');
  writeFileSync('p/29.png', readFileSync('p/28.png').subarray(0, 99));
  await expect(loadDataset('p')).rejects.toThrow("p/29.png can't be used: it is damaged");
  // The mark that this process uses the pack stays until it ends.
  const left = readdirSync(join(outer.path, 'cache/data')).filter((name) => !name.endsWith('.used'));
  expect(left).toEqual([]);
});
