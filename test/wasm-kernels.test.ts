// The kernels as WebAssembly: plans made by hand, every kind of instruction in odd shapes, against the reference device;
// any number of threads gives the same bits, and what may not fuse gives native's bits too.
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend, DeviceName } from '../src/engine/backends/backend.ts';
import { controlWords } from '../src/engine/control.ts';
import type { Code, UnaryCode } from '../src/engine/opcodes.ts';
import type { Conv2d, Elementwise, Geometry, Instruction, Program } from '../src/engine/plan.ts';
import { drawWord, wordToUniform } from '../src/engine/random.ts';
import { packFloats, partialFloats } from '../src/engine/room.ts';
import { TEST_DEVICES, type TestDevice, title } from './support/devices.ts';
import { planOf } from './support/plans.ts';
import { relativeError, values } from './support/values.ts';

const device = (name: DeviceName): TestDevice => TEST_DEVICES.find((device) => device.name === name)!;
const [native, wasm, relaxed, reference] = [
  device('native'),
  device('wasm'),
  device('wasm-relaxed'),
  device('reference'),
];
const KEY = { seed: 9876543210123, step: 2 ** 33 + 5 };

/** What lies in an arena before a run, what runs, and where its results come to lie. */
interface Trial {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly inputs: readonly (readonly [address: number, data: Float32Array])[];
  readonly results: readonly (readonly [address: number, length: number])[];
  /** Largest relative error, where it is not 3e-6. */
  readonly bound?: number;
}

const CONTROL = 0;

/** Slots one after another, the control words before them; the last address is where they end. */
function places(...floats: number[]): number[] {
  const at = [16];
  for (const n of floats) at.push(at.at(-1)! + Math.ceil(n / 16) * 16);
  return at;
}

const backends = new Map<string, Promise<Backend>>();
afterAll(async () => {
  for (const backend of backends.values()) await (await backend).dispose();
});

/** One backend serves all trials of a device and number of threads: what one leaves behind must not matter to the next. */
function backendOf(device: TestDevice, threads: number): Promise<Backend> {
  const key = `${device.name} ${threads}`;
  const backend = backends.get(key) ?? device.open({ stateFloats: 0, threads });
  backends.set(key, backend);
  return backend;
}

async function run(device: TestDevice, threads: number, trial: Trial): Promise<Float32Array> {
  const scratch = 1 << 21;
  const backend = await backendOf(device, threads);
  const executable = await backend.compile(planOf(trial.instructions, scratch));
  // A stray read turns a result into NaN.
  await backend.write(0, new Float32Array(scratch).fill(Number.NaN));
  for (const [address, data] of trial.inputs) await backend.write(address, data);
  await backend.write(CONTROL, controlWords(KEY));
  await backend.run(executable);
  const results = await Promise.all(trial.results.map(([address, length]) => backend.read(address, length)));
  return Float32Array.from(results.flatMap((result) => [...result]));
}

/** The trial's results on wasm, the same to the bit on 1, 2 and 3 threads. */
async function onWasm(trial: Trial, device = wasm): Promise<Float32Array> {
  const one = await run(device, 1, trial);
  for (const threads of [2, 3]) expect(bytes(await run(device, threads, trial)), `${threads} threads`).toBe(bytes(one));
  return one;
}

const bytes = (data: Float32Array): string => Buffer.from(data.buffer).toString('hex');

function geometry(
  [N, H, W, C]: readonly [number, number, number, number],
  [KH, KW, OC]: readonly [number, number, number],
  stride: number,
): Geometry {
  const out = (n: number) => Math.ceil(n / stride);
  const before = (n: number, k: number) => Math.floor(Math.max((out(n) - 1) * stride + k - n, 0) / 2);
  return { N, H, W, C, KH, KW, OC, OH: out(H), OW: out(W), stride, padTop: before(H, KH), padLeft: before(W, KW) };
}

