// A disk that fails while pictures are read ends the reading: the picture may be good, and leaving it
// out, as broken ones are, would change the data in silence.
import { mkdirSync, writeFileSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { loadDataset } from '../src/data/load.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, png } from './support/pictures.ts';

const failing = vi.hoisted(() => ({ code: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  const readFile = (path: Buffer | string, ...rest: []): Promise<Buffer> =>
    /second/.test(path.toString())
      ? Promise.reject(Object.assign(new Error(`${failing.code}: read`), { code: failing.code }))
      : real.readFile(path, ...rest);
  const readdir = (path: Buffer, ...rest: []): Promise<unknown> =>
    /closed/.test(path.toString())
      ? Promise.reject(Object.assign(new Error('EACCES: scandir'), { code: 'EACCES', path: path.toString() }))
      : real.readdir(path, ...rest);
  return { ...real, default: { ...real, readFile, readdir }, readFile, readdir };
});
workInFolders('work');

test('a folder that may not be listed counts as broken, and can be left out', async () => {
  mkdirSync('open/closed', { recursive: true });
  writeFileSync('open/a.png', await png(noisy(20, 1)));
  writeFileSync('open/closed/b.png', await png(noisy(20, 2)));
  await expect(loadDataset('open', { size: 16 })).rejects.toThrow(
    "open/closed/ can't be used: access is not permitted (EACCES). Mend or remove it, or leave all such files out: --skip-broken.",
  );
  expect((await loadDataset('open', { size: 16, skipBroken: true })).count).toBe(1);
});

test.each(['EIO', 'EMFILE', 'ENOSPC', 'ENOMEM', 'ESTALE'])('%s ends the reading', async (code) => {
  failing.code = code;
  mkdirSync(`pictures-${code}`);
  for (const name of ['first', 'second', 'third'])
    writeFileSync(`pictures-${code}/${name}.png`, await png(noisy(20, 1)));
  await expect(loadDataset(`pictures-${code}`, { size: 16, skipBroken: true })).rejects.toThrow(
    /second\.png can't be read: .*\(E\w+\)/,
  );
});

test('a picture that may not be read is left out when that is asked', async () => {
  failing.code = 'EACCES';
  mkdirSync('pictures');
  for (const name of ['first', 'second', 'third']) writeFileSync(`pictures/${name}.png`, await png(noisy(20, 1)));
  expect((await loadDataset('pictures', { size: 16, skipBroken: true })).count).toBe(2);
});
