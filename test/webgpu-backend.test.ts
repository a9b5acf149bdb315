// The webgpu device as a backend: the order of calls, random numbers to the bit, a growing arena,
// and its errors when the GPU refuses, is too small, or is lost. `npm run test:gpu` runs the suites
// of all devices on it.
import './support/gpu.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../src/engine/backends/backend.ts';
import { opener } from '../src/engine/backends/index.ts';
import { findAdapter, openGpu } from '../src/engine/backends/webgpu/adapter.ts';
import { WebGpuBackend } from '../src/engine/backends/webgpu/backend.ts';
import { nodeGpu, webGpuAvailability } from '../src/engine/backends/webgpu/node.ts';
import { Pipelines } from '../src/engine/backends/webgpu/pipelines.ts';
import { launchesOf, planKernels } from '../src/engine/backends/webgpu/wgsl/kernels.ts';
import { type Computation, compile } from '../src/engine/compile.ts';
import { layoutState } from '../src/engine/layout.ts';
import { add, dropoutMask, input, normal, scale, sum, uniform, variable } from '../src/engine/ops/index.ts';
import type { Plan } from '../src/engine/plan.ts';
import { drawBlock } from '../src/engine/random.ts';
import { Session } from '../src/engine/session.ts';

const found = await webGpuAvailability();
const title = found.ok ? 'webgpu' : `webgpu (skipped: ${found.reason}. ${found.todo})`;
const KEY = { seed: 2 ** 40 + 12345, step: 2 ** 33 + 7 };

async function opened(stateFloats = 0): Promise<Backend> {
  const backend = await opener('webgpu')({ stateFloats, threads: 1 });
  onTestFinished(() => backend.dispose());
  return backend;
}

const counting = (): Computation => {
  const [total, step] = [variable('total', [5]), input('step', [5])];
  return { name: 'count', outputs: { sum: sum(total) }, updates: new Map([['total', add(total, step)]]) };
};

