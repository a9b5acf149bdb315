// What the compiler makes of the presets: their plans as recorded text, and the graph after each pass.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../src/engine/compile.ts';
import { layoutState } from '../src/engine/layout.ts';
import { add, input, leakyRelu, matmul, mul, scale, variable } from '../src/engine/ops/index.ts';
import { constantOp } from '../src/engine/ops/leaves.ts';
import { Interner } from '../src/engine/passes/intern.ts';
import { printPlan } from '../src/engine/print.ts';
import { PASSES, printAfter } from '../src/engine/print-graph.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { makeModel } from '../src/gan/model.ts';
import { presets } from '../src/gan/presets.ts';
import { trainingStep } from '../src/gan/step.ts';

const RECORDED = new URL('recorded/plans/', import.meta.url);
const NAMES = Object.keys(presets);

describe('the plans of presets', () => {
  it.each(NAMES)('%s compiles to the recorded instructions and addresses (npm run plans writes them)', (name) => {
    const config = resolveConfig(name);
    const model = makeModel(config);
    const plan = printPlan(compile(trainingStep(model, config.batchSize), model.layout)).split('\n');
    const recorded = readFileSync(new URL(`${name}.txt`, RECORDED), 'utf8').split('\n');
    // The first lines that differ say more than both texts.
    const differ = plan.findIndex((line, i) => line !== recorded[i]);
    expect({ line: differ, text: plan[differ] }).toEqual({ line: -1, text: undefined });
    expect(recorded.length).toBe(plan.length);
  });

  it('every recorded plan is a preset', () => {
    expect(readdirSync(RECORDED).sort()).toEqual(NAMES.map((name) => `${name}.txt`).sort());
  });
});

it('constants that JSON writes alike stay apart, and equal ones are one', () => {
  const interner = new Interner();
  const values = [0, -0, Infinity, -Infinity, NaN, 1];
  const nodes = [...values, ...values].map((value) => interner.make(constantOp, [], { value }));
  expect(new Set(nodes).size).toBe(values.length);
  expect(nodes.slice(values.length)).toEqual(nodes.slice(0, values.length));
});

describe('a small graph after each pass', () => {
  const w = variable('w', [3, 4]);
  const b = variable('b', [4]);
  // One value is written twice.
  const y = add(matmul(input('x', [2, 3]), w), b);
  const again = add(matmul(input('x', [2, 3]), w), b);
  const computation = {
    name: 'small',
    outputs: { y: leakyRelu(mul(y, again), 0.2) },
    updates: new Map([['b', scale(scale(b, 2), 0.25)]]),
  };
  const print = (pass: (typeof PASSES)[number]): string => printAfter(pass, computation, layoutState([w, b]));

  it('is the whole of it as written', () => {
    expect(print('written')).toMatchInlineSnapshot(`
      "graph small: 12 values
          %0 = input [2, 3] name x shape [2, 3]
          %1 = variable [3, 4] name w shape [3, 4]
          %2 = matmul(%0, %1) [2, 4] transposeA false transposeB false
          %3 = variable [4] name b shape [4]
          %4 = add(%2, %3) [2, 4]
          %5 = input [2, 3] name x shape [2, 3]
          %6 = matmul(%5, %1) [2, 4] transposeA false transposeB false
          %7 = add(%6, %3) [2, 4]
          %8 = mul(%4, %7) [2, 4]
          %9 = leakyRelu(%8) [2, 4] value 0.2
         %10 = scale(%3) [4] value 2
         %11 = scale(%10) [4] value 0.25
      output y = %9
      update b = %11
      "
    `);
  });

  it('has equal values once after simplify', () => {
    expect(print('simplify')).toMatchInlineSnapshot(`
      "graph small: 9 values
          %0 = input [2, 3] name x shape [2, 3]
          %1 = variable [3, 4] name w shape [3, 4]
          %2 = matmul(%0, %1) [2, 4] transposeA false transposeB false
          %3 = variable [4] name b shape [4]
          %4 = add(%2, %3) [2, 4]
          %5 = mul(%4, %4) [2, 4]
          %6 = leakyRelu(%5) [2, 4] value 0.2
          %7 = scale(%3) [4] value 2
          %8 = scale(%7) [4] value 0.25
      output y = %6
      update b = %8
      "
    `);
  });

  it('marks what lies in memory, then what is computed together', () => {
    expect(print('stored')).toMatchInlineSnapshot(`
      "graph small: 9 values
          %0 = input [2, 3] name x shape [2, 3]
          %1 = variable [3, 4] name w shape [3, 4]
      *   %2 = matmul(%0, %1) [2, 4] transposeA false transposeB false
          %3 = variable [4] name b shape [4]
          %4 = add(%2, %3) [2, 4]
          %5 = mul(%4, %4) [2, 4]
      *   %6 = leakyRelu(%5) [2, 4] value 0.2
          %7 = scale(%3) [4] value 2
      *   %8 = scale(%7) [4] value 0.25
      output y = %6
      update b = %8
      "
    `);
    expect(print('schedule')).toMatchInlineSnapshot(`
      "graph small: 9 values, 3 groups
      group 0, kernel
      *   %2 = matmul(%0, %1) [2, 4] transposeA false transposeB false
      attached 1, elementwise
          %4 = add(%2, %3) [2, 4]
          %5 = mul(%4, %4) [2, 4]
      *   %6 = leakyRelu(%5) [2, 4] value 0.2
      group 2, elementwise
          %7 = scale(%3) [4] value 2
      *   %8 = scale(%7) [4] value 0.25
      output y = %6
      update b = %8
      "
    `);
  });

  it('ends with the plan', () => {
    expect(print('memory')).toBe(printPlan(compile(computation, layoutState([w, b]))));
    for (const pass of PASSES) expect(print(pass).endsWith('\n'), pass).toBe(true);
  });
});
