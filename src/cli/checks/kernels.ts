// Small computations that between them use every kernel and every function, for `doctor` to run on a device and on the
// reference: enough to see a library that was built wrongly; the tests go further.
import type { Backend } from '../../engine/backends/backend.ts';
import { type Computation, compile } from '../../engine/compile.ts';
import { gradients } from '../../engine/grad.ts';
import { type Shape, size, type Tensor } from '../../engine/graph.ts';
import { layoutState } from '../../engine/layout.ts';
import * as ops from '../../engine/ops/index.ts';
import { Session } from '../../engine/session.ts';

export interface KernelCheck {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Compare the gradients of the inputs too. */
  readonly backward?: true;
}

/** Largest relative error (norms) that different orders of summation explain. */
export const TOLERANCE = 1e-5;

const KEY = { seed: 20181117, step: 3 };
const source = (stream: number) => ({ name: `draw ${stream}`, stream, site: stream });

export const KERNEL_CHECKS: readonly KernelCheck[] = [
  {
    name: 'convolution, both gradients, and what is fused to it',
    shapes: [[13, 14, 14, 5], [5, 5, 5, 18], [18]],
    build: (x, w, b) => ops.leakyRelu(ops.add(ops.conv2d(x!, w!, 2), b!), 0.2),
    backward: true,
  },
  {
    name: 'transposed convolution, both gradients',
    shapes: [
      [9, 7, 7, 17],
      [5, 5, 6, 17],
    ],
    build: (x, w) => ops.tanh(ops.convTranspose2d(x!, w!, 2)),
    backward: true,
  },
  {
    name: 'matrix product and transpose',
    shapes: [
      [33, 40],
      [40, 19],
    ],
    build: (a, b) => ops.transpose(ops.matmul(a!, b!)),
    backward: true,
  },
  { name: 'sums', shapes: [[700, 3, 11]], build: (x) => ops.sum(ops.square(x!), 0, 1) },
  {
    name: 'elementary functions',
    shapes: [[4099]],
    build: (x) => {
      const positive = ops.shift(ops.abs(x!), 0.1);
      const parts = [ops.exp(x!), ops.log(positive), ops.rsqrt(positive), ops.sigmoid(x!), ops.softplus(x!)];
      return parts.reduce((sum, part) => ops.add(sum, part), ops.tanh(x!));
    },
  },
  { name: 'normal draws', shapes: [], build: () => ops.normal([5003], source(1)) },
  { name: 'uniform draws', shapes: [], build: () => ops.uniform([5003], source(2)) },
  { name: 'dropout masks', shapes: [], build: () => ops.dropoutMask([5003], 0.3, source(3)) },
];

const LAYOUT = layoutState([ops.variable('unused', [1])]);
/** Floats of state to open a backend with. */
export const CHECK_STATE_FLOATS = LAYOUT.floats;

/** The results of a check on an open backend, all in one array. */
export async function runCheck(check: KernelCheck, backend: Backend): Promise<Float32Array> {
  const inputs = check.shapes.map((shape, i) => ops.input(`x${i}`, shape));
  const result = check.build(...inputs);
  const outputs: Record<string, Tensor> = { result };
  if (check.backward)
    gradients(ops.sum(ops.square(result)), inputs).forEach((slope, i) => {
      outputs[`gradient${i}`] = slope;
    });
  const computation: Computation = { name: check.name, outputs, updates: new Map() };
  const session = new Session(backend, LAYOUT);
  const parts = await session.run(compile(computation, LAYOUT), {
    key: KEY,
    inputs: Object.fromEntries(check.shapes.map((shape, i) => [`x${i}`, someNumbers(shape, i)])),
    outputs: Object.keys(outputs),
  });
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** ‖a - b‖ / ‖b‖; infinite where one has a NaN or another length. */
export function relativeError(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  const error = Math.sqrt(difference / norm);
  return a.length === b.length && Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
}

function someNumbers(shape: Shape, which: number): Float32Array {
  let state = which + 1;
  return Float32Array.from({ length: size(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
