// docs/data.md lists every form of data with the tests that read it, and these tests exist.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ARCHIVES, FORMS } from '../src/data/forms/table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = readFileSync(`${ROOT}/docs/data.md`, 'utf8');
/** The cells of each row of the first table. */
const ROWS = DOCUMENT.split(/^##+ /m)
  .find((part) => part.startsWith('What `--data` takes'))!
  .split('\n')
  .filter((line) => /^\| (?!form)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
/** The file name or word by which a row is known to be of a form. */
const KNOWN_BY: Readonly<Record<string, RegExp>> = {
  'IDX file': /^IDX$/,
  '.npz file': /^`\.npz`$/,
  'Parquet file': /^Parquet$/,
  "STL-10's binary file": /^STL-10$/,
  "CIFAR's binary file": /^CIFAR-10, CIFAR-100$/,
  "CIFAR's Python file": /^CIFAR's Python files$/,
  '.npy file': /^`\.npy`$/,
  'CSV table of pixels': /^CSV$/,
  'CSV table with pixels in a cell': /^CSV of FER2013$/,
  'zip archive': /`\.zip`/,
  'tar archive': /`\.tar`/,
};

it('has a row for every form and every archive, with its test', () => {
  const names = [...FORMS, ...ARCHIVES].map(({ name }) => name);
  expect(names.filter((name) => !ROWS.some(([form]) => KNOWN_BY[name]?.test(form!)))).toEqual([]);
  for (const row of ROWS) expect(row.at(-1), row[0]).toMatch(/`test\/[\w./-]+\.test\.ts`/);
});

it('names only tests that exist', () => {
  const named = [...DOCUMENT.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
});
