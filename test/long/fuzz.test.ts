// Damaged files of every form that the program reads: each is refused in words, or read as it was, or changed where nothing in the
// file can tell. None may be accepted against its checksum, end the process, hang or take much memory. By hand, for longer:
// `npm run fuzz -- --minutes 30 --seed 2`.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const FUZZ = fileURLToPath(new URL('../fuzz/fuzz.mjs', import.meta.url));

it('damaged files end in a sentence', async () => {
  const run = promisify(execFile)(process.execPath, [FUZZ, '--cases', '3000', '--seed', '1']);
  // Its exit code is 1 after a fault; what it prints then says which input.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/^3000 damaged inputs, seed 1\n/);
  expect(stdout).toMatch(/\| all \| \d+ \| \d+ \| \d+ \| 0 \| 0 \| 0 \| 0 \|\n$/);
});
