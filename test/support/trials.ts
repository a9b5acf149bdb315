// Plans made by hand that try each kind of instruction in odd shapes, and each opcode. What they are
// tried on is test/kernels.test.ts's business.

import type { Code, Opcode } from '../../src/engine/opcodes.ts';
import { FORMS, OPCODE_NAMES, OPCODES, opcodesOf, sampleLine } from '../../src/engine/opcodes.ts';
import type { Elementwise, Geometry, Instruction, Reduce } from '../../src/engine/plan.ts';
import { isFast, packFloats, partialFloats } from '../../src/engine/room.ts';
import { geometry } from './plans.ts';
import { values } from './values.ts';

/** What lies in an arena before a run, what runs, and where its results come to lie. */
export interface Trial {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly inputs: readonly (readonly [address: number, data: Float32Array])[];
  readonly results: readonly (readonly [address: number, length: number])[];
  /** How many floats of the arena it uses. */
  readonly floats: number;
  /** Largest relative error; the device's own bound when not given. */
  readonly bound?: number;
}

/** Slots one after another, with the control words before them. The last address is where they end. */
export function places<const N extends readonly number[]>(
  ...floats: N
): { [K in keyof N]: number } & { readonly end: number } {
  let next = 16;
  const at = floats.map((n) => {
    const address = next;
    next += Math.ceil(n / 16) * 16 + 16;
    return address;
  });
  return Object.assign(at, { end: next }) as unknown as { [K in keyof N]: number } & { readonly end: number };
}

const label = (g: Geometry): string =>
  `[${g.N},${g.H},${g.W},${g.C}] kernel [${g.KH},${g.KW}] to ${g.OC}, stride ${g.stride}`;

/** A fast algorithm loses digits: more with 8 points along an axis than with 6. */
function errorBound(g: Geometry): { readonly bound?: number } {
  if (g.N < 12 || !isFast(g)) return {};
  return { bound: g.stride === 1 ? 1e-5 : 3e-6 };
}

/** The three convolutions of a geometry. */
function convolutions(g: Geometry): Trial[] {
  const size = { x: g.N * g.H * g.W * g.C, w: g.KH * g.KW * g.C * g.OC, y: g.N * g.OH * g.OW * g.OC };
  const imageRuns = Math.min(3, g.N);
  const at = places(size.x, size.w, size.y, Math.max(packFloats(g), partialFloats(g, imageRuns)));
  const [x, w, y, scratch] = at;
  const tensors = { ...g, x, w, y };
  const [xs, ws, ys] = [values([size.x], 1), values([size.w], 2), values([size.y], 3)];
  const common = { floats: at.end, ...errorBound(g) };
  return [
    {
      ...common,
      name: `conv2d ${label(g)}`,
      instructions: [{ kind: 'conv2d', ...tensors, pack: scratch }],
      inputs: [[x, xs], [w, ws]], // biome-ignore format: pairs
      results: [[y, size.y]],
    },
    {
      ...common,
      name: `convInput ${label(g)}`,
      instructions: [{ kind: 'convInput', ...tensors, pack: scratch }],
      inputs: [[y, ys], [w, ws]], // biome-ignore format: pairs
      results: [[x, size.x]],
    },
    {
      ...common,
      name: `convFilter ${label(g)}`,
      instructions: [{ kind: 'convFilter', ...tensors, partials: scratch, imageRuns }],
      inputs: [[x, xs], [y, ys]], // biome-ignore format: pairs
      results: [[w, size.w]],
    },
  ];
}

export const CONVOLUTIONS: readonly Trial[] = [
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
  // Few products: see kernels/winograd.c.
  geometry([33, 14, 14, 16], [5, 5, 32], 2),
  geometry([37, 13, 20, 24], [5, 5, 16], 2),
  // Fewer still, at 8 points.
  geometry([34, 7, 7, 32], [5, 5, 16], 1),
  geometry([32, 13, 9, 8], [5, 5, 24], 1),
].flatMap(convolutions);

/** Larger ones, for native alone: WebAssembly's kernels are the same sources. */
export const LARGE_CONVOLUTIONS: readonly Trial[] = [
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
].flatMap(convolutions);

