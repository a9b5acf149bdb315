// The three convolutions as matrix products whose left side is never written out. Its values are
// gathered from images when they are needed (implicit matrix product; Chetlur et al., "cuDNN:
// efficient primitives for deep learning", 2014, section 3.1). tiled.ts computes a product, or
// dots.ts when it has few columns.
//   conv2d      rows: output pixels         depth: taps x C
//               columns: OC
//   convInput   rows: input pixels of one phase
//               depth: taps of the phase x OC
//               columns: C
//               (a unit is one phase of stride^2, so that no zero is multiplied)
//   convFilter  rows: taps x C              depth: output pixels
//               columns: OC
//               (the images are summed in separate runs)
// Sums go in the order of depth, and runs are cut by shape, so that results repeat, whatever the
// tile.
import type { Conv2d, ConvFilter, ConvInput, Elementwise } from '../../../plan.ts';
import { partialFloats } from '../../../room.ts';
import { dotsKernel, isNarrow } from './dots.ts';
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import type { Product } from './product.ts';
import { accessors } from './program.ts';
import { STANDARD, type Tile } from './tile.ts';
import { tileKernel } from './tiled.ts';

/** The most runs of images in which a filter's gradient is summed. */
const MOST_RUNS = 128;

export function conv2dKernel(c: Conv2d, attached: Elementwise | null, tile = STANDARD): Kernel {
  const { N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = c;
  const leftAt = `fn left_at(row: u32, k: u32) -> u32 {
  let tap = k / ${C}u;
  let h = i32(row / ${OW}u % ${OH}u * ${stride}u + tap / ${KW}u) - ${padTop};
  let w = i32(row % ${OW}u * ${stride}u + tap % ${KW}u) - ${padLeft};
  return select(${c.x}u + ((row / ${OH * OW}u * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C}u + k % ${C}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${H}) | (w < 0) | (w >= ${W}));
}`;
  return productKernel(tile, {
    name: 'conv2d',
    columns: OC,
    rows: N * OH * OW,
    units: 1,
    quad: fours(OC),
    depth: `${KH * KW * C}u`,
    deepest: KH * KW * C,
    setup: `rows = ${N * OH * OW}u;`,
    left: { at: leftAt, along: 'depth', fours: fours(C) },
    right: {
      at: `fn right_at(column: u32, k: u32) -> u32 {
  return select(${c.w}u + k * ${OC}u + column, NOWHERE, (k >= depth) | (column >= ${OC}u));
}`,
      along: 'width',
      fours: fours(OC),
    },
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
  const leftAt = `fn left_at(row: u32, k: u32) -> u32 {
  let tap = k / ${OC}u;
  let h = i32(row / across % down + shift.x) - i32(tap / taps.y);
  let w = i32(row % across + shift.y) - i32(tap % taps.y);
  return select(${c.y}u + ((row / (down * across) * ${OH}u + u32(h)) * ${OW}u + u32(w)) * ${OC}u + k % ${OC}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${OH}) | (w < 0) | (w >= ${OW}));
}`;
  return productKernel(tile, {
    name: 'convInput',
    columns: C,
    rows: N * ceil(H) * ceil(W),
    units: stride * stride,
    quad: fours(C),
    depth: `${taps(KH, padTop, `unit / ${stride}u`)} * ${taps(KW, padLeft, `unit % ${stride}u`)} * ${OC}u`,
    deepest: Math.ceil(KH / stride) * Math.ceil(KW / stride) * OC,
    setup: `phase = vec2(unit / ${stride}u, unit % ${stride}u);
  down = (${H + stride - 1}u - phase.x) / ${stride}u; across = (${W + stride - 1}u - phase.y) / ${stride}u;
  first = vec2((phase.x + ${padTop}u) % ${stride}u, (phase.y + ${padLeft}u) % ${stride}u);
  taps = vec2((${KH + stride - 1}u - first.x) / ${stride}u, (${KW + stride - 1}u - first.y) / ${stride}u);
  shift = vec2((phase.x + ${padTop}u - first.x) / ${stride}u, (phase.y + ${padLeft}u - first.y) / ${stride}u);
  rows = ${N}u * down * across;`,
    left: {
      at: `var<private> phase: vec2<u32>; var<private> first: vec2<u32>; var<private> taps: vec2<u32>; var<private> shift: vec2<u32>;
var<private> down: u32; var<private> across: u32;
${leftAt}`,
      along: 'depth',
      fours: fours(OC),
    },
    right: {
      at: `fn right_at(column: u32, k: u32) -> u32 {
  let tap = k / ${OC}u;
  let y = first.x + ${stride}u * (tap / taps.y);
  let x = first.y + ${stride}u * (tap % taps.y);
  return select(${c.w}u + ((y * ${KW}u + x) * ${C}u + column) * ${OC}u + k % ${OC}u, NOWHERE, (k >= depth) | (column >= ${C}u));
}`,
      along: 'depth',
      fours: fours(OC),
    },
    index: `((row / (down * across) * ${H}u + row / across % down * ${stride}u + phase.x) * ${W}u + row % across * ${stride}u + phase.y) * ${C}u`,
    address: c.x,
    attached,
  });
}

/**
 * Returns the number of runs of images, which depends on the shape alone: as many as there is room
 * for.
 */
export function filterRuns(c: ConvFilter): number {
  return Math.min(c.N, MOST_RUNS, Math.floor(partialFloats(c, c.imageRuns) / (c.KH * c.KW * c.C * c.OC)));
}

export function convFilterKernels(c: ConvFilter, tile = STANDARD): Kernel[] {
  const { N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = c;
  const runs = filterRuns(c);
  const each = Math.ceil(N / runs);
  const size = KH * KW * C * OC;
  const leftAt = `fn left_at(row: u32, k: u32) -> u32 {
  let tap = row / ${C}u;
  let p = begin + k;
  let h = i32(p / ${OW}u % ${OH}u * ${stride}u + tap / ${KW}u) - ${padTop};
  let w = i32(p % ${OW}u * ${stride}u + tap % ${KW}u) - ${padLeft};
  return select(${c.x}u + ((p / ${OH * OW}u * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C}u + row % ${C}u, NOWHERE, (row >= rows) | (k >= depth) | (h < 0) | (h >= ${H}) | (w < 0) | (w >= ${W}));
}`;
  const partial = productKernel(tile, {
    name: 'convFilter',
    columns: OC,
    rows: KH * KW * C,
    units: runs,
    quad: fours(OC),
    depth: `(min(${N}u, (unit + 1u) * ${each}u) - min(${N}u, unit * ${each}u)) * ${OH * OW}u`,
    deepest: each * OH * OW,
    setup: `rows = ${KH * KW * C}u; begin = min(${N}u, unit * ${each}u) * ${OH * OW}u;`,
    left: { at: `var<private> begin: u32;\n${leftAt}`, along: 'width', fours: fours(C) },
    right: {
      at: `fn right_at(column: u32, k: u32) -> u32 {
  return select(${c.y}u + (begin + k) * ${OC}u + column, NOWHERE, (k >= depth) | (column >= ${OC}u));
}`,
      along: 'width',
      fours: fours(OC),
    },
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
    workgroups: grid(Math.ceil(size / threads)),
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

/** Returns whether values come in fours. */
const fours = (count: number): boolean => count % 4 === 0;

function productKernel(tile: Tile, product: Product): Kernel {
  return isNarrow(product) ? dotsKernel(product) : tileKernel(tile, product);
}
