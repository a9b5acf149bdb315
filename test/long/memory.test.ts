// Training needs little memory: steps of tf2018 on native take less than 700 MB, Node, kernels and
// all of MNIST included, and as much late in the second epoch as early in it. Epochs are not
// compared: what the end of one leaves to the garbage collector stays for the next, and is some
// 15 MB more or less each time.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { TEST_DEVICES } from '../support/devices.ts';

const STEPS = 500;
const STEPS_OF_AN_EPOCH = 235; // 60,000 images in batches of 256
const CHILD = fileURLToPath(new URL('../support/memory-child.mjs', import.meta.url));
const native = TEST_DEVICES.find(({ name }) => name === 'native')!;

it.skipIf(native.missing)(`${STEPS} steps stay under 700 MB, and flat (${native.missing ?? 'native'})`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, String(STEPS)], { maxBuffer: 2 ** 26 });
  const resident = stdout.trimEnd().split('\n').map(Number);
  expect(resident).toHaveLength(STEPS);
  // Medians, because memory that the garbage collector has not freed yet comes and goes.
  const median = (part: number[]): number => part.sort((a, b) => a - b)[part.length >> 1]!;
  const early = median(resident.slice(STEPS_OF_AN_EPOCH + 25, STEPS_OF_AN_EPOCH + 75));
  const late = median(resident.slice(2 * STEPS_OF_AN_EPOCH - 50, 2 * STEPS_OF_AN_EPOCH));
  expect(Math.max(...resident)).toBeLessThan(700e6);
  expect(late / early).toBeLessThan(1.05);
});
