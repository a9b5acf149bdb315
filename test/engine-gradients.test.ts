// Compares every op's gradient with finite differences in double precision, and gradients of
// gradients where they exist.
import { describe, expect, it } from 'vitest';
import { gradients } from '../src/engine/grad.ts';
import { make, type Op, type Tensor, type Values } from '../src/engine/graph.ts';
import { interpret } from '../src/engine/interpret.ts';
import * as ops from '../src/engine/ops/index.ts';
import { OPS } from '../src/engine/ops/index.ts';
import { CASES, type Case } from './support/cases.ts';
import { values } from './support/values.ts';

const KEY = { seed: 0, step: 0 };

interface Problem {
  readonly inputs: readonly Tensor[];
  readonly feeds: Map<string, Values>;
  readonly loss: Tensor;
}

/** The case as a scalar loss: its result is weighted at random, so that no gradient cancels. */
function problem({ shapes, build, range = [-1, 1] }: Case): Problem {
  const inputs = shapes.map((shape, i) => ops.input(`x${i}`, shape));
  const result = build(...inputs);
  const weights = ops.input('weights', result.shape);
  const feeds = new Map<string, Values>(
    shapes.map((shape, i) => [`x${i}`, Float64Array.from(values(shape, i + 1, ...range))]),
  );
  feeds.set('weights', Float64Array.from(values(result.shape, 99)));
  return { inputs, feeds, loss: ops.sum(ops.mul(result, weights)) };
}

/**
 * The largest difference between gradients and central differences, over up to 40 places of an
 * input.
 */
function worstDifference({ inputs, feeds, loss }: Problem): number {
  const at = (feed: Map<string, Values>): number => interpret([loss], { key: KEY, feeds: feed }, 'float64')[0]![0]!;
  const computed = interpret(gradients(loss, inputs), { key: KEY, feeds }, 'float64');
  let worst = 0;
  inputs.forEach((_, k) => {
    const original = feeds.get(`x${k}`)!;
    const stride = Math.max(1, Math.floor(original.length / 40));
    for (let i = 0; i < original.length; i += stride) {
      const moved = (by: number): number => {
        const copy = Float64Array.from(original);
        copy[i]! += by;
        return at(new Map(feeds).set(`x${k}`, copy));
      };
      const h = 1e-5;
      const numeric = (moved(h) - moved(-h)) / (2 * h);
      worst = Math.max(worst, Math.abs(numeric - computed[k]![i]!) / Math.max(1, Math.abs(numeric)));
    }
  });
  return worst;
}

/** Finite differences of a long sum would show nothing new. */
const isSmall = ({ shapes }: Case): boolean => shapes[0]![0]! < 1000;

describe('gradients equal finite differences', () => {
  it.each(CASES.filter(isSmall))('$name', (testCase) => {
    expect(worstDifference(problem(testCase))).toBeLessThan(1e-6);
  });
});

describe('gradients of gradients equal finite differences', () => {
  it.each(CASES.filter(isSmall))('$name', (testCase) => {
    const { inputs, feeds, loss } = problem(testCase);
    const penalty = gradients(loss, inputs)
      .map((g) => ops.sum(ops.square(g)))
      .reduce((a, b) => ops.add(a, b));
    expect(worstDifference({ inputs, feeds, loss: ops.reshape(penalty, []) })).toBeLessThan(1e-5);
  });
});

it('every op has a case', () => {
  const covered = new Set(CASES.flatMap((testCase) => testCase.ops));
  // A sum over shards is tested where there are several: gan-shards.test.ts.
  const apart = ['input', 'variable', 'constant', 'draw', 'overShards'];
  expect(Object.keys(OPS).filter((name) => !covered.has(name) && !apart.includes(name))).toEqual([]);
});

it('a wrong gradient would be seen', () => {
  const wrong: Op = { ...(ops.tanh(ops.constant(0)).op as Op), gradient: (_, dy) => [ops.scale(dy, 0.99)] };
  const testCase: Case = { name: 'wrong', shapes: [[4]], ops: [], build: (x) => make(wrong, [x!], {}) };
  expect(worstDifference(problem(testCase))).toBeGreaterThan(1e-3);
});
