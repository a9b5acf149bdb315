// On a GPU a step is asked for before the one before it is done. A made-up GPU, which is the wasm
// device, shows it: events, files and checkpoints must be those of one step at a time. For a real
// GPU see the suites of all devices, `npm run test:gpu`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { PageRun } from '../src/browser/page-run.ts';
import { openDataset } from '../src/data/open.ts';
import type { Backend, Device, Executable } from '../src/engine/backends/backend.ts';
import type * as Devices from '../src/engine/backends/devices.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { temporaryFolder } from './support/folders.ts';
import { pretended } from './support/pretended-gpu.ts';
import { events, expectPicturesOf, isStep, newestBytes, SMALL, timelessMetrics } from './support/training.ts';

/** How many training steps are under way, and the most that ever were. */
const gpu = vi.hoisted(() => ({ underWay: 0, most: 0 }));

vi.mock('../src/engine/backends/devices.ts', async (load) => {
  const real = await load<typeof Devices>();
  const open: Device['open'] = async (options) => counting(await real.TABLE.wasm.open(options));
  const webgpu: Device = { open, available: async () => ({ ok: true, variant: 'pretended' }) };
  return { ...real, TABLE: { ...real.TABLE, webgpu } };
});

function counting(backend: Backend): Backend {
  return pretended(backend, {
    run: async (executable: Executable) => {
      const counted = executable.plan.inputs.has('images') ? 1 : 0;
      gpu.underWay += counted;
      gpu.most = Math.max(gpu.most, gpu.underWay);
      await backend.run(executable);
      gpu.underWay -= counted;
    },
  });
}

const run = (): string => join(temporaryFolder(), 'run');
const ahead = { ...SMALL, device: 'webgpu' } as const;
const alone = { ...SMALL, device: 'wasm' } as const;

/** Events without times and paths. */
const plain = (seen: readonly TrainEvent[]): unknown[] =>
  seen
    .filter(({ type }) => type !== 'run')
    .map(({ ...event }) => ({ ...event, seconds: 0, path: '', folder: '', checkpoint: '', gif: '' }));

beforeEach(() => {
  gpu.most = 0;
});

it('has two steps under way', async () => {
  await events({ ...ahead, out: run() });
  expect(gpu.most).toBe(2);
});

it('tells and writes what one at a time does', async () => {
  const [one, two] = [run(), run()];
  const told = await events({ ...alone, out: one });
  expect(plain(await events({ ...ahead, out: two }))).toEqual(plain(told));
  expect(newestBytes(two).equals(newestBytes(one))).toBe(true);
  expect(timelessMetrics(two)).toEqual(timelessMetrics(one));
  expectPicturesOf(two, one);
});

it('shows a page the pictures between steps that one at a time does', async () => {
  const { limit: _, ...rest } = SMALL;
  const options = { ...rest, data: openDataset().limit(100), epochs: 1, pictureEvery: 3 };
  const told = async (device: string): Promise<TrainEvent[]> => {
    const page = await PageRun.open({ ...options, device });
    const seen: unknown[] = [];
    for await (const event of page.events()) seen.push(event);
    await page.finish();
    return seen as TrainEvent[];
  };
  const one = plain(await told('wasm'));
  expect(gpu.most).toBe(0);
  expect(plain(await told('webgpu'))).toEqual(one);
  expect(gpu.most).toBe(2);
  expect(one.map((event) => (event as TrainEvent).type).join(' ')).toBe(
    'picture step step step picture step step step picture step picture checkpoint epoch done',
  );
});

it('saves what is under way where it is left, its metrics included, and goes on to the same bits', async () => {
  const [straight, out] = [run(), run()];
  await events({ ...ahead, out: straight });
  await events({ ...ahead, out }, isStep(1));
  expect(readdirSync(join(out, 'checkpoints'))).toContain('epoch-0001-step-000002.safetensors');
  expect(timelessMetrics(out)).toMatchObject([{ step: 1 }, { step: 2 }]);
  // This is the last step of an epoch: its picture and means are still to come.
  await events({ resume: out, device: 'webgpu' }, isStep(5));
  expect(readdirSync(join(out, 'checkpoints'))).toContain('epoch-0002-step-000006.safetensors');
  await events({ resume: out, device: 'webgpu' });
  expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
  expect(timelessMetrics(out)).toEqual(timelessMetrics(straight));
});

it('tells of the step under way before it stops for an abort', async () => {
  const abort = new AbortController();
  const seen = await events({ ...ahead, out: run(), signal: abort.signal }, (event) => {
    if (isStep(4)(event)) abort.abort();
    return false;
  });
  expect(seen.slice(-3)).toMatchObject([
    { type: 'step', step: 4 },
    { type: 'step', step: 5 },
    { type: 'interrupted', epoch: 1, step: 5 },
  ]);
});

it('lets a caller ask for steps without waiting, and everything else in its turn', async () => {
  const options = { preset: 'tiny', seed: 3, batchSize: 8, discriminatorSteps: 2 } as const;
  const images = Float32Array.from({ length: 8 * 28 * 28 }, (_, i) => Math.sin(i));
  const [waited, asked] = await Promise.all([DCGAN.create(options), DCGAN.create(options)]);
  const one = [await waited.step(images), await waited.step(images), await waited.step(images.subarray(0, 784))];
  const middle = await waited.toBytes();
  one.push(await waited.step(images));
  // Each of the first three waits until a plan of its own is ready.
  const two = [asked.step(images), asked.step(images), asked.step(images.subarray(0, 784))];
  expect(asked.steps).toBe(3);
  const bytes = asked.toBytes();
  two.push(asked.step(images));
  expect(await Promise.all(two)).toEqual(one);
  expect(Buffer.from(await bytes).equals(middle)).toBe(true);
  expect(Buffer.from(await asked.toBytes()).equals(await waited.toBytes())).toBe(true);
  await expect(asked.step(images, { noise: new Float32Array(3) })).rejects.toThrow('noise');
  expect(asked.steps).toBe(4);
  await Promise.all([waited.dispose(), asked.dispose()]);
});
