// A training that is dropped in the middle, neither finished nor left by break, gives its threads, its
// memory and its run back when the garbage collector comes by. Kernels that are at work are never taken from under.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TEST_DEVICES, title } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';

const CHILD = new URL('support/abandon-child.mjs', import.meta.url).pathname;
const DEVICES = TEST_DEVICES.filter(({ name }) => name === 'native' || name === 'wasm');
const LINUX = process.platform === 'linux';

describe.each(DEVICES)('an abandoned training', (device) => {
  const name = LINUX ? title(device) : `${device.name} (skipped: only Linux lists its threads in /proc)`;
  it.skipIf(device.missing || !LINUX)(
    `gives its threads and its run back on ${name}`,
    { timeout: 120_000 },
    async () => {
      const words = ['--expose-gc', CHILD, temporaryFolder(), device.name];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, words);
      expect(stderr).toBe('');
      const { before, whileHeld, after, lockedWhileHeld, lockedAfter, works } = JSON.parse(stdout);
      expect(whileHeld).toBeGreaterThanOrEqual(before + 6);
      expect(after).toBeLessThanOrEqual(before);
      expect([lockedWhileHeld, lockedAfter]).toEqual([3, 0]);
      expect(works).toBe(true);
    },
  );
});
