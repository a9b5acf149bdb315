// What killed processes left goes; what a process writes that may run in another container or on another host stays.
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { evict, keepInUse } from '../src/platform/evict.ts';
import { buildPath, isLeft, sweepLeft, temporaryFor, temporaryPath } from '../src/platform/temporary.ts';
import { temporaryFolder } from './support/folders.ts';
import { leftBehind } from './support/left.ts';

/** The same number in another container or on another host. */
const elsewhere = (path: string): string => path.replace(/\.tmp-[0-9a-f]{8}/, '.tmp-01234567');
const DAYS = 86_400;

function age(path: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(path, then, then);
}

test('a name is not used twice, and says what it is for', () => {
  const path = temporaryPath('x', 'config.json');
  expect(path).not.toBe(temporaryPath('x', 'config.json'));
  expect(temporaryFor(basename(path))).toBe('config.json');
  expect(temporaryFor('.tmp-notes')).toBeNull();
});

test('only what an ended process left is swept, whatever its number', () => {
  const folder = temporaryFolder();
  const mine = temporaryPath(folder, 'a');
  const dead = leftBehind(folder, 'b');
  // The number was given again: the process that has it now started at another time.
  const reused = mine.replace(/\.\d+-(?=[0-9a-f]{8}-a$)/, '.1-');
  const theirs = elsewhere(dead);
  const forgotten = elsewhere(leftBehind(folder, 'c'));
  const old = join(folder, '.tmp-999999999-0123abcd-d');
  const notOurs = join(folder, '.tmp-notes');
  for (const path of [mine, dead, reused, theirs, forgotten, old, notOurs]) writeFileSync(path, '');
  for (const path of [forgotten, old, notOurs, mine]) age(path, 2 * DAYS);
  expect(sweepLeft(folder).sort()).toEqual([dead, reused, forgotten, old].map((path) => basename(path)).sort());
  expect(readdirSync(folder).sort()).toEqual([mine, theirs, notOurs].map((path) => basename(path)).sort());
  expect(sweepLeft(join(folder, 'nowhere'))).toEqual([]);
});

test('writing refreshes the lease of others, and a clock in the future ends none', () => {
  const folder = temporaryFolder();
  const theirs = elsewhere(temporaryPath(folder, 'a'));
  writeFileSync(theirs, '');
  age(theirs, 2 * DAYS);
  expect(isLeft(theirs)).toBe(true);
  writeFileSync(theirs, 'more');
  expect(isLeft(theirs)).toBe(false);
  age(theirs, -100 * DAYS);
  expect(isLeft(theirs)).toBe(false);
});

test('folders to compile in are swept with what is in them', () => {
  const folder = temporaryFolder();
  const [mine, dead] = [buildPath(folder), leftBehind(folder, 'x').replace('.tmp-', '.build-').replace(/-x$/, '')];
  for (const one of [mine, dead]) {
    mkdirSync(one);
    writeFileSync(join(one, 'conv.o'), '');
  }
  expect(sweepLeft(folder)).toEqual([basename(dead)]);
  expect(existsSync(mine)).toBe(true);
});

test('a pack that a process uses is not evicted, whatever the clock says; unused ones are', () => {
  const folder = temporaryFolder();
  const [used, dead, theirs, newest] = ['used', 'dead', 'theirs', 'newest'].map((name) => join(folder, `${name}.pack`));
  for (const path of [used!, dead!, theirs!, newest!]) writeFileSync(path, '');
  keepInUse(used!);
  writeFileSync(leftBehind(folder, 'dead.pack.used'), '');
  writeFileSync(elsewhere(temporaryPath(folder, 'theirs.pack.used')), '');
  // Written by a clock that stood at 1970.
  for (const path of [used!, dead!, theirs!]) utimesSync(path, 1, 1);
  evict(folder);
  expect(readdirSync(folder).filter((name) => name.endsWith('.pack'))).toEqual([
    'newest.pack',
    'theirs.pack',
    'used.pack',
  ]);
});
