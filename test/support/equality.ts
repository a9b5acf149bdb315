// Compares every case with the interpreter, for the devices of Node (engine-backends.test.ts) and
// of a page (page-engine.ts).
import type { Backend } from '../../src/engine/backends/backend.ts';
import type { PassSwitches } from '../../src/engine/compile.ts';
import { controlWords } from '../../src/engine/control.ts';
import { gradients } from '../../src/engine/grad.ts';
import { size, type Tensor, type Values } from '../../src/engine/graph.ts';
import { interpret } from '../../src/engine/interpret.ts';
import { layoutState } from '../../src/engine/layout.ts';
import * as ops from '../../src/engine/ops/index.ts';
import type { Plan } from '../../src/engine/plan.ts';
import type { Case } from './cases.ts';
import { values } from './values.ts';

const KEY = { seed: 12345678901, step: 7 };
export const NOTHING_ON: PassSwitches = {
  sharePerSample: false,
  slopes: false,
  sumImages: false,
  fuse: false,
  join: false,
  attach: false,
  shareMemory: false,
};

interface Problem {
  readonly outputs: Record<string, Tensor>;
  readonly feeds: Map<string, Float32Array>;
  readonly expected: Map<string, Values>;
}

/** A case's result and its weighted gradients. */
export function problem({ shapes, build, range = [-1, 1] }: Case): Problem {
  const inputs = shapes.map((shape, i) => ops.input(`x${i}`, shape));
  const result = build(...inputs);
  const weights = ops.input('weights', result.shape);
  const outputs: Record<string, Tensor> = { result };
  gradients(ops.sum(ops.mul(result, weights)), inputs).forEach((g, i) => {
    outputs[`gradient${i}`] = g;
  });
  const feeds = new Map(shapes.map((shape, i) => [`x${i}`, values(shape, i + 1, ...range)]));
  feeds.set('weights', values(result.shape, 99));
  const computed = interpret(Object.values(outputs), { key: KEY, feeds }, 'float64');
  return { outputs, feeds, expected: new Map(Object.keys(outputs).map((name, i) => [name, computed[i]!])) };
}

export async function runPlan(
  backend: Backend,
  plan: Plan,
  feeds: Map<string, Float32Array>,
): Promise<Map<string, Float32Array>> {
  const executable = await backend.compile(plan);
  // The old content of scratch must not matter: a stray read would turn the result into a NaN.
  await backend.write(plan.stateFloats, new Float32Array(plan.scratchFloats).fill(Number.NaN));
  for (const [name, { address }] of plan.inputs) await backend.write(address, feeds.get(name)!);
  await backend.write(plan.control, controlWords(KEY));
  await backend.run(executable);
  const results = new Map<string, Float32Array>();
  for (const [name, { address, shape }] of plan.outputs) results.set(name, await backend.read(address, size(shape)));
  return results;
}

export const STATE = layoutState([ops.variable('unused', [1])]);
