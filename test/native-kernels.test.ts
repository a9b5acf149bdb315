// The C kernels against the definitions they implement, on plans made by hand: odd shapes, every thread count the same
// bits, random words exact, and an event loop that stays free during a run.
import { describe, expect, it } from 'vitest';
import { controlWords } from '../src/engine/control.ts';
import { type Code, OPCODES } from '../src/engine/opcodes.ts';
import { conv2dReference, convFilterReference, convInputReference } from '../src/engine/ops/conv.ts';
import type { Geometry, Instruction } from '../src/engine/plan.ts';
import { blockToNormals, drawBlock, drawWord, wordToUniform } from '../src/engine/random.ts';
import { isFast, packFloats, partialFloats } from '../src/engine/room.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { geometry, planOf, timerGaps } from './support/plans.ts';
import { relativeError, values } from './support/values.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;
const KEY = { seed: 9876543210123, step: 2 ** 33 + 5 };
const CONTROL = 0;
const THREADS = [1, 2, 3];

/** Slots one after another, as plans have them: multiples of 16 floats. */
function places(...floats: number[]): number[] {
  let next = 16;
  return floats.map((n) => {
    const at = next;
    next += Math.ceil(n / 16) * 16 + 16;
    return at;
  });
}

/** What lies at `at` after the instructions ran on each number of threads; all must agree to the bit. */
async function run(
  instructions: readonly Instruction[],
  inputs: readonly (readonly [number, Float32Array])[],
  at: number,
  length: number,
): Promise<Float32Array> {
  const results: Float32Array[] = [];
  for (const threads of THREADS)
    await withBackend(native, 0, threads, async (backend) => {
      const executable = await backend.compile(planOf(instructions, SCRATCH));
      for (const [address, data] of inputs) await backend.write(address, data);
      await backend.write(CONTROL, controlWords(KEY));
      await backend.run(executable);
      results.push(await backend.read(at, length));
    });
  for (const other of results) expect(Buffer.from(other.buffer).equals(Buffer.from(results[0]!.buffer))).toBe(true);
  return results[0]!;
}

/** Floats of a plan's scratch. */
const SCRATCH = 1 << 23;

const GEOMETRIES: readonly Geometry[] = [
  geometry([7, 7, 7, 3], [5, 5, 100], 1),
  geometry([3, 14, 14, 64], [5, 5, 128], 2),
  geometry([13, 9, 6, 1], [5, 5, 64], 2),
  geometry([25, 4, 5, 33], [3, 2, 1], 2),
  geometry([1, 8, 8, 16], [4, 4, 32], 3),
  geometry([2, 6, 6, 5], [1, 1, 47], 2),
  geometry([96, 1, 1, 100], [1, 1, 313], 1),
  geometry([26, 1, 1, 627], [1, 1, 1], 1),
  geometry([5, 2, 3, 4], [5, 7, 3], 1),
  geometry([9, 6, 5, 2], [3, 3, 20], 2),
  geometry([41, 6, 6, 3], [5, 5, 37], 2),
  // Few products, where native has them.
  geometry([33, 14, 14, 32], [5, 5, 64], 2),
  geometry([37, 12, 20, 32], [5, 5, 32], 2),
  geometry([50, 13, 15, 32], [5, 5, 32], 2),
  geometry([33, 7, 7, 64], [5, 5, 64], 1),
  geometry([45, 9, 14, 32], [5, 5, 64], 1),
  // Tiles of 3 alone.
  geometry([33, 9, 9, 32], [5, 5, 32], 1),
  geometry([33, 18, 18, 32], [5, 5, 32], 2),
  // Weights of tens of MB at the points, and as few images as go that way.
  geometry([12, 12, 12, 160], [5, 5, 224], 2),
  geometry([12, 6, 6, 192], [5, 5, 192], 1),
  // As few images at a time as go that way.
  geometry([13, 32, 32, 64], [5, 5, 96], 2),
];