function convolutions(g: Geometry, bound?: number): Trial[] {
  const size = { x: g.N * g.H * g.W * g.C, w: g.KH * g.KW * g.C * g.OC, y: g.N * g.OH * g.OW * g.OC };
  const groups = Math.min(3, g.N);
  const rest = Math.max(packFloats(g), partialFloats(g, groups));
  const [x, w, y, scratch] = places(size.x, size.w, size.y, rest) as [number, number, number, number];
  const at = { ...g, x, w, y };
  const name = `[${g.N},${g.H},${g.W},${g.C}] kernel [${g.KH},${g.KW}] to ${g.OC}, stride ${g.stride}`;
  const [xs, ws, ys] = [values([size.x], 1), values([size.w], 2), values([size.y], 3)];
  return [
    {
      name: `conv2d ${name}`,
      instructions: [{ kind: 'conv2d', ...at, pack: scratch }],
      inputs: [[x, xs], [w, ws]], // biome-ignore format: pairs
      results: [[y, size.y]],
      ...(bound && { bound }),
    },
    {
      name: `convInput ${name}`,
      instructions: [{ kind: 'convInput', ...at, pack: scratch }],
      inputs: [[y, ys], [w, ws]], // biome-ignore format: pairs
      results: [[x, size.x]],
      ...(bound && { bound }),
    },
    {
      name: `convFilter ${name}`,
      instructions: [{ kind: 'convFilter', ...at, partials: scratch, groups }],
      inputs: [[x, xs], [y, ys]], // biome-ignore format: pairs
      results: [[w, size.w]],
      ...(bound && { bound }),
    },
  ];
}

/** A program over one dimension: operand k is `operands[k]`, result r goes behind them. */
function program(name: string, code: readonly Code[], operands: readonly Float32Array[], results: readonly number[]) {
  const count = operands[0]!.length;
  const at = places(...[...operands, ...results].map(() => count));
  const out = results.map((register, r) => ({ register, address: at[operands.length + r]! }));
  const instruction: Elementwise = {
    kind: 'elementwise',
    count,
    sizes: [count],
    operands: operands.map((_, k) => ({ address: at[k]!, strides: [1] })),
    registers: 4,
    code,
    results: out,
    attached: false,
  };
  const trial: Trial = {
    name,
    instructions: [instruction],
    inputs: operands.map((data, k) => [at[k]!, data] as const),
    results: out.map(({ address }) => [address, count] as const),
  };
  return trial;
}

/** Values where functions have corners, then many ordinary ones of all sizes; not a multiple of any vector. */
const CORNERS = Float32Array.from([
  ...[0, -0, 1, -1, 0.625, 88.7, 88.8, 104, -87.4, -103, -104, 1e-39, 1e-30, 1e38, -1e38],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ...values([4001], 6).map((value, i) => value * 2 ** ((i % 40) - 20)),
]);
const load = (k: number): Code => ({ op: 'load', dst: k, a: k });

const UNARY: readonly UnaryCode[] = [
  ...(['neg', 'abs', 'square', 'sqrt', 'rsqrt', 'exp', 'log', 'tanh', 'sigmoid', 'softplus'] as const),
];
const unary = UNARY.map((op) => program(op, [load(0), { op, dst: 1, a: 0 }], [CORNERS], [1]));

