// Tiles on a GPU: a product has the same bits with any tile, and a backend that chooses tiles by
// measuring computes what others do.
import '../support/gpu.ts';
import { expect, it, vi } from 'vitest';
import { openGpu } from '../../src/engine/backends/webgpu/adapter.ts';
import { WebGpuBackend } from '../../src/engine/backends/webgpu/backend.ts';
import { nodeGpu } from '../../src/engine/backends/webgpu/node.ts';
import { Bench } from '../../src/engine/backends/webgpu/tune.ts';
import { TILES } from '../../src/engine/backends/webgpu/wgsl/tile.ts';
import { compile } from '../../src/engine/compile.ts';
import { gradients } from '../../src/engine/grad.ts';
import { isConvolution } from '../../src/engine/instructions/index.ts';
import { layoutState } from '../../src/engine/layout.ts';
import { conv2d, input, matmul, square, sum } from '../../src/engine/ops/index.ts';
import { Session } from '../../src/engine/session.ts';

const findings = vi.hoisted(() => new Map<string, unknown>());
vi.mock('../../src/platform/findings.ts', () => ({
  finding: async (name: string) => findings.get(name),
  keepFinding: async (name: string, value: unknown) => void findings.set(name, value),
}));

const EMPTY = layoutState([]);
const KEY = { seed: 1, step: 1 };

it('no tile changes a bit of any convolution', async () => {
  // There are more rows and columns than one tile of any kind, and remainders of both.
  const [x, w] = [input('x', [5, 9, 9, 12]), input('w', [3, 3, 12, 68])];
  const y = conv2d(x, w, 2);
  const [dx, dw] = gradients(sum(square(y)), [x, w]);
  const plan = compile({ name: 'convolution', outputs: { y, dx: dx!, dw: dw! }, updates: new Map() }, EMPTY);
  const convolutions = plan.instructions.filter(isConvolution);
  expect(convolutions.map(({ kind }) => kind).sort()).toEqual(['conv2d', 'convFilter', 'convInput']);
  const { device } = await openGpu((await nodeGpu())!);
  for (const convolution of convolutions) {
    const bench = await Bench.open(device, convolution);
    const trials = [];
    for (const tile of [TILES[0]!, TILES[1]!, TILES[3]!, TILES[7]!]) trials.push(await bench.measure(tile));
    bench.close();
    const bits = trials.map((trial) => Buffer.from(trial!.bits.buffer).toString('base64'));
    expect(new Set(bits).size, convolution.kind).toBe(1);
    const values = new Float32Array(trials[0]!.bits.buffer);
    expect(values.every(Number.isFinite) && values.some((value) => value !== 0)).toBe(true);
    expect(trials.every((trial) => trial!.seconds > 0)).toBe(true);
  }
});

it('what comes to the same kernels is not measured twice', async () => {
  const { device } = await openGpu((await nodeGpu())!);
  const distinct = async (columns: number): Promise<number> => {
    const [x, w] = [input('x', [2, 4, 4, 8]), input('w', [3, 3, 8, columns])];
    const plan = compile({ name: 'few columns', outputs: { y: conv2d(x, w, 1) }, updates: new Map() }, EMPTY);
    const bench = await Bench.open(device, plan.instructions.find(isConvolution)!);
    const tiles = bench.distinct(TILES);
    bench.close();
    expect(tiles[0]).toBe(TILES[0]);
    return tiles.length;
  };
  expect([await distinct(2), await distinct(68)]).toEqual([1, TILES.length]);
  const some = await distinct(16);
  expect(some).toBeGreaterThan(1);
  expect(some).toBeLessThan(TILES.length);
});

it('a backend that tunes computes the same, and measures a shape once', async () => {
  const gpu = await openGpu((await nodeGpu())!);
  const [a, b] = [input('a', [70, 9]), input('b', [9, 20])];
  const plan = compile({ name: 'product', outputs: { y: matmul(a, b) }, updates: new Map() }, EMPTY);
  const feeds = {
    a: Float32Array.from({ length: 630 }, (_, i) => Math.sin(i)),
    b: Float32Array.from({ length: 180 }, (_, i) => Math.cos(i)),
  };
  const results: Float32Array[] = [];
  for (const tunes of [false, true, true]) {
    const session = new Session(await WebGpuBackend.open({ ...gpu, tunes }, 0), EMPTY);
    const [y] = await session.run(plan, { key: KEY, inputs: feeds, outputs: ['y'] });
    results.push(y!);
    await session.dispose();
    expect(findings.size).toBe(tunes ? 1 : 0);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
  expect(TILES[[...findings.values()][0] as number]).toBeDefined();
});
