// The programs of docs/recipes.md that Node runs, as they stand there.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/folders.ts';
import { ROOT } from './support/pack.ts';

const TEXT = readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8');

it('Node with CommonJS draws a picture', async () => {
  const [, program] = /## Node with CommonJS[\s\S]*?```js\n([\s\S]*?)```/.exec(TEXT)!;
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/dcgan'));
  writeFileSync(join(folder, 'draw.cjs'), program!);
  await promisify(execFile)(process.execPath, ['draw.cjs'], { cwd: folder });
  expect(existsSync(join(folder, 'samples.png'))).toBe(true);
});

it('a bundle for Node leaves the package outside, and draws', async () => {
  const [, command] = /## Bundling for Node[\s\S]*?```sh\n([\s\S]*?)```/.exec(TEXT)!;
  const [, program] = /## Bun and Deno[\s\S]*?```js\n([\s\S]*?)```/.exec(TEXT)!;
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/dcgan'));
  writeFileSync(join(folder, 'draw.mjs'), program!);
  const [npx, name, ...words] = command!.trim().split(' ');
  expect([npx, name]).toEqual(['npx', 'esbuild']);
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/esbuild'), words, { cwd: folder });
  await promisify(execFile)(process.execPath, ['bundle.mjs'], { cwd: folder });
  expect(existsSync(join(folder, 'samples.png'))).toBe(true);
});