// Fewer products lose digits: more so with 8 points than with 6.
const errorBound = (g: Geometry): number => (g.N >= 12 && isFast(g) ? (g.stride === 1 ? 1e-5 : 3e-6) : 1e-6);

const label = (g: Geometry): string =>
  `[${g.N},${g.H},${g.W},${g.C}] kernel [${g.KH},${g.KW}] to ${g.OC}, stride ${g.stride}`;

describe.skipIf(native.missing)(`convolutions on ${title(native)}`, () => {
  it.each(GEOMETRIES.map((g) => [label(g), g] as const))('%s', async (_, g) => {
    const size = { x: g.N * g.H * g.W * g.C, w: g.KH * g.KW * g.C * g.OC, y: g.N * g.OH * g.OW * g.OC };
    const groups = Math.min(3, g.N);
    const [x, w, y, scratch] = places(size.x, size.w, size.y, 0) as [number, number, number, number];
    const [xs, ws, ys] = [values([size.x], 1), values([size.w], 2), values([size.y], 3)];
    const at = { x, w, y };
    const forward: Instruction = { kind: 'conv2d', ...g, ...at, pack: scratch };
    const input: Instruction = { kind: 'convInput', ...g, ...at, pack: scratch };
    const filter: Instruction = { kind: 'convFilter', ...g, ...at, partials: scratch, groups };
    expect(scratch + Math.max(packFloats(g), partialFloats(g, groups))).toBeLessThan(SCRATCH);

    const want = { x: new Float32Array(size.x), w: new Float32Array(size.w), y: new Float32Array(size.y) };
    conv2dReference(g, xs, ws, want.y);
    convInputReference(g, ys, ws, want.x);
    convFilterReference(g, xs, ys, want.w);
    // NaN in the places of results: whatever is read before it is written would show.
    const nan = (n: number) => new Float32Array(n).fill(Number.NaN);
    const gotY = await run([forward], [[x, xs], [w, ws], [y, nan(size.y)]], y, size.y); // biome-ignore format: one line each
    const gotX = await run([input], [[y, ys], [w, ws], [x, nan(size.x)]], x, size.x); // biome-ignore format: one line each
    const gotW = await run([filter], [[x, xs], [y, ys], [w, nan(size.w)]], w, size.w); // biome-ignore format: one line each
    const bound = errorBound(g);
    expect(relativeError(gotY, want.y)).toBeLessThan(bound);
    expect(relativeError(gotX, want.x)).toBeLessThan(bound);
    expect(relativeError(gotW, want.w)).toBeLessThan(bound);
  });

  it('takes more images than images times blocks fit 32 bits', async () => {
    const g = geometry([300_000, 1, 1, 3], [1, 1, 5], 1);
    const [x, w, y, pack] = places(3 * g.N, 15, 5 * g.N, 0) as [number, number, number, number];
    const [xs, ws] = [values([3 * g.N], 6), values([15], 7)];
    const want = new Float32Array(5 * g.N);
    conv2dReference(g, xs, ws, want);
    const got = await run([{ kind: 'conv2d', ...g, x, w, y, pack }], [[x, xs], [w, ws]], y, 5 * g.N); // biome-ignore format: short
    expect(relativeError(got, want)).toBeLessThan(1e-6);
  });

  it('does not multiply padding: an infinite weight outside the image is not met', async () => {
    const g = geometry([2, 1, 1, 4], [3, 3, 5], 1);
    const ws = values([180], 4).map((value, i) => (Math.floor(i / 20) === 4 ? value : Number.POSITIVE_INFINITY));
    const [x, w, y, pack] = places(8, 180, 10, 0) as [number, number, number, number];
    const got = await run([{ kind: 'conv2d', ...g, x, w, y, pack }], [[x, values([8], 5)], [w, ws]], y, 10); // biome-ignore format: short
    expect(got.every(Number.isFinite)).toBe(true);
  });
});

function elementwise(
  count: number,
  code: readonly Code[],
  operands: readonly number[],
  results: readonly (readonly [number, number])[],
): Instruction {
  return {
    kind: 'elementwise',
    count,
    sizes: [count],
    operands: operands.map((address) => ({ address, strides: [1] })),
    registers: 4,
    code,
    results: results.map(([register, address]) => ({ register, address })),
    attached: false,
  };
}

