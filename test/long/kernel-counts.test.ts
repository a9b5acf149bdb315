// Kernels do not become slower unnoticed: their instruction counts are compared with the committed
// ones, for the compiler that those were made with.
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const GUARD = fileURLToPath(new URL('../../bench/guard/guard.mjs', import.meta.url));
const { compiler, counts } = JSON.parse(
  readFileSync(new URL('../../bench/guard/counts.json', import.meta.url), 'utf8'),
);

function missing(): string | null {
  const said = (program: string): string => spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (process.arch !== 'x64') return 'it counts x86-64 instructions';
  if (said('valgrind') === '') return 'valgrind is not here: apt-get install valgrind';
  return said('gcc').split('\n')[0] === compiler
    ? null
    : `the counts are of ${compiler}: apt-get install gcc on Debian 12`;
}

const why = missing();
it.skipIf(why)(`kernels need no more instructions than they did${why ? ` (skipped: ${why})` : ''}`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [GUARD]);
  expect(stdout.match(/^ok /gm)).toHaveLength(Object.keys(counts).length);
  expect(stdout).not.toMatch(/SLOW|not compared/);
});
