// Small computations that together use every kernel and every function. `doctor` runs them on a
// device and on the reference. They are enough to detect a library that was built wrongly; the
// tests go further.
import type { Backend } from '../../engine/backends/backend.ts';
import { type Computation, compile } from '../../engine/compile.ts';
import { gradients } from '../../engine/grad.ts';
import { size } from '../../engine/graph.ts';
import { KIND_NAMES, KINDS } from '../../engine/instructions/index.ts';
import type { KernelCheck } from '../../engine/instructions/record.ts';
import { layoutState } from '../../engine/layout.ts';
import * as ops from '../../engine/ops/index.ts';
import type { Plan } from '../../engine/plan.ts';
import { Session } from '../../engine/session.ts';
import { plainNumbers } from './numbers.ts';

/** The largest relative error (of norms) that different orders of summation explain. */
export const TOLERANCE = 1e-5;

const KEY = { seed: 20181117, step: 3 };

/** The checks of all kinds of instructions. */
export const KERNEL_CHECKS: readonly KernelCheck[] = KIND_NAMES.flatMap((kind) => KINDS[kind].checks);

const LAYOUT = layoutState([ops.variable('unused', [1])]);
/** The floats of state that a backend is opened with. */
export const CHECK_STATE_FLOATS = LAYOUT.floats;

/** Returns what a check computes: its results, and their gradients where it asks for them. */
export function computationOf(check: KernelCheck): Computation {
  const inputs = check.shapes.map((shape, i) => ops.input(`x${i}`, shape));
  const results = [check.build(...inputs)].flat();
  const slopes = check.backward ? results.flatMap((result) => gradients(ops.sum(ops.square(result)), inputs)) : [];
  const outputs = Object.fromEntries([...results, ...slopes].map((tensor, i) => [`output ${i}`, tensor]));
  return { name: check.name, outputs, updates: new Map() };
}

export const planOf = (check: KernelCheck): Plan => compile(computationOf(check), LAYOUT);

/** Runs a check on an open backend, and returns its results. */
export async function runCheck(check: KernelCheck, backend: Backend): Promise<Float32Array[]> {
  const plan = planOf(check);
  return new Session(backend, LAYOUT).run(plan, {
    key: KEY,
    inputs: Object.fromEntries(check.shapes.map((shape, i) => [`x${i}`, plainNumbers(size(shape), i + 1)])),
    outputs: [...plan.outputs.keys()],
  });
}

/** Returns the largest relative error of a list of results. */
export function worstError(got: readonly Float32Array[], want: readonly Float32Array[]): number {
  return Math.max(...got.map((result, i) => relativeError(result, want[i]!)));
}

/** Returns ‖a - b‖ / ‖b‖, which is infinite where one has a NaN or the lengths differ. */
export function relativeError(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  const error = Math.sqrt(difference / norm);
  return a.length === b.length && Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
}