const binary = (['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'greater'] as const).map((op) =>
  program(op, [load(0), load(1), { op, dst: 2, a: 0, b: 1 }], [CORNERS, CORNERS.toReversed()], [2]),
);

const valued = (['scale', 'shift', 'leakyRelu', 'leakyMask'] as const).map((op) =>
  program(op, [load(0), { op, dst: 0, a: 0, value: 0.25 }], [CORNERS], [0]),
);

const select = program(
  'select and constant',
  [load(0), load(1), { op: 'constant', dst: 2, value: 0.7 }, { op: 'select', dst: 3, a: 0, b: 1, c: 2 }],
  [values([777], 1).map((value) => (value > 0 ? value : 0)), values([777], 2)],
  [3],
);

const THRESHOLD = 5033165;
const draws = program(
  'uniform, normal, mask',
  [
    { op: 'uniform', dst: 0, a: 0, site: 0, stream: 11 },
    { op: 'normal', dst: 1, a: 0, site: 1, stream: 12 },
    { op: 'mask', dst: 2, a: 0, site: 2, stream: 13, threshold: THRESHOLD, value: 1.25 },
  ],
  [values([3003], 1)],
  [0, 1, 2],
);

/** Operands broadcast along each of three dimensions, and one read against the grain. */
function broadcast(): Trial {
  const [a, b, c] = [7, 13, 5];
  const [plain, row, column, turned, y] = places(a * b * c, c, a * b, a * b * c, a * b * c) as [number, number, number, number, number]; // biome-ignore format: one line
  const instruction: Elementwise = {
    kind: 'elementwise',
    count: a * b * c,
    sizes: [a, b, c],
    operands: [
      { address: plain, strides: [b * c, c, 1] },
      { address: row, strides: [0, 0, 1] },
      { address: column, strides: [b, 1, 0] },
      { address: turned, strides: [1, a, a * b] },
    ],
    registers: 4,
    code: [
      ...[0, 1, 2, 3].map(load),
      { op: 'mul', dst: 0, a: 0, b: 1 },
      { op: 'add', dst: 0, a: 0, b: 2 },
      { op: 'sub', dst: 0, a: 0, b: 3 },
    ],
    results: [{ register: 0, address: y }],
    attached: false,
  };
  const inputs = [[plain, values([a, b, c], 1)], [row, values([c], 2)], [column, values([a, b], 3)], [turned, values([a, b, c], 4)]] as const; // biome-ignore format: pairs
  return { name: 'broadcast and turned', instructions: [instruction], inputs, results: [[y, a * b * c]] };
}

/** Sums of x * bias and of x over the middle of [outer, length, inner]. */
function reduce(outer: number, length: number, inner: number, parts: number): Trial {
  const count = outer * length * inner;
  const [x, bias, first, second, partials] = places(count, inner, outer * inner, outer * inner, 0) as [number, number, number, number, number]; // biome-ignore format: one line
  const body: Program = {
    count,
    sizes: [outer * length, inner],
    operands: [
      { address: x, strides: [inner, 1] },
      { address: bias, strides: [0, 1] },
    ],
    registers: 3,
    code: [load(0), load(1), { op: 'mul', dst: 2, a: 0, b: 1 }],
  };
  const at = [first, second];
  const results = [2, 0].map((register, r) => ({ register, address: at[r]! }));
  return {
    name: `reduce [${outer}, ${length}, ${inner}] in ${parts} parts`,
    instructions: [{ kind: 'reduce', attached: false, ...body, results, outer, length, inner, parts, partials }],
    inputs: [[x, values([count], 9, 0.1, 1)], [bias, values([inner], 10, 0.1, 1)]], // biome-ignore format: pairs
    results: at.map((address) => [address, outer * inner] as const),
  };
}

function transpose(rows: number, columns: number): Trial {
  const [x, y] = places(rows * columns, rows * columns) as [number, number];
  return {
    name: `transpose [${rows}, ${columns}]`,
    instructions: [{ kind: 'transpose', x, y, rows, columns }],
    inputs: [[x, values([rows, columns], 11)]],
    results: [[y, rows * columns]],
  };
}

/** A convolution, then leaky ReLU of its output plus a bias, in place. */
function attached(N: number, yes: boolean): Trial {
  const g = geometry([N, 7, 5, 3], [5, 3, 6], 2);
  const count = N * g.OH * g.OW * g.OC;
  const [x, w, y, bias, pack] = places(N * 105, 270, count, 6, 0) as [number, number, number, number, number];
  const conv: Conv2d = { kind: 'conv2d', ...g, x, w, y, pack };
  const follower: Elementwise = {
    kind: 'elementwise',
    count,
    sizes: [count / 6, 6],
    operands: [
      { address: y, strides: [6, 1] },
      { address: bias, strides: [0, 1] },
    ],
    registers: 2,
    code: [load(0), load(1), { op: 'add', dst: 0, a: 0, b: 1 }, { op: 'leakyRelu', dst: 0, a: 0, value: 0.2 }],
    results: [{ register: 0, address: y }],
    attached: yes,
  };
  return {
    name: `a program attached to a convolution of ${N} images`,
    instructions: [conv, follower],
    inputs: [[x, values([N * 105], 1)], [w, values([270], 2)], [bias, values([6], 3)]], // biome-ignore format: pairs
    results: [[y, count]],
  };
}

const SUMS: readonly Trial[] = [
  ...convolutions(geometry([7, 7, 7, 3], [5, 5, 100], 1)),
  ...convolutions(geometry([3, 14, 14, 64], [5, 5, 128], 2)),
  ...convolutions(geometry([13, 9, 6, 1], [5, 5, 64], 2)),
  // Few products: see kernels/winograd.c.
  ...convolutions(geometry([33, 14, 14, 16], [5, 5, 32], 2)),
  ...convolutions(geometry([37, 13, 20, 24], [5, 5, 16], 2)),
  // Fewer still, at 8 points, whose larger factors lose more digits.
  ...convolutions(geometry([34, 7, 7, 32], [5, 5, 16], 1), 1e-5),
  ...convolutions(geometry([32, 13, 9, 8], [5, 5, 24], 1), 1e-5),
  ...convolutions(geometry([25, 4, 5, 33], [3, 2, 1], 2)),
  ...convolutions(geometry([1, 8, 8, 16], [4, 4, 32], 3)),
  ...convolutions(geometry([2, 6, 6, 5], [1, 1, 47], 2)),
  ...convolutions(geometry([5, 2, 3, 4], [5, 7, 3], 1)),
  ...convolutions(geometry([96, 1, 1, 100], [1, 1, 313], 1)),
  ...convolutions(geometry([26, 1, 1, 627], [1, 1, 1], 1)),
  attached(40, true),
  attached(5, true),
];

const REDUCES: readonly Trial[] = [
  reduce(1, 70001, 1, 5),
  reduce(1, 900, 3, 4),
  reduce(1, 400, 100, 3),
  reduce(1, 37, 1000, 2),
  reduce(40, 9, 1, 1),
  reduce(6, 50, 64, 1),
  reduce(3, 1, 7, 1),
];

/** Each value on its own: the wanted one rounded to float, but for elementary functions' last digits. */
const POINTS: readonly Trial[] = [...unary, ...binary, ...valued, select];
const named = (trials: readonly Trial[]) => trials.map((trial) => [trial.name, trial] as const);

/** Distance in units of the last place of the wanted float. */
function ulps(got: number, wanted: number): number {
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return 0;
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(wanted)))) - 23);
  return Math.abs(got - wanted) / unit;
}

