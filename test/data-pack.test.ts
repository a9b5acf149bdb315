import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FilePixels } from '../src/data/file-pixels.ts';
import { buildPack, loadDataset } from '../src/data/load.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { openPack, readHeader } from '../src/data/pack.ts';
import { temporaryPath } from '../src/platform/temporary.ts';
import { workInFolders } from './support/folders.ts';
import { leftBehind } from './support/left.ts';
import { noisy, png } from './support/pictures.ts';

workInFolders();

async function pictures(count = 4): Promise<void> {
  for (let i = 0; i < count; i++) {
    const place = i % 2 === 0 ? 'p/even' : 'p/odd';
    mkdirSync(place, { recursive: true });
    await png(noisy(16, i), join(place, `${i}.png`));
  }
}

test('a pack is the dataset again: in memory or from disk, and wherever it lies', async () => {
  await pictures();
  const built = await buildPack('p', 'my.pack');
  expect([built.count, built.shaping]).toEqual([4, { size: 16, fit: 'crop', channels: 3, background: '#ffffff' }]);
  const direct = await loadDataset('p');
  renameSync('p', 'gone');
  mkdirSync('else');
  renameSync('my.pack', 'else/x');
  for (const data of [await loadDataset('else/x'), await openPack('else/x', 0)]) {
    expect([data.name, data.count, data.sha256, data.classes]).toEqual(['p', 4, direct.sha256, ['even', 'odd']]);
    expect([data.labels, data.images]).toEqual([direct.labels, direct.images]);
    expect(data.batch([3, 0])).toEqual(direct.batch([3, 0]));
    expect([...data.mirrored().limit(3).labels!]).toEqual([0, 0, 0]);
  }
});

test('a pack that stays on disk is read whole once, and again when its file has changed', async () => {
  await pictures();
  await buildPack('p', 'my.pack');
  const read = vi.spyOn(FilePixels.prototype, 'read');
  const reads = async (): Promise<number> => {
    read.mockClear();
    const data = await openPack('my.pack', 0);
    expect(data.sha256).toBe(readHeader('my.pack').header.images);
    return read.mock.calls.length;
  };
  // The labels are read each time.
  expect([await reads(), await reads()]).toEqual([2, 1]);
  read.mockRestore();
  const bytes = readFileSync('my.pack');
  bytes[readHeader('my.pack').start]! ^= 1;
  writeFileSync('my.pack', bytes);
  await expect(openPack('my.pack', 0)).rejects.toThrow('my.pack is damaged: the SHA-256 of its images differs');
});

test('the same pictures give the same bytes, in a header that ends at a multiple of 64', async () => {
  await pictures();
  await buildPack('p', 'a.pack');
  await buildPack('p', 'b.pack');
  expect(readFileSync('a.pack').equals(readFileSync('b.pack'))).toBe(true);
  expect(readHeader('a.pack').start % 64).toBe(0);
  expect(readdirSync('.').sort()).toEqual(['a.pack', 'b.pack', 'p']);
});

test('a pack older than its source says so, and stays usable', async () => {
  await pictures();
  await buildPack('p', 'my.pack');
  const notes: string[] = [];
  const onNote = (note: string): void => {
    notes.push(note);
  };
  await loadDataset('my.pack', { onNote });
  expect(notes).toEqual([]);
  await png(noisy(16, 9), 'p/even/new.png');
  expect((await loadDataset('my.pack', { onNote })).count).toBe(4);
  expect(notes).toEqual([
    `${join(process.cwd(), 'p')} has changed since my.pack was made from it; npx dcgan data build makes it again`,
  ]);
});

test('a pack is compared with its source as it was read for it', async () => {
  await pictures();
  writeFileSync(
    'p/even/drawn.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="9" height="9"/></svg>',
  );
  mkdirSync('far');
  await png(noisy(16, 8), 'far/away.png');
  symlinkSync('../../far/away.png', 'p/odd/link.png');
  const notes: string[] = [];
  const onNote = (note: string): number => notes.push(note);
  for (const options of [{}, { svg: true }, { followLinks: true }, { svg: true, followLinks: true }]) {
    await buildPack('p', 'my.pack', { ...options, size: 16 });
    const more = Object.keys(options).length;
    expect((await loadDataset('my.pack', { onNote })).count).toBe(4 + more);
  }
  expect(notes).toEqual([]);
  rmSync('p/even/drawn.svg');
  await loadDataset('my.pack', { onNote });
  expect(notes).toEqual([expect.stringContaining('has changed since my.pack was made from it')]);
});

test('damage anywhere is told with file and byte', async () => {
  await pictures();
  await buildPack('p', 'my.pack');
  const whole = readFileSync('my.pack');
  const { start } = readHeader('my.pack');
  const damage = async (at: number, message: string): Promise<void> => {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1;
    writeFileSync('my.pack', bytes);
    await expect(loadDataset('my.pack')).rejects.toThrow(message);
  };
  await damage(start, 'my.pack is damaged: the SHA-256 of its images differs: expected');
  await damage(whole.length - 1, 'my.pack is damaged: the SHA-256 of its labels differs');
  await damage(12, 'my.pack has a header that is damaged, or of another version (byte 12)');
  await damage(11, 'my.pack is truncated inside its header, or damaged (byte 8)');
  writeFileSync('my.pack', whole);
  truncateSync('my.pack', whole.length - 1);
  await expect(loadDataset('my.pack')).rejects.toThrow(`my.pack is truncated (byte ${whole.length - 1}): expected`);
  writeFileSync('my.pack', Buffer.concat([whole, Buffer.alloc(1)]));
  await expect(loadDataset('my.pack')).rejects.toThrow(`my.pack goes on after its last value (byte ${whole.length})`);
});

test('arrays can be packed too; what can not be is told', async () => {
  writeFileSync(
    'a.npy',
    encodeNpy(
      Uint8Array.from({ length: 3 * 64 }, (_, i) => i),
      [3, 8, 8, 1],
    ),
  );
  await buildPack('a.npy', 'a.pack');
  const data = await loadDataset('a.pack');
  expect([data.count, data.width, data.channels, data.images[191]]).toEqual([3, 8, 1, 191]);
  await expect(buildPack('a.npy', './a.npy')).rejects.toThrow('./a.npy would be written over itself.');
  await expect(buildPack('a.npy', 'b.pack', { flip: true })).rejects.toThrow('a pack holds no mirror images.');
  await expect(buildPack('a.npy', '.')).rejects.toThrow(". can't be written: it is a folder, not a file (EISDIR)");
  await expect(buildPack('a.npy', 'no/b.pack')).rejects.toThrow(
    "no/b.pack can't be written: there is no such file or folder",
  );
});

test('left-overs of processes that died are swept, those of the living are not', async () => {
  await pictures();
  const alive = basename(temporaryPath('.', 'x.pack'));
  for (const name of [leftBehind('.', 'x.pack'), alive]) writeFileSync(name, '');
  await buildPack('p', 'my.pack');
  expect(readdirSync('.').sort()).toEqual([alive, 'my.pack', 'p']);
});

test('many pictures pack in memory that does not grow with them', async () => {
  await pictures(400);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const onProgress = (): void => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  // 400 images of 512 x 512 x 3 are 315 MB.
  await buildPack('p', 'my.pack', { size: 256, onProgress });
  expect(readHeader('my.pack').header.count).toBe(400);
  expect(most).toBeLessThan(100e6);
});
