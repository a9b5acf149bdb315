// Computes a product in tiles. A workgroup makes one tile of the result from slices of both sides'
// depth, which lie in its own memory while they are used. A thread computes some rows by four or
// eight columns.
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { fourOf, type Product, pick, prelude, storeOne, storeQuad } from './product.ts';
import { type FittedTile, fitTile, PITCH, type Tile } from './tile.ts';

/**
 * A side's slice of depth in the workgroup's memory. Its vectors lie along the side's width, with
 * depth outermost.
 */
interface Slice {
  readonly declaration: string;
  /** Runs before the loop: finds where each of a thread's blocks lies. */
  readonly places: string;
  /**
   * Reads from depth k0 on into registers, so that all reads are under way before the first one is
   * awaited.
   */
  readonly take: string;
  /** Writes what was read to the workgroup's memory. */
  readonly put: string;
  /** Returns four values at depth k, from vector `place` on. */
  readonly four: (place: string) => string;
}

/**
 * Reads values in fours along the direction in which they lie together in memory. When that is
 * depth, a thread reads a block of four by four and transposes it, because vectors in the
 * workgroup's memory lie along the width.
 */
function sliceOf(
  name: 'left' | 'right',
  { [name]: side }: Product,
  { depth, threads, [name === 'left' ? 'rows' : 'columns']: width }: FittedTile,
): Slice {
  const turned = side.fours && side.along === 'depth';
  const pitch = width / 4 + PITCH;
  const blocks = (width * depth) / (turned ? 16 : 4);
  const lanes = turned ? [0, 1, 2, 3] : [0];
  /** Emits a line for each block of a thread. The last block may be beyond the slice. */
  const each = (line: (j: number) => string, guarded = true): string =>
    Array.from({ length: Math.ceil(blocks / threads) }, (_, j) =>
      guarded && (j + 1) * threads > blocks ? `if (thread + ${j * threads}u < ${blocks}u) { ${line(j)} }` : line(j),
    ).join('\n      ');
  const names = (j: number) => ({ at: `${name}_at_${j}`, k: `${name}_k_${j}`, v: `${name}_${j}_` });
  return {
    declaration: `var<workgroup> ${name}_slice: array<vec4<f32>, ${pitch * depth}>;`,
    places: each((j) => {
      const { at, k, v } = names(j);
      const q = `(thread + ${j * threads}u)`;
      const place = turned
        ? `let ${at} = ${q} / ${depth / 4}u * 4u; let ${k} = ${q} % ${depth / 4}u * 4u;`
        : `let ${at} = ${q} % ${width / 4}u * 4u; let ${k} = ${q} / ${width / 4}u;`;
      return `${place} ${lanes.map((lane) => `var ${v}${lane} = vec4(0.0);`).join(' ')}`;
    }, false),
    take: each((j) => {
      const { at, k, v } = names(j);
      const first = `${name === 'left' ? 'top' : 'side'} + ${at}`;
      const read = (lane: number): string =>
        fourOf(name, side, turned ? 'depth' : 'width', `${first} + ${lane}u`, `k0 + ${k}`);
      return lanes.map((lane) => `${v}${lane} = ${read(lane)};`).join(' ');
    }),
    put: each((j) => {
      const { at, k, v } = names(j);
      const value = (lane: number): string =>
        turned ? `vec4(${lanes.map((row) => `${v}${row}[${lane}]`).join(', ')})` : `${v}0`;
      return lanes
        .map((lane) => `${name}_slice[(${k} + ${lane}u) * ${pitch}u + ${at} / 4u] = ${value(lane)};`)
        .join(' ');
    }),
    four: (place) => `${name}_slice[k * ${pitch}u + ${place}]`,
  };
}

export function tileKernel(wanted: Tile, p: Product): Kernel {
  const tile = fitTile(wanted, p.columns);
  const { rows, columns, depth, each, wide, threads } = tile;
  const across = columns / wide;
  const tilesDown = Math.ceil(p.rows / rows);
  const tilesAcross = Math.ceil(p.columns / columns);
  const [left, right] = [sliceOf('left', p, tile), sliceOf('right', p, tile)];
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const [downs, sides] = [numbers(each / 4), numbers(wide / 4)];
  const sums = each * sides.length;
  const bs = sides.map((j) => `let b${j} = ${right.four(`mine_across + ${j * across}u`)};`);
  const as = downs.map((i) => `let a${i} = ${left.four(`mine_down / 4u + ${i}u`)};`);
  const products = numbers(each).flatMap((r) =>
    sides.map((j) => `sum${r * sides.length + j} += a${Math.floor(r / 4)}[${r % 4}] * b${j};`),
  );
  return {
    name: p.name,
    workgroups: grid(tilesDown * tilesAcross * p.units),
    code: `${prelude(p)}
${left.declaration}
${right.declaration}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let group = ${WORKGROUP};
  if (group >= ${tilesDown * tilesAcross * p.units}u) { return; }
  let unit = group / ${tilesDown * tilesAcross}u;
  let top = group / ${tilesAcross}u % ${tilesDown}u * ${rows}u;
  let side = group % ${tilesAcross}u * ${columns}u;
  let limit = ${p.depth};
  depth = limit;
  ${p.setup}
  let mine_down = thread / ${across}u * ${each}u;
  let mine_across = thread % ${across}u;
  ${left.places}
  ${right.places}
  ${numbers(sums)
    .map((s) => `var sum${s} = vec4(0.0);`)
    .join(' ')}
  for (var k0 = 0u; k0 < limit; k0 += ${depth}u) {
      ${left.take}
      ${right.take}
      ${left.put}
      ${right.put}
      workgroupBarrier();
      for (var k = 0u; k < ${depth}u; k++) {
        ${bs.join(' ')}
        ${as.join(' ')}
        ${products.join('\n        ')}
      }
      workgroupBarrier();
  }
  for (var s = 0u; s < ${sums}u; s++) {
    let row = top + mine_down + s / ${sides.length}u;
    let four = side + (mine_across + s % ${sides.length}u * ${across}u) * 4u;
    if (row >= rows || four >= ${p.columns}u) { continue; }
    let values = ${pick('sum', sums, 's')};
    ${p.quad ? `let made = values; let column = four;\n    ${storeQuad(p)}` : eachColumn(p)}
  }
}`,
  };
}

/** Stores column by column, for results whose rows don't come in fours. */
function eachColumn(p: Product): string {
  return `for (var c = 0u; c < min(4u, ${p.columns}u - four); c++) {
      let made = vec4(values[c]);
      let column = four + c;
      ${storeOne(p)}
    }`;
}
