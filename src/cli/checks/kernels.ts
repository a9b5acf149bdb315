// Small computations that between them use every kernel and every function, for `doctor` to run on a device and on the
// reference: enough to see a library that was built wrongly; the tests go further.
import type { Backend } from '../../engine/backends/backend.ts';
import { type Computation, compile } from '../../engine/compile.ts';
import { gradients } from '../../engine/grad.ts';
import { type Shape, size, type Tensor } from '../../engine/graph.ts';
import { layoutState } from '../../engine/layout.ts';
import { opcodesOf, rangeOf, type ScalarCode } from '../../engine/opcodes.ts';
import { sampleOf } from '../../engine/ops/elementwise.ts';
import * as ops from '../../engine/ops/index.ts';
import type { Plan } from '../../engine/plan.ts';
import { Session } from '../../engine/session.ts';

export interface KernelCheck {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** Compare the gradients of the inputs too. */
  readonly backward?: true;
}

/** Largest relative error (norms) that different orders of summation explain. */
export const TOLERANCE = 1e-5;

const KEY = { seed: 20181117, step: 3 };
const source = (stream: number) => ({ name: `draw ${stream}`, stream, site: stream });

/** How many values the functions of a form take; a ternary one's first is a condition. */
const ARGUMENTS = { unary: 1, immediate: 1, binary: 2, ternary: 3 } as const;

/** All functions of a form in the table of opcodes, on values where each is defined. */
function functions(form: keyof typeof ARGUMENTS): KernelCheck {
  const names = opcodesOf(form);
  const argument = (name: ScalarCode, x: Tensor, i: number): Tensor => {
    const [low, high] = rangeOf(name);
    // Half of a condition's values are 0.
    if (form === 'ternary' && i === 0) return ops.leakyRelu(x, 0);
    return ops.shift(ops.scale(x, (high - low) / 2), (high + low) / 2);
  };
  return {
    name: `functions: ${names.join(', ')}`,
    shapes: new Array(ARGUMENTS[form]).fill([4099]),
    build: (...inputs) =>
      names.map((name) =>
        sampleOf(
          name,
          inputs.map((x, i) => argument(name, x, i)),
        ),
      ),
  };
}

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
  functions('unary'),
  functions('binary'),
  functions('ternary'),
  functions('immediate'),
  { name: 'normal draws', shapes: [], build: () => ops.normal([5003], source(1)) },
  { name: 'uniform draws', shapes: [], build: () => ops.uniform([5003], source(2)) },
  { name: 'dropout masks', shapes: [], build: () => ops.dropoutMask([5003], 0.3, source(3)) },
];

const LAYOUT = layoutState([ops.variable('unused', [1])]);
/** Floats of state to open a backend with. */
export const CHECK_STATE_FLOATS = LAYOUT.floats;

/** What a check computes: its results, and their gradients where it asks for them. */
export function computationOf(check: KernelCheck): Computation {
  const inputs = check.shapes.map((shape, i) => ops.input(`x${i}`, shape));
  const results = [check.build(...inputs)].flat();
  const slopes = check.backward ? results.flatMap((result) => gradients(ops.sum(ops.square(result)), inputs)) : [];
  const outputs = Object.fromEntries([...results, ...slopes].map((tensor, i) => [`output ${i}`, tensor]));
  return { name: check.name, outputs, updates: new Map() };
}

export const planOf = (check: KernelCheck): Plan => compile(computationOf(check), LAYOUT);

/** Each result of a check on an open backend. */
export async function runCheck(check: KernelCheck, backend: Backend): Promise<Float32Array[]> {
  const plan = planOf(check);
  return new Session(backend, LAYOUT).run(plan, {
    key: KEY,
    inputs: Object.fromEntries(check.shapes.map((shape, i) => [`x${i}`, someNumbers(shape, i)])),
    outputs: [...plan.outputs.keys()],
  });
}

/** The largest relative error of a list of results. */
export function worstError(got: readonly Float32Array[], want: readonly Float32Array[]): number {
  return Math.max(...got.map((result, i) => relativeError(result, want[i]!)));
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
