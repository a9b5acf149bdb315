// A GPU that fails while `auto` trains on it, made of the wasm device. The run goes back to its
// last checkpoint and continues on the processor, in Node and in a page's Worker. For a real device
// that is lost see gpu/lost.test.ts and gpu/browser.test.ts.
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { Face } from '../src/browser/face.ts';
import type { SentOptions } from '../src/browser/page-options.ts';
import { openDataset } from '../src/data/open.ts';
import type { Backend, Device, Executable } from '../src/engine/backends/backend.ts';
import type * as Devices from '../src/engine/backends/devices.ts';
import { lostError } from '../src/engine/backends/webgpu/errors.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { temporaryFolder } from './support/folders.ts';
import { pretended } from './support/pretended-gpu.ts';
import { events, SMALL } from './support/training.ts';

/** How many training steps it does before it is lost; below 0 it does not even open. */
const gpu = vi.hoisted(() => ({ steps: 0 }));

vi.mock('../src/platform/findings.ts', () => import('./support/gpu-wins.ts'));
vi.mock('../src/engine/backends/devices.ts', async (load) => {
  const real = await load<typeof Devices>();
  const open: Device['open'] = async (options) => {
    if (gpu.steps < 0) throw lostError('before it began');
    return losing(await real.TABLE.wasm.open(options));
  };
  const webgpu: Device = { open, available: async () => ({ ok: true, variant: 'pretended' }) };
  return {
    ...real,
    TABLE: { ...real.TABLE, webgpu },
    likelyGpu: async () => ({ name: 'pretended', hardware: true }),
  };
});

function losing(backend: Backend): Backend {
  let left = gpu.steps;
  const check = (): void => {
    if (left < 0) throw lostError('pulled out');
  };
  return pretended(backend, {
    read: async (...args) => {
      check();
      return backend.read(...args);
    },
    run: async (executable: Executable) => {
      if (executable.plan.inputs.has('images')) left--;
      check();
      return backend.run(executable);
    },
  });
}

const DATA = openDataset().limit(SMALL.limit);
const WARNING = {
  type: 'warning',
  condition: 'gpu-failed',
  step: 5,
  since: 5,
  seen: 'webgpu: the GPU was lost (got pulled out)',
  help: 'The training continues on the processor from its last checkpoint',
};

beforeEach(() => {
  gpu.steps = 5;
});

it('in Node goes on on the processor from the last checkpoint, and says so', async () => {
  const seen = await events({ ...SMALL, data: DATA, out: join(temporaryFolder(), 'run') });
  const [first, second] = seen.filter((event) => event.type === 'run');
  expect(first!.info).toMatchObject({ device: 'webgpu', reason: expect.stringMatching(/^measured faster: 1\.00 s/) });
  expect(second!.info.device).toMatch(/^(native|wasm)$/);
  expect(second!.resumed).toMatchObject({ epoch: 1, step: 3 });
  expect(second!.notes.join()).toContain('this run was on webgpu');
  expect(seen[seen.indexOf(second!) - 1]).toEqual(WARNING);
  const steps = seen.filter((event) => event.type === 'step').map(({ step }) => step);
  expect(steps).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9]);
  expect(seen.at(-1)).toMatchObject({ type: 'done', epochs: 3 });
});

it('ends with the reason where it was asked for by name', async () => {
  const out = join(temporaryFolder(), 'run');
  await expect(events({ ...SMALL, data: DATA, device: 'webgpu', out })).rejects.toThrow(
    'webgpu: the GPU was lost: got pulled out.',
  );
  expect((await events({ resume: out, data: DATA, device: 'cpu' }))[0]).toMatchObject({ resumed: { step: 3 } });
});

it.each([
  [5, 3],
  [1, 0],
])('in a page, lost after step %i, goes on from step %i without any kept checkpoint', async (steps, from) => {
  gpu.steps = steps;
  const { name, images, count, height, width, channels } = DATA;
  const { limit: _, ...options } = SMALL;
  const face = new Face();
  const told: unknown[] = [];
  await face.train({ ...options, data: { name, images, count, height, width, channels } } satisfies SentOptions);
  for (;;) {
    const { value: event } = await face.next();
    if (!event) break;
    if (event.type === 'run') told.push([event.info.device === 'webgpu', event.resumed?.step ?? null]);
    if (event.type === 'step') told.push(event.step);
    if (event.type === 'warning') told.push(event);
    if (event.type === 'done') told.push('done');
  }
  await face.finish();
  const upTo = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (__, i) => first + i);
  expect(told).toEqual([
    [true, null],
    ...upTo(1, steps),
    { ...WARNING, step: steps, since: steps },
    [false, from],
    ...upTo(from + 1, 9),
    'done',
  ]);
});

it('is passed over where it does not even open', async () => {
  gpu.steps = -1;
  const gan = await DCGAN.create({ preset: 'tiny' });
  expect(gan.info.reason).toMatch(/; the GPU failed \(webgpu: the GPU was lost\)$/);
  await gan.dispose();
  await expect(DCGAN.create({ preset: 'tiny', device: 'webgpu' })).rejects.toThrow('before it began');
});