describe.skipIf(wasm.missing)(`${title(wasm)} against the reference`, () => {
  it.each(named([...SUMS, ...REDUCES, broadcast()]))('%s', async (_, trial) => {
    expect(relativeError(await onWasm(trial), await run(reference, 1, trial))).toBeLessThan(trial.bound ?? 3e-6);
  });

  it.each(named(POINTS))('%s within 3 units in the last place', async (_, trial) => {
    const [got, want] = [await onWasm(trial), await run(reference, 1, trial)];
    expect(Math.max(...got.map((value, i) => ulps(value, want[i]!)))).toBeLessThanOrEqual(3);
  });

  it(draws.name, async () => {
    const [got, want] = [await onWasm(draws), await run(reference, 1, draws)];
    const n = want.length / 3;
    expect(got.subarray(0, n)).toEqual(want.subarray(0, n));
    expect(got.subarray(2 * n)).toEqual(want.subarray(2 * n));
    for (let i = 0; i < n; i++) expect(got[i]).toBe(wordToUniform(drawWord(KEY, 11, i)));
    const normals = got.subarray(n, 2 * n).map((value, i) => Math.abs(value - want[n + i]!));
    expect(Math.max(...normals)).toBeLessThan(2e-6);
  });

  it.each([
    [1, 1],
    [37, 50],
    [64, 128],
  ])('transpose [%i, %i]', async (rows, columns) => {
    const trial = transpose(rows, columns);
    expect(await onWasm(trial)).toEqual(await run(reference, 1, trial));
  });

  it.each([40, 5])('an attached program gives the bits of one apart, %i images', async (N) => {
    expect(await onWasm(attached(N, true))).toEqual(await onWasm(attached(N, false)));
  });

  it('a pixel of padding is not multiplied: an infinite weight outside the image is not met', async () => {
    const g = geometry([2, 1, 1, 4], [3, 3, 5], 1);
    const [x, w, y, pack] = places(8, 180, 10, 0) as [number, number, number, number];
    const centre = values([180], 4).map((value, i) => (Math.floor(i / 20) === 4 ? value : Number.POSITIVE_INFINITY));
    const got = await onWasm({
      name: 'padding',
      instructions: [{ kind: 'conv2d', ...g, x, w, y, pack }],
      inputs: [[x, values([8], 5)], [w, centre]], // biome-ignore format: pairs
      results: [[y, 10]],
    });
    expect(got.every(Number.isFinite)).toBe(true);
  });
});

const both = native.missing ?? wasm.missing;
describe.skipIf(both)(`wasm and native${both ? ` (skipped: ${both})` : ''} give the same bits`, () => {
  it.each(named([...POINTS, ...REDUCES, broadcast(), draws]))('%s', async (_, trial) => {
    expect(bytes(await run(wasm, 2, trial))).toBe(bytes(await run(native, 2, trial)));
  });
});

const either = relaxed.missing ?? wasm.missing;
describe.skipIf(either)(`${title(relaxed)} beside wasm`, () => {
  it.each(named(SUMS))('%s', async (_, trial) => {
    expect(relativeError(await onWasm(trial, relaxed), await run(reference, 1, trial))).toBeLessThan(
      trial.bound ?? 3e-6,
    );
  });

  it.each(named([...POINTS, ...REDUCES, draws]))('the same bits: %s', async (_, trial) => {
    expect(bytes(await run(relaxed, 2, trial))).toBe(bytes(await run(wasm, 2, trial)));
  });
});
