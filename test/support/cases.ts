// One list of cases for all tests of ops: gradients by finite differences, compiled plans against
// the interpreter, every backend against the reference. To add an op, add its cases here; a test
// fails if one is missing.
import type { Shape, Tensor } from '../../src/engine/graph.ts';
import { opcodesOf, rangeOf } from '../../src/engine/opcodes.ts';
import { conv2d, convFilter, convInput, convTranspose2d } from '../../src/engine/ops/conv.ts';
import { sampleOf } from '../../src/engine/ops/elementwise.ts';
import * as ops from '../../src/engine/ops/index.ts';

export interface Case {
  readonly name: string;
  /** Shapes of the inputs. */
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Inputs are drawn from [low, high). */
  readonly range?: readonly [number, number];
  /** The names of the ops that this case covers. */
  readonly ops: readonly string[];
}

const unary = (name: string, f: (x: Tensor) => Tensor, range?: readonly [number, number]): Case => ({
  name,
  shapes: [[3, 7]],
  build: (x) => f(x!),
  ...(range && { range }),
  ops: [name],
});

const PAIRS = [
  [[3, 5, 4] as const, [3, 5, 4] as const],
  [[3, 5, 4] as const, [4] as const],
  [[3, 1, 4] as const, [5, 1] as const],
  [[2, 3] as const, [] as const],
] as const;

/** Every function of one or two values, from the table of opcodes. */
const elementwise: Case[] = [
  ...opcodesOf('binary').flatMap((name) =>
    PAIRS.map(([a, b]) => ({
      name: `${name} [${a}] with [${b}]`,
      shapes: [a, b],
      build: (...inputs: Tensor[]) => sampleOf(name, inputs),
      range: rangeOf(name),
      ops: [name],
    })),
  ),
  ...opcodesOf('unary', 'immediate').map((name) => unary(name, (x) => sampleOf(name, [x]), rangeOf(name))),
];

interface ConvShape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oc: number;
  readonly k: number;
  readonly stride: number;
}

const CONVOLUTIONS: readonly ConvShape[] = [
  { n: 2, h: 7, w: 7, c: 3, oc: 4, k: 5, stride: 2 },
  { n: 3, h: 8, w: 6, c: 2, oc: 3, k: 5, stride: 2 },
  { n: 1, h: 5, w: 5, c: 1, oc: 8, k: 5, stride: 1 },
  { n: 5, h: 4, w: 4, c: 4, oc: 1, k: 3, stride: 2 },
  { n: 2, h: 6, w: 7, c: 17, oc: 19, k: 3, stride: 1 },
  { n: 4, h: 3, w: 3, c: 2, oc: 2, k: 4, stride: 3 },
  { n: 2, h: 1, w: 1, c: 6, oc: 5, k: 1, stride: 1 },
];

const convolutions: Case[] = CONVOLUTIONS.flatMap(({ n, h, w, c, oc, k, stride }) => {
  const [oh, ow] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const x = [n, h, w, c];
  const kernel = [k, k, c, oc];
  const y = [n, oh, ow, oc];
  const label = `[${x}] kernel [${kernel}] stride ${stride}`;
  return [
    { name: `conv2d ${label}`, shapes: [x, kernel], build: (a, b) => conv2d(a!, b!, stride), ops: ['conv2d'] },
    {
      name: `convInput ${label}`,
      shapes: [y, kernel],
      build: (a, b) => convInput(a!, b!, { stride, height: h, width: w }),
      ops: ['convInput'],
    },
    {
      name: `convFilter ${label}`,
      shapes: [x, y],
      build: (a, b) => convFilter(a!, b!, { stride, kernelHeight: k, kernelWidth: k }),
      ops: ['convFilter'],
    },
  ] satisfies Case[];
});

const products: Case[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
].map(([ta, tb]) => ({
  name: `matmul${ta ? ' a transposed' : ''}${tb ? ' b transposed' : ''}`,
  shapes: [ta ? [6, 4] : [4, 6], tb ? [5, 6] : [6, 5]],
  build: (a: Tensor | undefined, b: Tensor | undefined) => ops.matmul(a!, b!, ta, tb),
  ops: ['matmul'],
}));

