// What works after `npm ci --omit=optional`, which leaves out the binaries of koffi and sharp: everything
// but the native device and one's own pictures, and these say what to install. The installation is made
// of links, which Node is told to leave as they are.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Ended, startProgram } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { noisy, png } from './support/pictures.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Optional dependencies of this package's dependencies, and packages that a person installs beside it. */
const LEFT_OUT = /^(@img\/sharp-.*|@koromix\/.*|webgpu|onnxruntime-.*)$/;

it('a training without optional packages takes wasm; pictures and native say what is missing', async () => {
  const cwd = temporaryFolder();
  for (const part of ['bin', 'dist', 'kernels', 'assets', 'package.json'])
    symlinkSync(join(ROOT, part), join(cwd, part));
  const packages = readdirSync(join(ROOT, 'node_modules')).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(ROOT, 'node_modules', name)).map((part) => `${name}/${part}`) : [name],
  );
  for (const name of packages.filter((one) => !LEFT_OUT.test(one))) {
    mkdirSync(join(cwd, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(cwd, 'node_modules', name));
  }
  const dcgan = (line: string): Promise<Ended> =>
    startProgram(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', 'bin/dcgan.js', ...line.split(' ')],
      { cwd },
    ).ended;

  const trained = await dcgan('train --preset tiny --limit 64 --epochs 1 --evaluate-every 1 --out r');
  expect([trained.code, trained.stderr]).toEqual([0, '']);
  expect(trained.stdout).toMatch(/^Device: wasm.*native cannot run here \(the koffi package cannot be loaded/);
  const sampled = await dcgan('sample r -o s.png');
  expect([sampled.code, sampled.stderr, readdirSync(cwd)]).toEqual([0, '', expect.arrayContaining(['s.png'])]);

  const native = await dcgan('sample r -o t.png --device native');
  expect([native.code, native.stderr]).toEqual([1, expect.stringContaining('npm install --include=optional koffi')]);
  mkdirSync(join(cwd, 'pics'));
  writeFileSync(join(cwd, 'pics/a.png'), await png(noisy(16, 1)));
  const pictures = await dcgan('data inspect pics');
  expect([pictures.code, pictures.stderr]).toEqual([
    1,
    expect.stringContaining('npm install --include=optional sharp'),
  ]);
});
