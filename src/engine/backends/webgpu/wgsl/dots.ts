// A product with one to three columns is computed as dot products, because a tile would be mostly
// idle. Several threads share the depth of a row and take turns of four values each. The first of
// them adds their sums in order.
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { fourOf, type Product, pick, prelude, storeOne } from './product.ts';

export const DOTS = 'dots';
export const DOTS_THREADS = 64;
/** So many values of depth make another thread worthwhile. */
const WORTH = 32;

export function isNarrow({ columns, left }: Product): boolean {
  return columns < 4 && left.along === 'depth';
}

export function dotsKernel(p: Product): Kernel {
  let lanes = 1;
  while (lanes < DOTS_THREADS && 2 * lanes * WORTH <= p.deepest) lanes *= 2;
  const rows = DOTS_THREADS / lanes;
  const down = Math.ceil(p.rows / rows);
  const columns = Array.from({ length: p.columns }, (_, c) => c);
  const each = (line: (c: number) => string): string => columns.map(line).join('\n    ');
  return {
    name: DOTS,
    workgroups: grid(down * p.units),
    code: `${prelude(p)}
var<workgroup> sums: array<vec4<f32>, ${DOTS_THREADS * p.columns}>;
@compute @workgroup_size(${DOTS_THREADS})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = ${WORKGROUP};
  if (group >= ${down * p.units}u) { return; }
  let unit = group / ${down}u;
  let lane = thread % ${lanes}u;
  let row = group % ${down}u * ${rows}u + thread / ${lanes}u;
  let limit = ${p.depth};
  depth = limit;
  ${p.setup}
  ${each((c) => `var sum${c} = vec4(0.0);`)}
  for (var k = lane * 4u; k < limit; k += ${4 * lanes}u) {
    let a = ${fourOf('left', p.left, 'depth', 'row', 'k')};
    ${each((c) => `sum${c} += a * ${fourOf('right', p.right, 'depth', `${c}u`, 'k')};`)}
  }
  ${each((c) => `sums[${c * DOTS_THREADS}u + thread] = sum${c};`)}
  workgroupBarrier();
  if (lane != 0u || row >= rows) { return; }
  for (var i = 1u; i < ${lanes}u; i++) {
    ${each((c) => `sum${c} += sums[${c * DOTS_THREADS}u + thread + i];`)}
  }
  for (var column = 0u; column < ${p.columns}u; column++) {
    let total = ${pick('sum', p.columns, 'column')};
    let made = vec4((total.x + total.y) + (total.z + total.w));
    ${storeOne(p)}
  }
}`,
  };
}
