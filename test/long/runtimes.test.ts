// The program of docs/recipes.md in Bun and Deno, which come from npm for it (some 100 MB each): it
// draws the picture that Node draws, byte for byte.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedFolder } from '../support/cli.ts';
import { ROOT, run } from '../support/pack.ts';

const RUNTIMES = {
  Bun: { package: '@oven/bun-linux-x64', program: 'bin/bun', words: [] },
  Deno: { package: '@deno/linux-x64-glibc', program: 'deno', words: ['run', '-A'] },
} as const;
const HERE = process.platform === 'linux' && process.arch === 'x64';

describe.skipIf(!HERE)(`other runtimes${HERE ? '' : ' (skipped: their packages are for Linux on x64)'}`, () => {
  const shared = sharedFolder();
  const drawn = (): Buffer => readFileSync(join(shared.path, 'samples.png'));
  beforeAll(async () => {
    const [, program] = /## Bun and Deno[\s\S]*?```js\n([\s\S]*?)```/.exec(
      readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8'),
    )!;
    writeFileSync(join(shared.path, 'draw.mjs'), program!);
    writeFileSync(join(shared.path, 'package.json'), '{"private":true}');
    const packages = Object.values(RUNTIMES).map((runtime) => runtime.package);
    const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
    await run('npm', words, { cwd: shared.path });
    symlinkSync(ROOT, join(shared.path, 'node_modules/dcgan'));
  }, 300_000);

  it.each(Object.entries(RUNTIMES))('%s draws what Node draws', async (_, { package: name, program, words }) => {
    await run(process.execPath, ['draw.mjs'], { cwd: shared.path });
    const expected = drawn();
    writeFileSync(join(shared.path, 'samples.png'), '');
    await run(join(shared.path, 'node_modules', name, program), [...words, 'draw.mjs'], { cwd: shared.path });
    expect(drawn().equals(expected)).toBe(true);
  });
});