/** Values where functions have corners, then many ordinary ones of all sizes. */
function corners(): Float32Array {
  const ordinary = values([4000], 6).map((value, i) => value * 2 ** ((i % 40) - 20));
  const special = [0, -0, 1, -1, 0.625, 88.7, 88.8, 104, -87.4, -103, -104, 1e-39, 1e-30, 1e38, -1e38];
  return Float32Array.from([...special, Infinity, -Infinity, Number.NaN, ...ordinary]);
}

/** Distance in units of the last place of the wanted float. */
function ulps(got: number, want: number): number {
  if (Object.is(got, want) || (Number.isNaN(got) && Number.isNaN(want)) || got === want) return 0;
  const wanted = Math.fround(want);
  if (got === wanted) return 0;
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(want)))) - 23);
  return Math.abs(got - want) / unit;
}

describe.skipIf(native.missing)(`programs on ${title(native)}`, () => {
  const UNARY = ['neg', 'abs', 'square', 'sqrt', 'rsqrt', 'exp', 'log', 'tanh', 'sigmoid', 'softplus'] as const;
  it.each(UNARY)('%s within 3 units in the last place', async (op) => {
    const xs = corners();
    const [x, y] = places(xs.length, xs.length) as [number, number];
    const code: Code[] = [
      { op: 'load', dst: 0, a: 0 },
      { op, dst: 1, a: 0 },
    ];
    const got = await run([elementwise(xs.length, code, [x], [[1, y]])], [[x, xs]], y, xs.length);
    // Results are floats: what passes their range is infinite.
    const worst = xs.map((value, i) => ulps(got[i]!, Math.fround(OPCODES[op].scalar(value))));
    expect(Math.max(...worst)).toBeLessThanOrEqual(3);
  });

  it('stores over its operands after a whole block is read', async () => {
    const [n, a] = [1000, values([1000], 7)];
    const b = values([n], 8);
    const [x, y] = places(n, n) as [number, number];
    const swap: Code[] = [
      { op: 'load', dst: 0, a: 0 },
      { op: 'load', dst: 1, a: 1 },
    ];
    const results = [[1, x], [0, y]] as const; // biome-ignore format: pairs
    expect(await run([elementwise(n, swap, [x, y], results)], [[x, a], [y, b]], x, n)).toEqual(b); // biome-ignore format: short
    expect(await run([elementwise(n, swap, [x, y], results)], [[x, a], [y, b]], y, n)).toEqual(a); // biome-ignore format: short
  });

  it('draws the words of random.ts', async () => {
    const n = 1003;
    const [u, z, m] = places(n, n, n) as [number, number, number];
    const code: Code[] = [
      { op: 'uniform', dst: 0, a: 0, site: 0, stream: 11 },
      { op: 'normal', dst: 1, a: 0, site: 1, stream: 12 },
      { op: 'mask', dst: 2, a: 0, site: 2, stream: 13, threshold: 5033165, value: 1.25 },
    ];
    const draw = elementwise(n, code, [u], [[0, u], [1, z], [2, m]]); // biome-ignore format: pairs
    const uniforms = await run([draw], [], u, n);
    const normals = await run([draw], [], z, n);
    const masks = await run([draw], [], m, n);
    for (let i = 0; i < n; i++) {
      expect(uniforms[i]).toBe(wordToUniform(drawWord(KEY, 11, i)));
      expect(masks[i]).toBe(drawWord(KEY, 13, i) >>> 8 >= 5033165 ? 1.25 : 0);
      const want = blockToNormals(drawBlock(KEY, 12, Math.floor(i / 4)))[i % 4]!;
      expect(Math.abs(normals[i]! - want)).toBeLessThan(2e-6);
    }
  });

  it.each([
    [1, 70001, 1, 5],
    [1, 900, 3, 4],
    [1, 400, 100, 3],
    [1, 37, 1000, 2],
    [40, 9, 1, 1],
    [6, 50, 64, 1],
    [3, 1, 7, 1],
  ])('sums [%i, %i, %i] over the middle in %i parts', async (outer, length, inner, parts) => {
    const count = outer * length * inner;
    const xs = values([count], 9, 0.1, 1);
    const bias = values([inner], 10, 0.1, 1);
    const [x, b, y, partials] = places(count, inner, outer * inner, 0) as [number, number, number, number];
    const reduce: Instruction = {
      kind: 'reduce',
      attached: false,
      count,
      sizes: [outer * length, inner],
      operands: [
        { address: x, strides: [inner, 1] },
        { address: b, strides: [0, 1] },
      ],
      registers: 2,
      code: [
        { op: 'load', dst: 0, a: 0 },
        { op: 'load', dst: 1, a: 1 },
        { op: 'mul', dst: 0, a: 0, b: 1 },
      ],
      results: [{ register: 0, address: y }],
      outer,
      length,
      inner,
      parts,
      partials,
    };
    const want = new Float64Array(outer * inner);
    xs.forEach((value, i) => {
      want[Math.floor(i / (length * inner)) * inner + (i % inner)]! += value * bias[i % inner]!;
    });
    expect(relativeError(await run([reduce], [[x, xs], [b, bias]], y, outer * inner), want)).toBeLessThan(1e-6); // biome-ignore format: short
  });

  it('transposes', async () => {
    const [x, y] = places(37 * 50, 37 * 50) as [number, number];
    const xs = values([37, 50], 11);
    const got = await run([{ kind: 'transpose', x, y, rows: 37, columns: 50 }], [[x, xs]], y, xs.length);
    expect(got).toEqual(xs.map((_, i) => xs[(i % 37) * 50 + Math.floor(i / 37)]!));
  });
});