export const CASES: readonly Case[] = [
  ...elementwise,
  // Rows as long as the blocks that kernels work in, and one shorter and one longer.
  ...[16, 64, 256, 511, 512, 513, 1024].map((length) => ({
    name: `rows of ${length}`,
    shapes: [[5, length], [length], [5, 1]],
    build: (x: Tensor | undefined, row: Tensor | undefined, column: Tensor | undefined) =>
      ops.tanh(ops.add(ops.mul(x!, row!), ops.mul(row!, column!))),
    ops: [],
  })),
  unary('reshape', (x) => ops.square(ops.reshape(x, [7, 3]))),
  unary('transpose', ops.transpose),
  {
    name: 'select',
    shapes: [[4, 3], [4, 3], [3]],
    build: (c, a, b) => ops.select(ops.greater(c!, ops.constant(0)), a!, b!),
    ops: ['select'],
  },
  {
    name: 'broadcast [3, 1, 2] to [2, 3, 4, 2]',
    shapes: [[3, 1, 2]],
    build: (x) => ops.broadcast(x!, [2, 3, 4, 2]),
    ops: ['broadcast'],
  },
  ...[
    [0, 2],
    [0, 0],
    [1, 1],
    [2, 2],
    [1, 2],
  ].map(([first, last]) => ({
    name: `sum of [4, 5, 3] over ${first} to ${last}`,
    shapes: [[4, 5, 3]],
    build: (x: Tensor | undefined) => ops.sum(ops.square(x!), first, last),
    ops: ['sum'],
  })),
  { name: 'sum of many', shapes: [[9000, 9]], build: (x) => ops.sum(x!, 0, 0), ops: ['sum'] },
  ...products,
  {
    name: 'outer product',
    shapes: [
      [5, 1],
      [1, 6],
    ],
    build: (a, b) => ops.matmul(a!, b!),
    ops: ['matmul'],
  },
  ...convolutions,
  {
    name: 'transposed convolution',
    shapes: [
      [2, 4, 4, 3],
      [5, 5, 2, 3],
    ],
    build: (x, w) => convTranspose2d(x!, w!, 2),
    ops: ['convInput'],
  },
  ...[
    [2, 4],
    [1, 3],
    [0, 0],
  ].map(([reach, hole]) => ({
    name: `shiftCut by ${reach}, hole of ${hole}`,
    shapes: [
      [5, 6, 7, 2],
      [5, 4],
    ],
    range: [0.02, 0.98] as const,
    build: (x: Tensor | undefined, u: Tensor | undefined) =>
      ops.shiftCut(ops.square(x!), u!, { reach: reach!, hole: hole! }),
    ops: ['shiftCut'],
  })),
  {
    name: 'batch norm of [6, 3, 3, 5]',
    shapes: [[6, 3, 3, 5], [5], [5]],
    build: (x, gamma, beta) => {
      const mean = ops.scale(ops.sum(x!, 0, 2), 1 / 54);
      const centred = ops.sub(x!, mean);
      const variance = ops.scale(ops.sum(ops.square(centred), 0, 2), 1 / 54);
      return ops.add(ops.mul(ops.mul(centred, ops.rsqrt(ops.shift(variance, 1e-3))), gamma!), beta!);
    },
    ops: [],
  },
  {
    name: 'a convolution with bias, leaky ReLU and a second use of its output',
    shapes: [[3, 6, 6, 2], [3, 3, 2, 5], [5]],
    build: (x, w, b) => {
      const y = conv2d(x!, w!, 2);
      return ops.mul(ops.leakyRelu(ops.add(y, b!), 0.2), ops.tanh(y));
    },
    ops: [],
  },
  {
    name: 'an expression longer than a program',
    shapes: [[40], [40]],
    build: (a, b) => {
      let x = a!;
      for (let i = 0; i < 90; i++) x = i % 3 === 0 ? ops.tanh(x) : ops.add(ops.scale(x, 0.9), ops.scale(b!, 0.01 * i));
      return x;
    },
    ops: [],
  },
];
