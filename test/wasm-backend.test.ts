// The wasm device as a backend: the order of its calls, its memory, the end of its workers, an
// event loop that stays free, and its errors.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Backend } from '../src/engine/backends/backend.ts';
import { wasmOpener } from '../src/engine/backends/wasm/backend.ts';
import { openWasm, openWasmRelaxed } from '../src/engine/backends/wasm/devices.ts';
import { nodePlatform, readArtefact } from '../src/engine/backends/wasm/node.ts';
import type { SpawnWorker } from '../src/engine/backends/wasm/team.ts';
import type { Instruction } from '../src/engine/plan.ts';
import { temporaryFolder } from './support/folders.ts';
import { planOf, timerGaps } from './support/plans.ts';
import { values } from './support/values.ts';

/** Node's platform, which counts the workers that were started and that ended. */
function counted(): { platform: typeof nodePlatform; alive: () => number } {
  let alive = 0;
  const platform: typeof nodePlatform = {
    ...nodePlatform,
    spawn(start, heard, died) {
      const worker = nodePlatform.spawn(start, heard, died);
      alive++;
      return {
        ...worker,
        terminate: async () => {
          await worker.terminate();
          alive--;
        },
      };
    },
  };
  return { platform, alive: () => alive };
}

/** A backend that is disposed of after the test. */
async function opened(stateFloats = 0, threads = 2, open = openWasm): Promise<Backend> {
  const backend = await open({ stateFloats, threads });
  onTestFinished(() => backend.dispose());
  return backend;
}

/** y = x + 1 over `count` values. */
const increment = (x: number, y: number, count: number): Instruction => ({
  kind: 'elementwise',
  count,
  sizes: [count],
  operands: [{ address: x, strides: [1] }],
  registers: 1,
  code: [
    { op: 'load', dst: 0, a: 0 },
    { op: 'shift', dst: 0, a: 0, value: 1 },
  ],
  results: [{ register: 0, address: y }],
  attached: false,
});

describe('a wasm backend', () => {
  it('names its kernels and threads', async () => {
    const { info } = await opened(0, 3);
    expect(info).toEqual({
      device: 'wasm',
      variant: expect.stringMatching(/^simd128 [0-9a-f]{12}$/),
      threads: 3,
      stepsAtOnce: 1,
    });
    const relaxed = (await opened(0, 1, openWasmRelaxed)).info;
    const variant = expect.stringMatching(/^relaxed-simd128(-fused)? [0-9a-f]{12}$/);
    expect(relaxed).toEqual({ device: 'wasm-relaxed', variant, threads: 1, stepsAtOnce: 1 });
  });

  it('takes calls in their order, awaited or not, and copies what it is given', async () => {
    const backend = await opened();
    const plan = planOf([increment(16, 16, 1000)], 2048);
    const data = new Float32Array(1000).fill(5);
    const executable = backend.compile(plan);
    const done = [backend.write(16, data)];
    data.fill(-1);
    done.push(backend.run(await executable), backend.run(await executable));
    const read = backend.read(16, 1000);
    done.push(backend.write(16, data));
    await Promise.all(done);
    expect(await read).toEqual(new Float32Array(1000).fill(7));
    expect(await backend.read(16, 1000)).toEqual(data);
  });

  it('begins with zeros and keeps state and scratch when a larger plan comes', async () => {
    const backend = await opened(100);
    expect(await backend.read(0, 100)).toEqual(new Float32Array(100));
    const small = await backend.compile(planOf(new Array(20_000).fill(increment(116, 116, 7)), 64, 100));
    const data = values([164], 13);
    await backend.write(0, data);
    await backend.compile(planOf([], 1 << 22, 100));
    expect(await backend.read(0, 164)).toEqual(data);
    // The small plan has more words: they too must find room behind the larger arena.
    await backend.write(116, new Float32Array(7));
    await backend.run(small);
    expect(await backend.read(116, 7)).toEqual(new Float32Array(7).fill(20_000));
  });

  it('takes over the memory of one that was disposed, and clears it', async () => {
    const memories = new Set<unknown>();
    const open = wasmOpener({
      ...nodePlatform,
      spawn(start, heard, died) {
        memories.add(start.memory);
        return nodePlatform.spawn(start, heard, died);
      },
    });
    for (const threads of [3, 1, 2]) {
      const backend = await open({ stateFloats: 1000, threads });
      expect(await backend.read(0, 1000)).toEqual(new Float32Array(1000));
      const executable = await backend.compile(planOf([increment(0, 0, 1000)], 1 << 20, 1000));
      for (let run = 0; run < threads; run++) await backend.run(executable);
      expect(await backend.read(0, 1000)).toEqual(new Float32Array(1000).fill(threads));
      await backend.dispose();
    }
    expect(memories.size).toBe(1);
  });

  it('keeps the event loop free during a run', async () => {
    const g = { N: 64, H: 14, W: 14, C: 64, KH: 5, KW: 5, OC: 128, OH: 7, OW: 7, stride: 2, padTop: 1, padLeft: 1 };
    const conv: Instruction = { kind: 'conv2d', ...g, x: 16, w: 1 << 20, y: 2 << 20, pack: 3 << 20 };
    const backend = await opened();
    const executable = await backend.compile(planOf(new Array(40).fill(conv), 5 << 20));
    const { count, median } = await timerGaps(() => backend.run(executable));
    expect(count).toBeGreaterThan(4);
    expect(median).toBeLessThan(100);
  });

  it('ends its workers when it is disposed, after what was asked before, and refuses later calls', async () => {
    const { platform, alive } = counted();
    const backend = await wasmOpener(platform)({ stateFloats: 0, threads: 3 });
    expect(alive()).toBe(3);
    const executable = await backend.compile(planOf([increment(16, 16, 100)], 256));
    const running = backend.run(executable);
    await Promise.all([running, backend.dispose(), backend.dispose()]);
    expect(alive()).toBe(0);
    await expect(backend.run(executable)).rejects.toThrow('wasm: the backend was disposed.');
  });
});