describe.skipIf(native.missing)(`attached programs on ${title(native)}`, () => {
  it.each([40, 5])('give the same bits as when they run apart, batch %i', async (n) => {
    const g = geometry([n, 7, 7, 3], [5, 5, 5], 2);
    const count = n * 16 * 5;
    const [x, w, y, bias, gain, pack] = places(n * 147, 375, count, 5, n, 0) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const follower = (attached: boolean): Instruction => ({
      kind: 'elementwise',
      count,
      sizes: [n, 16, 5],
      operands: [
        { address: y, strides: [80, 5, 1] },
        { address: bias, strides: [0, 0, 1] },
        { address: gain, strides: [1, 0, 0] },
      ],
      registers: 3,
      code: [
        { op: 'load', dst: 0, a: 0 },
        { op: 'load', dst: 1, a: 1 },
        { op: 'add', dst: 0, a: 0, b: 1 },
        { op: 'mask', dst: 1, a: 0, site: 0, stream: 3, threshold: 5033165, value: 2 },
        { op: 'load', dst: 2, a: 2 },
        { op: 'mul', dst: 0, a: 0, b: 1 },
        { op: 'mul', dst: 0, a: 0, b: 2 },
      ],
      results: [{ register: 0, address: y }],
      attached,
    });
    const conv: Instruction = { kind: 'conv2d', ...g, x, w, y, pack };
    const inputs = [
      [x, values([n * 147], 1)],
      [w, values([375], 2)],
      [bias, values([5], 3)],
      [gain, values([n], 4)],
    ] as const;
    const together = await run([conv, follower(true)], inputs, y, count);
    const apart = await run([conv, follower(false)], inputs, y, count);
    expect(together).toEqual(apart);
    expect(together.filter((value) => value !== 0).length).toBeGreaterThan(count / 2);
  });

  // Rows of 14 x 64 points come one at a time, images of 7 x 7 whole, few images after all is computed.
  it.each([
    ['by rows', 40, 28, 1],
    ['by images', 40, 14, 64],
    ['few images', 5, 14, 64],
  ])('sum over images in one way, whoever does it: %s', async (_, n, side, channels) => {
    const g = geometry([n, side, side, channels], [5, 5, 64], 2);
    const pixels = g.OH * g.OW;
    const count = n * pixels * 64;
    const [x, w, y, bias, sums, squares, pack] = places(
      n * side * side * channels,
      25 * channels * 64,
      count,
      64,
      n * 64,
      n * 64,
      0,
    ) as [number, number, number, number, number, number, number];
    const sizes = [n, pixels, 64];
    const plain = [pixels * 64, 64, 1];
    const body = { count, sizes, registers: 2, outer: n, length: pixels, inner: 64, parts: 1, partials: pack };
    const followers = (attached: boolean): Instruction[] => [
      {
        kind: 'elementwise',
        count,
        sizes,
        operands: [
          { address: y, strides: plain },
          { address: bias, strides: [0, 0, 1] },
        ],
        registers: 2,
        code: [
          { op: 'load', dst: 0, a: 0 },
          { op: 'load', dst: 1, a: 1 },
          { op: 'add', dst: 0, a: 0, b: 1 },
        ],
        results: [{ register: 0, address: y }],
        attached,
      },
      {
        kind: 'reduce',
        ...body,
        operands: [{ address: y, strides: plain }],
        code: [{ op: 'load', dst: 0, a: 0 }],
        results: [{ register: 0, address: sums }],
        attached,
      },
      {
        kind: 'reduce',
        ...body,
        operands: [
          { address: y, strides: plain },
          { address: sums, strides: [64, 0, 1] },
        ],
        code: [
          { op: 'load', dst: 0, a: 0 },
          { op: 'load', dst: 1, a: 1 },
          { op: 'scale', dst: 1, a: 1, value: 1 / pixels },
          { op: 'sub', dst: 0, a: 0, b: 1 },
          { op: 'square', dst: 0, a: 0 },
        ],
        results: [{ register: 0, address: squares }],
        attached,
      },
    ];
    const conv: Instruction = { kind: 'conv2d', ...g, x, w, y, pack };
    const inputs = [
      [x, values([n * side * side * channels], 1)],
      [w, values([25 * channels * 64], 2)],
      [bias, values([64], 3)],
    ] as const;
    const together = await run([conv, ...followers(true)], inputs, sums, 2 * n * 64);
    expect(together).toEqual(await run([conv, ...followers(false)], inputs, sums, 2 * n * 64));
    // Without the last, whole images are not waited for.
    const fewer = await run([conv, ...followers(true).slice(0, 2)], inputs, sums, n * 64);
    expect(fewer).toEqual(together.slice(0, n * 64));
  });
});