/** More images than images times blocks fit 32 bits. */
export const MANY_IMAGES: Trial = ((): Trial => {
  const g = geometry([300_000, 1, 1, 3], [1, 1, 5], 1);
  const at = places(3 * g.N, 15, 5 * g.N, packFloats(g));
  const [x, w, y, pack] = at;
  return {
    name: 'a matrix product of 300,000 rows',
    instructions: [{ kind: 'conv2d', ...g, x, w, y, pack }],
    inputs: [[x, values([3 * g.N], 6)], [w, values([15], 7)]], // biome-ignore format: pairs
    results: [[y, 5 * g.N]],
    floats: at.end,
  };
})();

/** Weights that meet padding alone are infinite. */
export const PADDING: Trial = ((): Trial => {
  const g = geometry([2, 1, 1, 4], [3, 3, 5], 1);
  const at = places(8, 180, 10, packFloats(g));
  const [x, w, y, pack] = at;
  const centre = values([180], 4).map((value, i) => (Math.floor(i / 20) === 4 ? value : Number.POSITIVE_INFINITY));
  return {
    name: 'infinite weights outside the image',
    instructions: [{ kind: 'conv2d', ...g, x, w, y, pack }],
    inputs: [[x, values([8], 5)], [w, centre]], // biome-ignore format: pairs
    results: [[y, 10]],
    floats: at.end,
  };
})();

/** A program over one dimension: operand k is `operands[k]`, result r goes behind them. */
function program(
  name: string,
  code: readonly Code[],
  operands: readonly Float32Array[],
  results: readonly number[],
): Trial {
  const count = operands[0]!.length;
  const at = places(...[...operands, ...results].map(() => count));
  const out = results.map((register, r) => ({ register, address: at[operands.length + r]! }));
  return {
    name,
    instructions: [
      {
        kind: 'elementwise',
        count,
        sizes: [count],
        operands: operands.map((_, k) => ({ address: at[k]!, strides: [1] })),
        registers: 4,
        code,
        results: out,
        attached: false,
      },
    ],
    inputs: operands.map((data, k) => [at[k]!, data] as const),
    results: out.map(({ address }) => [address, count] as const),
    floats: at.end,
  };
}

/** Values where functions have corners, then many ordinary ones of all sizes; not a multiple of any vector. */
const CORNERS = Float32Array.from([
  ...[0, -0, 1, -1, 0.625, 88.7, 88.8, 104, -87.4, -103, -104, 1e-39, 1e-30, 1e38, -1e38],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ...values([4001], 6).map((value, i) => value * 2 ** ((i % 40) - 20)),
]);
export const load = (k: number): Code => ({ op: 'load', dst: k, a: k });

/** The opcode on values with corners in each of its registers. */
function opcode(op: Opcode): Trial {
  const operands = [CORNERS, CORNERS.toReversed(), values([CORNERS.length], 8)];
  const read = Math.max(1, FORMS[OPCODES[op].form].registers.length);
  const loads = Array.from({ length: read }, (_, k) => load(k));
  return program(op, [...loads, sampleLine(op, 3)], operands.slice(0, read), [3]);
}

const DRAWN = opcodesOf('draw', 'mask');

/** Each value on its own: the wanted one rounded to float, but for elementary functions' last digits. */
export const POINTS: readonly Trial[] = [
  ...OPCODE_NAMES.filter((op) => !DRAWN.some((drawn) => drawn === op)).map(opcode),
  program(
    'select and constant',
    [load(0), load(1), { op: 'constant', dst: 2, value: 0.7 }, { op: 'select', dst: 3, a: 0, b: 1, c: 2 }],
    [values([777], 1).map((value) => (value > 0 ? value : 0)), values([777], 2)],
    [3],
  ),
];

/** The stream of the first draw; those of the others follow. */
export const STREAM = 11;

/** Every opcode that draws, one result each, in the order of the table. */
export const DRAWS: Trial = program(
  DRAWN.join(', '),
  DRAWN.map((op, i) => ({ ...sampleLine(op, i), site: i, stream: STREAM + i })),
  [values([3003], 1)],
  DRAWN.map((_, i) => i),
);
/** The draws' results, by opcode. */
export function drawsOf(results: Float32Array): ReadonlyMap<string, Float32Array> {
  const n = results.length / DRAWN.length;
  return new Map(DRAWN.map((op, i) => [op, results.subarray(i * n, (i + 1) * n)]));
}

