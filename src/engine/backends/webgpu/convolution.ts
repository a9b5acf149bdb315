// The three convolutions as matrix products whose left side is never written out: a workgroup makes a tile of the result, taking
// slices of both sides into its own memory, gathered from images as they are needed (implicit matrix product; Chetlur et al.,
// "cuDNN: efficient primitives for deep learning", 2014, section 3.1). A thread has some rows by four columns of the tile.
//   conv2d      rows: output pixels         depth: taps x C              columns: OC
//   convInput   rows: input pixels of one    depth: taps of the phase x OC  columns: C      (a workgroup has one phase of stride^2,
//               phase                                                                     so that no zero is multiplied)
//   convFilter  rows: taps x C              depth: output pixels          columns: OC     (the images in runs, summed apart)
// Sums go in order of depth and runs are cut by shape, so that results repeat, whatever the tile. What is attached is computed on
// the tile.
import { isContiguous } from '../../passes/domain.ts';
import { type Conv2d, type ConvFilter, type ConvInput, type Elementwise, partialFloats } from '../../plan.ts';
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { DRAWS, MATH } from './math.ts';
import { accessors, CONTROL, calls, emit, operandFunctions } from './program.ts';
import { fitTile, STANDARD, type Tile } from './tile.ts';

/** Most runs of images that a filter's gradient is summed in. */
const MOST_RUNS = 32;

/** One product, as text. */
interface Product {
  readonly name: string;
  readonly columns: number;
  /** Most rows of any unit, and units (phases, or runs). */
  readonly rows: number;
  readonly units: number;
  /** Four columns of the result lie together in memory, and nobody else's values among them. */
  readonly quad: boolean;
  /** The depth of unit `unit`, computed from it alone: a barrier's loop must be seen to be the same for all threads. */
  readonly depth: string;
  /** Sets `rows` and what the loaders need, for unit `unit`. */
  readonly setup: string;
  /** left(row, k): four values of the left side, along `leftAlong`. */
  readonly left: string;
  readonly leftAlong: 'depth' | 'rows';
  /** right(k, column): four values of the right side, along `rightAlong`. */
  readonly right: string;
  readonly rightAlong: 'depth' | 'columns';
  /** The linear index of the result at (row, column 0). */
  readonly index: string;
  readonly address: number;
  readonly attached: Elementwise | null;
}