describe('a wasm backend says what is wrong', () => {
  it('with an access outside the arena, and from then on', async () => {
    const backend = await opened(100);
    const said = 'wasm: an access outside the arena: expected addresses below 100, got 2 floats at 99.';
    await expect(backend.read(99, 2)).rejects.toThrow(said);
    await expect(backend.read(0, 1)).rejects.toThrow(said);
    await expect(backend.compile(planOf([], 0, 100))).rejects.toThrow(said);
  });

  it('with a plan for another state, or compiled elsewhere', async () => {
    const plan = planOf([], 64);
    await expect((await opened(1)).compile(plan)).rejects.toThrow(
      'wasm: plan "by hand" was made for another state: expected 1 floats, got 0.',
    );
    await expect((await opened()).run({ plan })).rejects.toThrow('plan "by hand" was compiled by another backend.');
  });

  it('with more memory than there can be', async () => {
    await expect((await opened()).compile(planOf([], 1.5 * 2 ** 30))).rejects.toThrow(
      'plan "by hand" does not fit into WebAssembly\'s memory: expected 4.00 GiB at most, got 6.03 GiB. ' +
        'Use a smaller batch or image size, or in Node device native.',
    );
    await expect(openWasm({ stateFloats: 2 ** 31, threads: 1 })).rejects.toThrow(
      "the state does not fit into WebAssembly's memory: expected 4.00 GiB at most, got 8.02 GiB.",
    );
  });

  it('with a kernel that fails: the whole team ends, and so does the backend', async () => {
    const { platform, alive } = counted();
    const backend = await wasmOpener(platform)({ stateFloats: 0, threads: 3 });
    const broken = await backend.compile(planOf([increment(2 ** 29, 16, 1 << 20)], 2 << 20));
    const said = /^wasm: thread \d died: got memory access out of bounds\. Open the device again; what the arena held/;
    await expect(backend.run(broken)).rejects.toThrow(said);
    await expect(backend.read(0, 1)).rejects.toThrow(said);
    await backend.dispose();
    expect(alive()).toBe(0);
  });

  it('with a worker that does not start', async () => {
    const { platform, alive } = counted();
    const spawn: SpawnWorker = (start, heard, died) => {
      if (start.thread === 2) throw new Error('no more threads');
      return platform.spawn(start, heard, died);
    };
    await expect(wasmOpener({ ...platform, spawn })({ stateFloats: 0, threads: 3 })).rejects.toThrow(
      'wasm: thread 2 did not start: got no more threads.',
    );
    await vi.waitFor(() => expect(alive()).toBe(0));
  });

  it('with a damaged artefact', async () => {
    const folder = pathToFileURL(join(temporaryFolder(), '/'));
    const { bytes, sha256 } = await nodePlatform.artefact();
    const damaged = Uint8Array.from(bytes);
    damaged[1000]! ^= 1;
    writeFileSync(new URL('dcgan.wasm.json', folder), JSON.stringify({ artefact: sha256 }));
    await expect(readArtefact(folder)).rejects.toThrow('kernels/wasm/dcgan.wasm is missing or damaged: got ENOENT');
    writeFileSync(new URL('dcgan.wasm', folder), damaged);
    await expect(readArtefact(folder)).rejects.toThrow(
      /its hash is [0-9a-f]{64}, its record says [0-9a-f]{64}\. Install the package again, or in a clone: "git checkout/,
    );
    writeFileSync(new URL('dcgan.wasm', folder), bytes);
    expect((await readArtefact(folder)).sha256).toBe(sha256);
  });

  it('where WebAssembly is missing, or lacks threads or simd128', async () => {
    onTestFinished(() => void vi.unstubAllGlobals());
    const open = wasmOpener(nodePlatform);
    vi.stubGlobal('WebAssembly', { validate: () => false });
    await expect(open({ stateFloats: 0, threads: 1 })).rejects.toThrow(
      'WebAssembly cannot run the kernels: got simd128 or threads are missing. Use Node 20 or newer, or a browser of 2023 or newer.',
    );
    await expect(openWasmRelaxed({ stateFloats: 0, threads: 1 })).rejects.toThrow(
      'WebAssembly here has no relaxed SIMD. Use Node 20 or newer, without --jitless, or --device wasm.',
    );
    vi.stubGlobal('WebAssembly', undefined);
    await expect(open({ stateFloats: 0, threads: 1 })).rejects.toThrow(
      'WebAssembly cannot run the kernels: got it is switched off here. Run without --jitless.',
    );
  });
});
