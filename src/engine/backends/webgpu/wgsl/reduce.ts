// Sums over the middle of [outer, length, inner]. A workgroup takes a tile of inner values and a
// run of the length. Its threads walk the run in rows, and their sums are added in a fixed order.
// When the length is cut into parts, a second dispatch adds their sums. A thread takes four
// neighbouring values when the inner ones, or else the length, come in fours.
import type { Reduce } from '../../../plan.ts';
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { accessors, called, emit, operandFunctions } from './program.ts';

const THREADS = 64;

export function reduceKernels(r: Reduce): Kernel[] {
  const direct = r.parts === 1;
  const first = partialSums(r, direct);
  return direct ? [first] : [first, totals(r)];
}

/** How a thread's values lie: four inner ones, four of the length, or a single one. */
type Shape = 'inner' | 'length' | 'single';

function shapeOf({ outer, length, inner, parts }: Reduce): Shape {
  if (inner % 4 === 0) return 'inner';
  const run = Math.ceil(length / parts);
  return inner === 1 && length % 4 === 0 && (outer === 1 || parts === 1) && run % 4 === 0 ? 'length' : 'single';
}

/** With fewer workgroups most of a card is idle. */
const ENOUGH = 1024;
/**
 * A thread adds up this many rows, read one after another. Fewer rows do not justify more
 * workgroups.
 */
const SHORT = 8;
/** The fewest neighbouring lanes, which memory delivers together. */
const NARROW = 2;

/**
 * Returns the lanes of a workgroup's tile: all of them, but fewer when its few threads would walk
 * long runs while the card is idle.
 */
function acrossOf(lanes: number, rows: number, units: number): number {
  let across = 1;
  while (across < THREADS && across < lanes) across *= 2;
  const idle = (): boolean => units * Math.ceil(lanes / across) < ENOUGH;
  while (across > NARROW && idle() && (rows * across) / THREADS > SHORT) across /= 2;
  return across;
}

function partialSums(r: Reduce, direct: boolean): Kernel {
  const { outer, length, inner, parts, results } = r;
  const shape = shapeOf(r);
  const [acrossStep, downStep] = [shape === 'inner' ? 4 : 1, shape === 'length' ? 4 : 1];
  const lanes = Math.ceil(inner / acrossStep);
  const run = Math.ceil(length / parts);
  const across = acrossOf(lanes, run / downStep, outer * parts);
  const down = THREADS / across;
  const tiles = Math.ceil(lanes / across);
  // The sums go to the results, or to a row of partial sums for each part.
  const target = (k: number): string =>
    direct
      ? `${results[k]!.address}u + unit * ${inner}u + at`
      : `${r.partials}u + (unit * ${results.length}u + ${k}u) * ${inner}u + at`;
  const wide = shape === 'inner';
  const store = results
    .map((_, k) => {
      const total = `total${k}`;
      const lane = `
    var ${total} = vec4(0.0);
    for (var row = 0u; row < ${down}u; row++) { ${total} += sums[(${k}u * ${down}u + row) * ${across}u + column]; }`;
      if (!wide) {
        const value = shape === 'length' ? `${total}.x + ${total}.y + ${total}.z + ${total}.w` : `${total}.x`;
        return `${lane}\n    arena[${target(k)}] = ${value};`;
      }
      const four = [0, 1, 2, 3].map((c) => `arena[${target(k)} + ${c}u] = ${total}[${c}];`).join(' ');
      return `${lane}\n    ${four}`;
    })
    .join('');
  return {
    name: 'reduce',
    workgroups: grid(outer * parts * tiles),
    // The kernel sees the arena as floats, because neighbouring results may belong to another
    // workgroup.
    code: `${accessors(false)}${called(r)}${operandFunctions(r)}
var<workgroup> sums: array<vec4<f32>, ${results.length * THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = ${WORKGROUP};
  let unit = group / ${tiles}u;
  let column = thread % ${across}u;
  let row = thread / ${across}u;
  let at = ((group % ${tiles}u) * ${across}u + column) * ${acrossStep}u;
  let mine = at < ${inner}u && unit < ${outer * parts}u;
  ${results.map((_, k) => `var sum${k} = vec4(0.0);`).join(' ')}
  if (mine) {
    let begin = ${outer > 1 ? '0u' : `unit * ${run}u`};
    let end = ${outer > 1 ? `${length}u` : `min(${length}u, begin + ${run}u)`};
    for (var l = begin + row * ${downStep}u; l < end; l += ${down * downStep}u) {
      let i = (${outer > 1 ? `unit * ${length}u + l` : 'l'}) * ${inner}u + at;
      ${emit(r, shape !== 'single')}
      ${results.map(({ register }, k) => `sum${k} += r${register};`).join(' ')}
    }
  }
  ${results.map((_, k) => `sums[(${k}u * ${down}u + row) * ${across}u + column] = sum${k};`).join(' ')}
  workgroupBarrier();
  if (row == 0u && mine) {${store}
  }
}`,
  };
}

/** Adds the parts' sums in their order. */
function totals({ inner, parts, partials, results }: Reduce): Kernel {
  const count = inner * results.length;
  const cases = results.map(({ address }, k) => `case ${k}u: { to = ${address}u; }`).join(' ');
  return {
    name: 'reduce parts',
    workgroups: grid(Math.ceil(count / THREADS)),
    code: `${accessors(false)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let thread = (${WORKGROUP}) * ${THREADS}u + lane;
  if (thread >= ${count}u) { return; }
  var total = 0.0;
  for (var part = 0u; part < ${parts}u; part++) { total += cell(${partials}u + part * ${count}u + thread); }
  var to = 0u;
  switch (thread / ${inner}u) { ${cases} default: {} }
  arena[to + thread % ${inner}u] = total;
}`,
  };
}
