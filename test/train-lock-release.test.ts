// A lock is given back although the disk fails for a moment.
import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { LOCK_NAME, RunLock } from '../src/train/lock.ts';
import { workInFolders } from './support/folders.ts';

let failures = 0;
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const unlinkSync: typeof fs.unlinkSync = (path) => {
    if (failures-- > 0) throw Object.assign(new Error('EIO: i/o error, unlink'), { code: 'EIO' });
    fs.unlinkSync(path);
  };
  return { ...fs, unlinkSync };
});

workInFolders('work');

test('a lock is removed although removing it fails once', () => {
  const lock = RunLock.acquire('.');
  expect(existsSync(LOCK_NAME)).toBe(true);
  failures = 1;
  lock.release();
  expect(existsSync(LOCK_NAME)).toBe(false);
});
