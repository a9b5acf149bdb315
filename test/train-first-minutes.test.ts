// What a person is told in the first minutes: data that cannot teach much, defaults in help, where to look, and files that stay.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unusedName } from '../src/cli/unused-name.ts';
import { Dataset } from '../src/data/dataset.ts';
import { checkNode } from '../src/platform/node-version.ts';
import { notesOnData } from '../src/train/data-notes.ts';
import { dcgan } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';

const of = (count: number, value: (i: number) => number, channels = 1): Dataset =>
  new Dataset({
    name: 'x',
    images: Uint8Array.from({ length: count * 256 * channels }, (_, i) => value(i)),
    count,
    height: 16,
    width: 16,
    channels,
  });

it('data that cannot teach much get a note', () => {
  expect(
    notesOnData(
      of(1, (i) => i),
      64,
    ),
  ).toEqual([expect.stringMatching(/^x is a single image/)]);
  expect(
    notesOnData(
      of(10, (i) => i),
      64,
    ),
  ).toEqual([expect.stringMatching(/^10 images of x are fewer than the 64/)]);
  expect(
    notesOnData(
      of(64, () => 7),
      64,
    ),
  ).toEqual([expect.stringMatching(/all of one colour/)]);
  expect(
    notesOnData(
      of(64, (i) => [1, 2, 3][i % 3]!, 3),
      64,
    ),
  ).toEqual([expect.stringMatching(/all of one colour/)]);
  expect(
    notesOnData(
      of(64, (i) => i),
      64,
    ),
  ).toEqual([]);
});

it('help shows defaults, by preset where they differ', async () => {
  const { stdout } = await dcgan(['train', '--help'], { cwd: '.' });
  const text = stdout.replace(/\s+/g, ' ');
  expect(text).toContain('passes over the data (default: 150; tf2 50, tiny 10, quick 10, best 15, paper 25)');
  expect(text).toContain('images of one step (default: 256; tiny 64, quick 32, best 64, paper 128)');
  expect(text).toContain('for both networks (default: 0.0001; quick 0.001, best 0.0005, paper 0.0002)');
});

it('a training says once where to look', async () => {
  const cwd = temporaryFolder();
  const line = ['train', '--preset', 'tiny', '--limit', '10', '--epochs', '1', '--out', 'run', '--device', 'wasm'];
  const { stdout } = await dcgan(line, { cwd });
  expect(stdout.match(/A picture after each epoch: run\/images\./g)).toHaveLength(1);
  expect(stdout).toMatch(/Note: 10 images of mnist are fewer than the 64 of a mini-batch/);
});

it('a file that is there stays', () => {
  const path = join(temporaryFolder(), 'samples.png');
  expect(unusedName(path)).toBe(path);
  writeFileSync(path, '');
  expect(unusedName(path)).toMatch(/samples-2\.png$/);
  writeFileSync(unusedName(path), '');
  expect(unusedName(path)).toMatch(/samples-3\.png$/);
});

it('an old Node is refused by name', () => {
  for (const version of ['18.20.1', '20.18.3'])
    expect(() => checkNode(version)).toThrow(/expected 20\.19 or newer, got/);
  for (const version of ['20.19.0', '22.0.0', process.versions.node]) expect(() => checkNode(version)).not.toThrow();
});