describe.skipIf(!found.ok)(title, () => {
  it('draws the words and masks of the reference, and normals within 1e-5', async () => {
    const draws: Computation = {
      name: 'draws',
      outputs: {
        uniform: uniform([1003], { name: 'u', stream: 3, site: 0 }),
        mask: dropoutMask([1003], 0.3, { name: 'm', stream: 70000, site: 1 }),
        normal: normal([20011], { name: 'n', stream: 5, site: 2 }),
      },
      updates: new Map(),
    };
    const layout = layoutState([]);
    const plan = compile(draws, layout);
    const [gpu, reference] = await Promise.all(
      (['webgpu', 'reference'] as const).map(async (device) => {
        const session = new Session(await opener(device)({ stateFloats: 0, threads: 1 }), layout);
        const read = await session.run(plan, { key: KEY, outputs: Object.keys(draws.outputs) });
        await session.dispose();
        return read;
      }),
    );
    expect(gpu![0]).toEqual(reference![0]);
    expect(gpu![1]).toEqual(reference![1]);
    const off = gpu![2]!.map((value, i) => Math.abs(value - reference![2]![i]!));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  });

  it('keeps the order of calls that nobody awaits, and its state when the arena grows', async () => {
    const layout = layoutState([variable('total', [5])]);
    const backend = await opened(layout.floats);
    const session = new Session(backend, layout);
    const plan = compile(counting(), layout);
    await session.writeState(new Map([['total', Float32Array.of(1, 2, 3, 4, 5)]]));
    const run = (by: number, of: Plan = plan) =>
      session.run(of, { key: KEY, inputs: { step: new Float32Array(5).fill(by) }, outputs: ['sum'] });
    const sums = await Promise.all([run(1), run(10), run(100)]);
    expect(sums.map(([value]) => value![0])).toEqual([15, 20, 70]);
    const wide = {
      ...counting(),
      name: 'wide',
      outputs: { sum: sum(scale(normal([1 << 20], { name: 'n', stream: 1, site: 0 }), 0)) },
    };
    expect((await run(1000, compile(wide, layout)))[0]![0]).toBe(0);
    expect((await session.readState()).get('total')).toEqual(Float32Array.of(1112, 1113, 1114, 1115, 1116));
  });

  it('says how much memory is wanted where there is less', async () => {
    const backend = await opened();
    const plan = {
      ...compile({ name: 'huge', outputs: {}, updates: new Map() }, layoutState([])),
      scratchFloats: 2 ** 34,
    };
    await expect(backend.compile(plan)).rejects.toThrow(
      /^webgpu: the model and its batch need 65536 MiB of the GPU's memory: expected at most \d+ MiB in one buffer of this adapter\. Make the batch smaller/,
    );
    await expect(backend.read(0, 1)).rejects.toThrow('need 65536 MiB');
  });

  it("keeps within a device's largest buffer, be it WebGPU's least", async () => {
    const device = await (await findAdapter((await nodeGpu())!))!.requestDevice();
    onTestFinished(() => device.destroy());
    const gpu = { device, variant: 'least', pipelines: new Pipelines(device), tunes: false };
    const backend = await WebGpuBackend.open(gpu, 0);
    const empty = compile({ name: 'large', outputs: {}, updates: new Map() }, layoutState([]));
    await backend.compile({ ...empty, scratchFloats: 2 ** 25 });
    await expect(backend.compile({ ...empty, scratchFloats: 2 ** 25 + 4 })).rejects.toThrow(
      "need 129 MiB of the GPU's memory: expected at most 128 MiB in one buffer of this adapter",
    );
    await expect(WebGpuBackend.open(gpu, 2 ** 26)).rejects.toThrow('need 256 MiB');
  });

  it('has more workgroups than fit in a row, in rows', async () => {
    const count = 4 * 64 * 65536 + 8;
    const draws = { u: uniform([count], { name: 'u', stream: 3, site: 0 }) };
    const plan = compile({ name: 'many', outputs: draws, updates: new Map() }, layoutState([]));
    expect(planKernels(plan).map(({ workgroups }) => workgroups)).toEqual([[65535, 2]]);
    const backend = await opened();
    const session = new Session(backend, layoutState([]));
    await session.run(plan, { key: KEY, outputs: [] });
    const { address } = plan.outputs.get('u')!;
    for (const at of [0, 4 * 64 * 65535 - 4, 4 * 64 * 65535, count - 4]) {
      const expected = drawBlock(KEY, 3, at / 4).map((word) => (word >>> 8) / 2 ** 24);
      expect([...(await backend.read(address + at, 4))], `from ${at}`).toEqual(expected);
    }
  });

  it('computes small programs in one dispatch, and what needs them in the next', async () => {
    const sizes = [3, 300, 5, 64];
    const variables = sizes.map((length, i) => variable(`v${i}`, [length]));
    // The values are powers of two because a GPU may round a product and a sum at once.
    const updates = new Map(
      variables.map((v, i) => [
        `v${i}`,
        add(scale(v, 2 ** i), uniform(v.shape, { name: `u${i}`, stream: i, site: i })),
      ]),
    );
    const layout = layoutState(variables);
    const plan = compile({ name: 'small', outputs: { doubled: scale(updates.get('v1')!, 2) }, updates }, layout);
    expect(launchesOf(plan).map(({ length }) => length)).toEqual([4, 1]);
    const states = await Promise.all(
      (['webgpu', 'reference'] as const).map(async (device) => {
        const session = new Session(await opener(device)({ stateFloats: layout.floats, threads: 1 }), layout);
        onTestFinished(() => session.dispose());
        for (let step = 0; step < 3; step++) await session.run(plan, { key: { seed: 1, step }, outputs: [] });
        return session.readState();
      }),
    );
    expect(states[0]).toEqual(states[1]);
  });

  it('ends with the reason when the GPU refuses a command', async () => {
    const backend = await opened(16);
    await backend.write(0, Float32Array.of(1));
    await expect(backend.read(2 ** 28, 4)).rejects.toThrow(/^webgpu: the GPU refused a command: got /);
    await expect(backend.read(0, 1)).rejects.toThrow('webgpu: the GPU refused a command');
    const other = await opened(16);
    await other.write(0, Float32Array.of(7));
    expect(await other.read(0, 1)).toEqual(Float32Array.of(7));
  });

  it('says that the GPU was lost, and opens another', async () => {
    const backend = await opened(16);
    const { device } = await openGpu((await nodeGpu())!);
    device.destroy();
    await device.lost;
    await expect(backend.read(0, 1)).rejects.toThrow(
      /^webgpu: the GPU was lost: got .*\. Go on from the last checkpoint: (?:npx )?dcgan train --resume; on the processor with --device cpu\.$/,
    );
    const other = await opened(16);
    expect(await other.read(0, 2)).toEqual(new Float32Array(2));
  });

  it('refuses what comes after its end', async () => {
    const backend = await opener('webgpu')({ stateFloats: 16, threads: 1 });
    await backend.dispose();
    await backend.dispose();
    await expect(backend.read(0, 1)).rejects.toThrow('webgpu: the backend was disposed.');
  });
});
