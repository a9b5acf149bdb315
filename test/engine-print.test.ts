// The printed text of a small plan, as a whole.
import { expect, it } from 'vitest';
import { compile } from '../src/engine/compile.ts';
import { layoutState } from '../src/engine/layout.ts';
import { add, input, leakyRelu, matmul, variable } from '../src/engine/ops/index.ts';
import { printPlan } from '../src/engine/print.ts';

it('says what is computed, where, from what', () => {
  const w = variable('w', [3, 4]);
  const b = variable('b', [4]);
  const y = leakyRelu(add(matmul(input('x', [2, 3]), w), b), 0.2);
  const plan = compile({ name: 'dense', outputs: { y }, updates: new Map() }, layoutState([w, b]));
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "plan dense: 2 instructions, float32, 0.0 MB
    state     32 floats; scratch behind it; control words at 304
    input     x [2, 3] at 336
    output    y [2, 4] at 288
       0  conv2d      y@320 = x@336 * w@0  x [2, 1, 1, 3] w [1, 1, 3, 4] y [2, 1, 1, 4] stride 1, padding 0, 0
       1    attached  @288:r1 = 8 as [2, 4] { r0 = @320[4, 1]; r1 = @16[0, 1]; r1 = add(r0, r1); r1 = leakyRelu(r1, 0.2) }
    "
  `);
});