export function conv2dKernel(c: Conv2d, attached: Elementwise | null, tile = STANDARD): Kernel {
  const { N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = c;
  const one = `fn pixel(row: u32, k: u32) -> u32 {
  let tap = k / ${C}u;
  let h = i32(row / ${OW}u % ${OH}u * ${stride}u + tap / ${KW}u) - ${padTop};
  let w = i32(row % ${OW}u * ${stride}u + tap % ${KW}u) - ${padLeft};
  return select(${c.x}u + ((row / ${OH * OW}u * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C}u + k % ${C}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${H}) | (w < 0) | (w >= ${W}));
}`;
  return tileKernel(tile, {
    name: 'conv2d',
    columns: OC,
    rows: N * OH * OW,
    units: 1,
    quad: fours(OC),
    depth: `${KH * KW * C}u`,
    setup: `rows = ${N * OH * OW}u;`,
    left: `${one}\nfn left(row: u32, k: u32) -> vec4<f32> { return ${fourOf(fours(C), 'pixel', 'row, k')}; }`,
    leftAlong: 'depth',
    right: `fn weight(k: u32, column: u32) -> u32 {
  return select(${c.w}u + k * ${OC}u + column, NOWHERE, (k >= depth) | (column >= ${OC}u));
}
fn right(k: u32, column: u32) -> vec4<f32> { return ${fourOf(fours(OC), 'weight', 'k, column')}; }`,
    rightAlong: 'columns',
    index: `row * ${OC}u`,
    address: c.y,
    attached,
  });
}

export function convInputKernel(c: ConvInput, attached: Elementwise | null, tile = STANDARD): Kernel {
  const { N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = c;
  const ceil = (n: number): number => Math.ceil(n / stride);
  const taps = (kernel: number, pad: number, at: string): string =>
    `((${kernel + stride - 1}u - (${at} + ${pad}u) % ${stride}u) / ${stride}u)`;
  const one = `fn source(row: u32, k: u32) -> u32 {
  let tap = k / ${OC}u;
  let h = i32(row / across % down + shift.x) - i32(tap / taps.y);
  let w = i32(row % across + shift.y) - i32(tap % taps.y);
  return select(${c.y}u + ((row / (down * across) * ${OH}u + u32(h)) * ${OW}u + u32(w)) * ${OC}u + k % ${OC}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${OH}) | (w < 0) | (w >= ${OW}));
}`;
  return tileKernel(tile, {
    name: 'convInput',
    columns: C,
    rows: N * ceil(H) * ceil(W),
    units: stride * stride,
    quad: fours(C),
    depth: `${taps(KH, padTop, `unit / ${stride}u`)} * ${taps(KW, padLeft, `unit % ${stride}u`)} * ${OC}u`,
    setup: `phase = vec2(unit / ${stride}u, unit % ${stride}u);
  down = (${H + stride - 1}u - phase.x) / ${stride}u; across = (${W + stride - 1}u - phase.y) / ${stride}u;
  first = vec2((phase.x + ${padTop}u) % ${stride}u, (phase.y + ${padLeft}u) % ${stride}u);
  taps = vec2((${KH + stride - 1}u - first.x) / ${stride}u, (${KW + stride - 1}u - first.y) / ${stride}u);
  shift = vec2((phase.x + ${padTop}u - first.x) / ${stride}u, (phase.y + ${padLeft}u - first.y) / ${stride}u);
  rows = ${N}u * down * across;`,
    left: `var<private> phase: vec2<u32>; var<private> first: vec2<u32>; var<private> taps: vec2<u32>; var<private> shift: vec2<u32>;
var<private> down: u32; var<private> across: u32;
${one}
fn left(row: u32, k: u32) -> vec4<f32> { return ${fourOf(fours(OC), 'source', 'row, k')}; }`,
    leftAlong: 'depth',
    right: `fn weight(column: u32, k: u32) -> u32 {
  let tap = k / ${OC}u;
  let y = first.x + ${stride}u * (tap / taps.y);
  let x = first.y + ${stride}u * (tap % taps.y);
  return select(${c.w}u + ((y * ${KW}u + x) * ${C}u + column) * ${OC}u + k % ${OC}u, NOWHERE, (k >= depth) | (column >= ${C}u));
}
fn right(k: u32, column: u32) -> vec4<f32> { return ${fourOf(fours(OC), 'weight', 'column, k')}; }`,
    rightAlong: 'depth',
    index: `((row / (down * across) * ${H}u + row / across % down * ${stride}u + phase.x) * ${W}u + row % across * ${stride}u + phase.y) * ${C}u`,
    address: c.x,
    attached,
  });
}

/** Runs of images, by shape alone: as many as there is room for. */
export function filterRuns(c: ConvFilter): number {
  return Math.min(c.N, MOST_RUNS, Math.floor(partialFloats(c, c.groups) / (c.KH * c.KW * c.C * c.OC)));
}

export function convFilterKernels(c: ConvFilter, tile = STANDARD): Kernel[] {
  const { N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = c;
  const runs = filterRuns(c);
  const each = Math.ceil(N / runs);
  const size = KH * KW * C * OC;
  const one = `fn pixel(k: u32, row: u32) -> u32 {
  let tap = row / ${C}u;
  let p = begin + k;
  let h = i32(p / ${OW}u % ${OH}u * ${stride}u + tap / ${KW}u) - ${padTop};
  let w = i32(p % ${OW}u * ${stride}u + tap % ${KW}u) - ${padLeft};
  return select(${c.x}u + ((p / ${OH * OW}u * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C}u + row % ${C}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${H}) | (w < 0) | (w >= ${W}));
}`;
  const partial = tileKernel(tile, {
    name: 'convFilter',
    columns: OC,
    rows: KH * KW * C,
    units: runs,
    quad: fours(OC),
    depth: `(min(${N}u, (unit + 1u) * ${each}u) - min(${N}u, unit * ${each}u)) * ${OH * OW}u`,
    setup: `rows = ${KH * KW * C}u; begin = min(${N}u, unit * ${each}u) * ${OH * OW}u;`,
    left: `var<private> begin: u32;\n${one}\nfn left(row: u32, k: u32) -> vec4<f32> { return ${fourOf(fours(C), 'pixel', 'k, row')}; }`,
    leftAlong: 'rows',
    right: `fn slope(k: u32, column: u32) -> u32 {
  return select(${c.y}u + (begin + k) * ${OC}u + column, NOWHERE, (k >= depth) | (column >= ${OC}u));
}
fn right(k: u32, column: u32) -> vec4<f32> { return ${fourOf(fours(OC), 'slope', 'k, column')}; }`,
    rightAlong: 'columns',
    index: `unit * ${runs > 1 ? size : 0}u + row * ${OC}u`,
    address: runs > 1 ? c.partials : c.w,
    attached: null,
  });
  return runs > 1 ? [partial, sumOfRuns(c.partials, c.w, size, runs)] : [partial];
}

function sumOfRuns(from: number, to: number, size: number, runs: number): Kernel {
  const threads = 64;
  return {
    name: 'convFilter runs',
    groups: grid(Math.ceil(size / threads)),
    code: `${accessors(false)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (${WORKGROUP}) * ${threads}u + lane;
  if (i >= ${size}u) { return; }
  var total = 0.0;
  for (var run = 0u; run < ${runs}u; run++) { total += cell(${from}u + run * ${size}u + i); }
  arena[${to}u + i] = total;
}`,
  };
}

/** Whether values come in fours. */
const fours = (count: number): boolean => count % 4 === 0;

/** Four values from where a function says the first lies; the second argument is what moves. */
function fourOf(quad: boolean, at: string, names: string): string {
  const [a, b] = names.split(', ') as [string, string];
  return quad
    ? `fetch4(${at}(${names}))`
    : `vec4(${[0, 1, 2, 3].map((i) => `fetch(${at}(${a}, ${b} + ${i}u))`).join(', ')})`;
}

/** A side's slice of depth in the workgroup's memory: how it is filled, and read four values at a time. */
interface Slice {
  readonly declaration: string;
  /** Filled by all threads. */
  readonly fill: string;
  /** Four values at depth k, from `at` on. */
  readonly four: (at: string) => string;
}

/**
 * Depth is outermost. Values come by fours along what lies together in memory: where that is the side's width they stay vectors, where
 * it is depth they are put down one by one.
 */
function sliceOf(
  side: 'left' | 'right',
  { width, depth, threads }: { readonly width: number; readonly depth: number; readonly threads: number },
  alongDepth: boolean,
  from: string,
): Slice {
  const fetch = side === 'left' ? `left(${from} + at, k0 + k)` : `right(k0 + k, ${from} + at)`;
  const loop = (lines: string): string =>
    `for (var q = thread; q < ${(width * depth) / 4}u; q += ${threads}u) {\n        ${lines}\n      }`;
  if (!alongDepth)
    return {
      declaration: `var<workgroup> ${side}_slice: array<vec4<f32>, ${(width * depth) / 4}>;`,
      fill: loop(`let at = q % ${width / 4}u * 4u; let k = q / ${width / 4}u; ${side}_slice[q] = ${fetch};`),
      four: (at) => `${side}_slice[k * ${width / 4}u + ${at} / 4u]`,
    };
  return {
    declaration: `var<workgroup> ${side}_slice: array<f32, ${width * depth}>;`,
    fill: loop(`let at = q / ${depth / 4}u; let k = q % ${depth / 4}u * 4u; let four = ${fetch};
        for (var c = 0u; c < 4u; c++) { ${side}_slice[(k + c) * ${width}u + at] = four[c]; }`),
    four: (at) => `vec4(${[0, 1, 2, 3].map((c) => `${side}_slice[k * ${width}u + ${at} + ${c}u]`).join(', ')})`,
  };
}

function tileKernel(wanted: Tile, p: Product): Kernel {
  const { rows, columns, depth, each, threads } = fitTile(wanted, p.columns);
  const across = columns / 4;
  const tilesDown = Math.ceil(p.rows / rows);
  const tilesAcross = Math.ceil(p.columns / columns);
  const { math, draws } = p.attached ? calls(p.attached) : { math: false, draws: false };
  const functions = `${draws ? CONTROL : ''}${math ? MATH : ''}${draws ? DRAWS : ''}${p.attached ? operandFunctions(p.attached) : ''}`;
  const left = sliceOf('left', { width: rows, depth, threads }, p.leftAlong === 'depth', 'top');
  const right = sliceOf('right', { width: columns, depth, threads }, p.rightAlong === 'depth', 'side');
  const products = Array.from({ length: each / 4 }, (_, i) => {
    const lines = [0, 1, 2, 3].map((c) => `sum[${4 * i + c}] += a${i}[${c}] * b;`);
    return `let a${i} = ${left.four(`(mine_down + ${4 * i}u)`)}; ${lines.join(' ')}`;
  });
  return {
    name: p.name,
    groups: grid(tilesDown * tilesAcross * p.units),
    code: `${accessors(p.quad)}const NOWHERE = 0xffffffffu;
// Without branches, which compilers for processors dwell on.
fn fetch(at: u32) -> f32 { return select(cell(select(at, 0u, at == NOWHERE)), 0.0, at == NOWHERE); }
fn fetch4(at: u32) -> vec4<f32> { return select(cells(select(at, 0u, at == NOWHERE)), vec4(0.0), at == NOWHERE); }
var<private> rows: u32;
var<private> depth: u32;
${p.left}
${p.right}
${functions}
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
  let mine_across = thread % ${across}u * 4u;
  var sum = array<vec4<f32>, ${each}>();
  for (var k0 = 0u; k0 < limit; k0 += ${depth}u) {
      ${left.fill}
      ${right.fill}
      workgroupBarrier();
      for (var k = 0u; k < ${depth}u; k++) {
        let b = ${right.four('mine_across')};
        ${products.join('\n        ')}
      }
      workgroupBarrier();
  }
  for (var r = 0u; r < ${each}u; r++) {
    let row = top + mine_down + r;
    let column = side + mine_across;
    if (row >= rows || column >= ${p.columns}u) { continue; }
    ${p.quad ? storeQuad(p) : storeEach(p)}
  }
}`,
  };
}

function storeQuad({ index, address, attached }: Product): string {
  const stored = `let i = ${index} + column;
    let made = sum[r];
    arena[(${address}u + i) >> 2u] = made;`;
  if (!attached) return stored;
  const results = attached.results.map(({ register, address: to }) => `arena[(${to}u + i) >> 2u] = r${register};`);
  return `${stored}\n    ${emit(attached, true, ownOperands(attached, address))}\n    ${results.join(' ')}`;
}

/** Column by column, for results whose rows don't come in fours. */
function storeEach({ index, address, attached, columns }: Product): string {
  const results = attached?.results.map(({ register, address: to }) => `arena[${to}u + i] = r${register}.x;`) ?? [];
  return `for (var c = 0u; c < min(4u, ${columns}u - column); c++) {
      let i = ${index} + column + c;
      let made = vec4(sum[r][c]);
      arena[${address}u + i] = made.x;
      ${attached ? emit(attached, false, ownOperands(attached, address)) : ''}
      ${results.join(' ')}
    }`;
}

/** The convolution's own output, which a thread still has at hand, as operands of what is attached. */
function ownOperands({ sizes, operands }: Elementwise, address: number): Map<number, string> {
  return new Map(
    operands.flatMap((operand, k) =>
      operand.address === address && isContiguous(sizes, operand.strides) ? [[k, 'made']] : [],
    ),
  );
}
