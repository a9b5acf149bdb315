// Calls of the system that fail, kills at such calls, and disks that are full: each command ends well
// or with a sentence, nothing is lost and nothing is left over. By hand, for longer:
// `npm run faults -- --calls 500 --kills 200 --sizes 24`.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const FAULTS = fileURLToPath(new URL('../faults/faults.mjs', import.meta.url));
const LINUX = process.platform === 'linux';

it.skipIf(!LINUX)(`failing calls lose nothing${LINUX ? '' : ' (skipped: LD_PRELOAD is of Linux)'}`, async () => {
  const words = [FAULTS, '--calls', '24', '--kills', '12', '--sizes', '6'];
  // Its exit code is 1 where something was lost; what it prints then says which call.
  const { stdout } = await promisify(execFile)(process.execPath, words).catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/\| all \| {2}\| \d+ \| \d+ \| \d+ \| 0 \| 0 \| 0 \| 0 \|\n$/);
});