describe.skipIf(native.missing)(`the backend on ${title(native)}`, () => {
  it('keeps the event loop free during a run', async () => {
    const g = geometry([64, 14, 14, 64], [5, 5, 128], 2);
    const [x, w, y, pack] = places(64 * 196 * 64, 25 * 64 * 128, 64 * 49 * 128, 0) as [number, number, number, number];
    const conv: Instruction = { kind: 'conv2d', ...g, x, w, y, pack };
    const plan = planOf(new Array(300).fill(conv), SCRATCH);
    await withBackend(native, 0, 2, async (backend) => {
      const executable = await backend.compile(plan);
      await backend.write(x, values([64 * 196 * 64], 12));
      const { count, median } = await timerGaps(() => backend.run(executable));
      expect(count).toBeGreaterThan(2);
      expect(median).toBeLessThan(100);
    });
  });

  it('keeps what scratch holds when a larger plan comes, and ends after a failed call', async () => {
    await withBackend(native, 100, 2, async (backend) => {
      await backend.compile({ ...planOf([], 64), stateFloats: 100 });
      const data = values([164], 13);
      await backend.write(0, data);
      await backend.compile({ ...planOf([], SCRATCH), stateFloats: 100 });
      expect(await backend.read(0, 164)).toEqual(data);
      await expect(backend.read(100, 2 ** 30)).rejects.toThrow('native: an access outside the arena');
      await expect(backend.read(0, 1)).rejects.toThrow('native: an access outside the arena');
    });
  });
});
