// Numbers of runs, and what a person may type for one.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isFolder } from '../src/data/open.ts';
import { makeFolder, readFile } from '../src/platform/durable.ts';
import { createRun, resolveSource } from '../src/train/run.ts';
import { locate, newestRun, nextName, notARun } from '../src/train/run-names.ts';
import { workInFolders } from './support/folders.ts';

workInFolders('work');

const run = (name: string): void => {
  mkdirSync(join('runs', name), { recursive: true });
  writeFileSync(join('runs', name, 'config.json'), '{}');
};

it.each([
  '20240101123045123-backup',
  '99999999999999999999-x',
  '9007199254740992-x',
  '20240101-backup',
  '0000000012-x',
  '1000000-x',
  '1e9-x',
])('a folder called %s is no run and moves no number', (name) => {
  mkdirSync(join('runs', name), { recursive: true });
  for (let i = 1; i <= 3; i++) createRun(undefined, 'mnist', 'tiny');
  expect(readdirSync('runs').filter((made) => made !== name)).toEqual([1, 2, 3].map((n) => `0000${n}-mnist-tiny`));
});

it('numbers go on past five digits, and end in a sentence', () => {
  run('99999-mnist-tiny');
  expect(createRun(undefined, 'mnist', 'tiny')).toBe(join('runs', '100000-mnist-tiny'));
  run('100000-mnist-tiny');
  expect(newestRun()).toBe(join('runs', '100000-mnist-tiny'));
  run('999999-mnist-tiny');
  expect(() => nextName('mnist', 'tiny')).toThrow('runs has a run number 999999, the largest that there is. Choose');
});

it('finds a run by number, name and path', () => {
  for (const name of ['00003-mnist-best', '00012-faces-tiny']) run(name);
  const third = join('runs', '00003-mnist-best');
  for (const typed of ['3', '00003', '003', '00003-mnist-best', third]) expect(locate(typed), typed).toBe(third);
  expect(locate(`${third}/`)).toBe(`${third}/`);
  expect(locate('00003-mnist-best/config.json')).toBe(join(third, 'config.json'));
  for (const typed of ['4', '', '999999999999', '00004-mnist-best', 'elsewhere']) expect(locate(typed)).toBe(typed);
});

it('a path wins over a number where it is a run', () => {
  run('00003-mnist-best');
  mkdirSync('3');
  expect(locate('3')).toBe(join('runs', '00003-mnist-best'));
  writeFileSync('3/config.json', '{}');
  expect(locate('3')).toBe('3');
});

it('a number that two runs have is refused, and an error about a name that is no run says the nearest one', () => {
  run('00003-mnist-best');
  expect(notARun('00003-mnist-bets').message).toMatch(/Did you mean 00003-mnist-best\?$/);
  expect(notARun('runs/00003-mnist-bets').message).toMatch(/Did you mean 00003-mnist-best\?$/);
  expect(() => resolveSource('00003-mnst-best')).toThrow(/Did you mean 00003-mnist-best\?$/);
  expect(() => resolveSource('runs/00003-mnst-best')).toThrow(/Did you mean runs\/00003-mnist-best\?$/);
  expect(() => readFile('rusn/00003-mnist-best/config.json')).toThrow(
    /\(ENOENT\)\. Did you mean runs\/00003-mnist-best\/config\.json\?$/,
  );
  expect(() => createRun('', 'mnist', 'tiny')).toThrow('--out has no name: expected a new or empty folder, got ""');
  expect(() => makeFolder('/dev/null')).toThrow(/^\/dev\/null can't be created: it exists already \(EEXIST\)/);
  expect(() => makeFolder('')).toThrow(/^"" can't be created: there is no such file or folder \(ENOENT\)/);
  expect(() => isFolder('rums')).toThrow(/Did you mean runs\?$/);
  expect(notARun('7').message).toMatch(/^7 is not a run: expected .*The newest is 00003-mnist-best\.$/);
  run('00003-faces-tiny');
  expect(() => locate('3')).toThrow('2 runs have the number 3: got 00003-faces-tiny, 00003-mnist-best. Type the name');
  rmSync('runs', { recursive: true });
  expect(notARun('7').message).toMatch(/Check the path\.$/);
});
