import * as fs from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fileError, readFile, writeFileDurably } from '../src/platform/durable.ts';
import { leftBehind } from './support/left.ts';

// The real file system with injected faults: a full or failing disk, at the call where it fails.
const faults = vi.hoisted(() => ({
  log: [] as string[],
  shortWrite: Number.POSITIVE_INFINITY,
  failAt: null as null | { call: string; after: number; code: string },
}));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  const count = (call: string): void => {
    faults.log.push(call);
    if (faults.failAt?.call === call && faults.failAt.after-- <= 0) {
      throw Object.assign(new Error(`${faults.failAt.code}: injected`), { code: faults.failAt.code });
    }
  };
  const counted = <A extends unknown[], R>(call: string, f: (...args: A) => R) => {
    return (...args: A): R => {
      count(call);
      return f(...args);
    };
  };
  return {
    ...real,
    openSync: counted('open', real.openSync),
    closeSync: counted('close', real.closeSync),
    fsyncSync: counted('fsync', real.fsyncSync),
    renameSync: counted('rename', real.renameSync),
    unlinkSync: counted('unlink', real.unlinkSync),
    writeSync: counted('write', (fd: number, bytes: Uint8Array, offset: number, length: number) =>
      real.writeSync(fd, bytes, offset, Math.min(length, faults.shortWrite)),
    ),
  };
});

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'dcgan-test-'));
  Object.assign(faults, { log: [], shortWrite: Number.POSITIVE_INFINITY, failAt: null });
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);

test('write, sync, close, rename, and the folder synced last', () => {
  const path = join(folder, 'a');
  writeFileDurably(path, bytes);
  expect(faults.log).toEqual(['open', 'write', 'fsync', 'close', 'rename', 'open', 'fsync', 'close']);
  expect(readFile(path)).toEqual(bytes);
  expect(fs.readdirSync(folder)).toEqual(['a']);
});

test('short writes are continued, and chunks follow each other', () => {
  faults.shortWrite = 7;
  const path = join(folder, 'a');
  writeFileDurably(path, [bytes, new Uint8Array(0), bytes.subarray(10, 20)]);
  expect(readFile(path)).toEqual(Uint8Array.from([...bytes, ...bytes.subarray(10, 20)]));
});

test.each([
  ['write', 1, 'ENOSPC', 'the disk is full (ENOSPC). Free some space'],
  [
    'write',
    0,
    'EFBIG',
    'the file is larger than this process or file system allows (EFBIG). Raise the limit (ulimit -f)',
  ],
  ['fsync', 0, 'EIO', 'the disk failed (EIO). Check the disk'],
  ['close', 0, 'EDQUOT', 'the disk quota is used up (EDQUOT). Free some space'],
  ['rename', 0, 'EACCES', 'access is not permitted (EACCES). Change its permissions'],
  ['open', 0, 'EROFS', 'the place is not writable: its file system is read-only (EROFS). Choose another folder'],
  ['open', 0, 'EWEIRD', 'EWEIRD: injected.'],
])('%s failing leaves the old file, no temporary one, and words (%i, %s)', (call, after, code, words) => {
  const path = join(folder, 'a');
  fs.writeFileSync(path, 'old');
  faults.shortWrite = 600;
  faults.failAt = { call, after, code };
  expect(() => writeFileDurably(path, bytes, { temporary: join(folder, 'growing') })).toThrow(
    `${path} can't be written: ${words}`,
  );
  faults.failAt = null;
  expect(fs.readdirSync(folder)).toEqual(['a']);
  expect(fs.readFileSync(path, 'utf8')).toBe('old');
});

test('a folder that cannot be synced (Windows) is no error, a failing disk is', () => {
  faults.failAt = { call: 'fsync', after: 1, code: 'EINVAL' };
  writeFileDurably(join(folder, 'a'), bytes);
  faults.failAt = { call: 'fsync', after: 1, code: 'EIO' };
  expect(() => writeFileDurably(join(folder, 'b'), bytes)).toThrow('the disk failed (EIO)');
});

test('a temporary name in use is refused and stays: it is not ours', () => {
  const temporary = join(folder, 'growing');
  fs.writeFileSync(temporary, 'theirs');
  expect(() => writeFileDurably(join(folder, 'a'), bytes, { temporary })).toThrow('it exists already (EEXIST)');
  expect(fs.readFileSync(temporary, 'utf8')).toBe('theirs');
});

test('what a killed writer of the same file left is removed with the next writing, and nothing else', () => {
  const [own, others] = [leftBehind(folder, 'a'), leftBehind(folder, 'b')];
  for (const path of [own, others]) fs.writeFileSync(path, 'half');
  writeFileDurably(join(folder, 'a'), bytes);
  expect(fs.readdirSync(folder).sort()).toEqual([basename(others), 'a'].sort());
});

test('an error for which Node has no name is known by its number', () => {
  const { EDQUOT } = constants.errno;
  const error = Object.assign(new Error('x'), { code: `Unknown system error -${EDQUOT}`, errno: -EDQUOT });
  expect(fileError('written', 'a', error).message).toBe(
    "a can't be written: the disk quota is used up (EDQUOT). Free some space, or choose a folder on another disk.",
  );
});

test('a missing folder and a missing file are named', () => {
  const path = join(folder, 'no', 'a');
  expect(() => writeFileDurably(path, bytes)).toThrow(
    `${path} can't be written: there is no such file or folder (ENOENT)`,
  );
  expect(() => readFile(path, './no/a')).toThrow("./no/a can't be read: there is no such file or folder (ENOENT)");
  expect(() => readFile(folder)).toThrow('it is a folder, not a file (EISDIR)');
});
