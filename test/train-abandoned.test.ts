// A training that is dropped in the middle, neither finished nor left by break, gives its threads, its
// memory and its run back when the garbage collector comes by. Kernels that are at work are never taken from under.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
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

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;

it.skipIf(native.missing || !LINUX)('a Worker that ends without `dispose` leaves no threads behind', async () => {
  const program = `
    const { DCGAN } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const models = [];
    for (let i = 0; i < 3; i++) models.push(await DCGAN.create({ preset: 'tiny', device: 'native', threads: 4, seed: i }));
    await models[0].generate(2, { seed: 1 });
  `;
  const threads = (): number => readdirSync('/proc/self/task').length;
  const end = async (): Promise<number> => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const [code] = await once(worker, 'exit');
    return code as number;
  };
  expect(await end()).toBe(0);
  const before = threads();
  for (let i = 0; i < 3; i++) expect(await end()).toBe(0);
  expect(threads()).toBeLessThanOrEqual(before + 2);
});