/** Two operands that change places: what a block stores may overwrite what it has read. */
export const SWAP: Trial = ((): Trial => {
  const trial = program('swap', [load(0), load(1)], [values([1000], 7), values([1000], 8)], []);
  const [[x], [y]] = trial.inputs as [readonly [number, Float32Array], readonly [number, Float32Array]];
  const [swap] = trial.instructions as [Elementwise];
  const results = [{ register: 1, address: x }, { register: 0, address: y }]; // biome-ignore format: pairs
  return { ...trial, instructions: [{ ...swap, results }], results: [[x, 1000], [y, 1000]] }; // biome-ignore format: pairs
})();

/** Operands broadcast along each of three dimensions, and one read against the grain. */
export const BROADCAST: Trial = ((): Trial => {
  const [a, b, c] = [7, 13, 5];
  const at = places(a * b * c, c, a * b, a * b * c, a * b * c);
  const [plain, row, column, turned, y] = at;
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
  return {
    name: 'broadcast and turned',
    instructions: [instruction],
    inputs,
    results: [[y, a * b * c]],
    floats: at.end,
  };
})();

/** Sums of x * bias and of x over the middle of [outer, length, inner]. */
function reduce(outer: number, length: number, inner: number, parts: number): Trial {
  const count = outer * length * inner;
  const at = places(count, inner, outer * inner, outer * inner, 2 * parts * inner);
  const [x, bias, first, second, partials] = at;
  const instruction: Reduce = {
    kind: 'reduce',
    attached: false,
    count,
    sizes: [outer * length, inner],
    operands: [
      { address: x, strides: [inner, 1] },
      { address: bias, strides: [0, 1] },
    ],
    registers: 3,
    code: [load(0), load(1), { op: 'mul', dst: 2, a: 0, b: 1 }],
    results: [{ register: 2, address: first }, { register: 0, address: second }], // biome-ignore format: pairs
    ...{ outer, length, inner, parts, partials },
  };
  return {
    name: `reduce [${outer}, ${length}, ${inner}] in ${parts} parts`,
    instructions: [instruction],
    inputs: [[x, values([count], 9, 0.1, 1)], [bias, values([inner], 10, 0.1, 1)]], // biome-ignore format: pairs
    results: [[first, outer * inner], [second, outer * inner]], // biome-ignore format: pairs
    floats: at.end,
  };
}

export const REDUCES: readonly Trial[] = [
  reduce(1, 70001, 1, 5),
  reduce(1, 900, 3, 4),
  reduce(1, 400, 100, 3),
  reduce(1, 37, 1000, 2),
  reduce(40, 9, 1, 1),
  reduce(6, 50, 64, 1),
  reduce(3, 1, 7, 1),
];

function transpose(rows: number, columns: number): Trial {
  const at = places(rows * columns, rows * columns);
  const [x, y] = at;
  return {
    name: `transpose [${rows}, ${columns}]`,
    instructions: [{ kind: 'transpose', x, y, rows, columns }],
    inputs: [[x, values([rows, columns], 11)]],
    results: [[y, rows * columns]],
    floats: at.end,
  };
}

function shiftCut(reach: number, hole: number, adjoint: boolean): Trial {
  const [N, H, W, C] = [9, 7, 6, 3];
  const count = N * H * W * C;
  const at = places(count, 4 * N, count);
  const [x, u, y] = at;
  return {
    name: `shiftCut by ${reach}, hole of ${hole}${adjoint ? ', adjoint' : ''}`,
    instructions: [{ kind: 'shiftCut', x, u, y, N, H, W, C, reach, hole, adjoint }],
    inputs: [[x, values([count], 12)], [u, values([4 * N], 13, 0, 1)]], // biome-ignore format: pairs
    results: [[y, count]],
    floats: at.end,
  };
}

/** Values that move, and nothing else: every bit is as wanted. */
export const MOVES: readonly Trial[] = [
  transpose(1, 1),
  transpose(37, 50),
  transpose(64, 128),
  ...[false, true].flatMap((adjoint) => [shiftCut(2, 4, adjoint), shiftCut(1, 3, adjoint), shiftCut(0, 0, adjoint)]),
  SWAP,
];
