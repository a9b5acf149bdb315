// Works out what a plan asks of a GPU, without a GPU: the dispatches of each group of instructions,
// their FLOP, the bytes they request beside the fewest possible, and how many threads of each
// kernel a multiprocessor can hold.
import { convFilterKernels, filterRuns } from '../../dist/engine/backends/webgpu/wgsl/convolution.js';
import { DOTS, DOTS_THREADS } from '../../dist/engine/backends/webgpu/wgsl/dots.js';
import { planKernels } from '../../dist/engine/backends/webgpu/wgsl/kernels.js';
import { fitTile, STANDARD } from '../../dist/engine/backends/webgpu/wgsl/tile.js';
import { sum } from '../lib.mjs';

/**
 * A multiprocessor of compute capability 9.0 (NVIDIA H100).
 * Source: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
 */
export const PROCESSOR = { registers: 65536, threads: 2048, groups: 32, bytes: 227 * 1024, groupBytes: 1024 };
/** An estimate of a thread's other registers: addresses, loop counters, what a compiler keeps. */
const OTHER_REGISTERS = 28;

export function label(i) {
  if ('OC' in i) return `${i.kind} ${i.H}x${i.W}x${i.C} - ${i.OH}x${i.OW}x${i.OC}, kernel ${i.KH}, stride ${i.stride}`;
  return i.kind;
}

/** The work of one launch (see `launchesOf`). */
export function workOf(group) {
  const [first, ...rest] = group;
  const kernels = planKernels({ instructions: group });
  const counted = 'OC' in first ? ofConvolution(first, kernels) : ofProgram(group, kernels);
  // Attached programs read all their operands except the convolution's own output, and write
  // results.
  const own = { conv2d: first.y, convInput: first.x }[first.kind] ?? null;
  const more = rest.map((program) => programBytes(program, own));
  return {
    kernels,
    ...counted,
    moved: counted.moved + sum(more, ({ moved }) => moved),
    least: counted.least + sum(more, ({ least }) => least),
    resident: residentThreads(counted),
  };
}

/** How many threads a multiprocessor can hold at a time. */
function residentThreads({ threads, bytes, registers }) {
  const each = Math.ceil(registers / 8) * 8;
  const groups = Math.min(
    PROCESSOR.groups,
    Math.floor(PROCESSOR.threads / threads),
    Math.floor(PROCESSOR.registers / (each * threads)),
    Math.floor(PROCESSOR.bytes / (bytes + PROCESSOR.groupBytes)),
  );
  return groups * threads;
}

function ofConvolution(c, kernels) {
  const { rows, columns, units } = {
    conv2d: () => ({ rows: c.N * c.OH * c.OW, columns: c.OC, units: [c.KH * c.KW * c.C] }),
    convInput: () => ({
      rows: c.N * Math.ceil(c.H / c.stride) * Math.ceil(c.W / c.stride),
      columns: c.C,
      units: phases(c).map((taps) => taps * c.OC),
    }),
    convFilter: () => {
      const each = Math.ceil(c.N / filterRuns(c));
      const images = Array.from(
        { length: filterRuns(c) },
        (_, run) => Math.min(c.N, (run + 1) * each) - Math.min(c.N, run * each),
      );
      return { rows: c.KH * c.KW * c.C, columns: c.OC, units: images.map((n) => n * c.OH * c.OW) };
    },
  }[c.kind]();
  const [x, w, y] = [c.N * c.H * c.W * c.C, c.KH * c.KW * c.C * c.OC, c.N * c.OH * c.OW * c.OC];
  const shared = {
    needed:
      2 * c.N * c.C * c.OC * taps(c.H, c.OH, c.KH, c.stride, c.padTop) * taps(c.W, c.OW, c.KW, c.stride, c.padLeft),
    least: 4 * (x + w + y),
    workgroups: kernels[0].workgroups[0] * kernels[0].workgroups[1],
  };
  const result = { conv2d: y, convInput: x, convFilter: w }[c.kind];
  if (kernels[0].name === DOTS) {
    const points = rows * sum(units, (d) => d);
    return {
      ...shared,
      threads: DOTS_THREADS,
      bytes: 16 * DOTS_THREADS * columns,
      registers: 4 * (columns + 2) + OTHER_REGISTERS,
      flop: 2 * points * columns,
      moved: 4 * (points * (1 + columns) + result),
    };
  }
  const tile = fitTile(STANDARD, columns);
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  const depth = sum(units, (d) => Math.ceil(d / tile.depth) * tile.depth);
  // A second dispatch reads and adds the partial sums that the first one writes.
  const runs = convFilterRuns(c);
  return {
    ...shared,
    threads: tile.threads,
    bytes: tile.bytes,
    registers: tile.each * tile.wide + tile.each + tile.wide + OTHER_REGISTERS,
    flop: 2 * tiles * tile.rows * tile.columns * depth,
    moved: 4 * (tiles * depth * (tile.rows + tile.columns) + result * (runs > 1 ? 2 * runs + 1 : 1)),
  };
}

const convFilterRuns = (c) => (c.kind === 'convFilter' && convFilterKernels(c).length > 1 ? filterRuns(c) : 1);

/** How many taps each phase of a stride has. */
function phases({ KH, KW, stride, padTop, padLeft }) {
  const along = (kernel, pad, at) => Math.floor((kernel + stride - 1 - ((at + pad) % stride)) / stride);
  return Array.from(
    { length: stride * stride },
    (_, unit) => along(KH, padTop, Math.floor(unit / stride)) * along(KW, padLeft, unit % stride),
  );
}

/** How many pairs of an output place and a tap meet the input, along one side. */
function taps(size, out, kernel, stride, pad) {
  let count = 0;
  for (let o = 0; o < out; o++)
    for (let k = 0; k < kernel; k++) if (o * stride + k - pad >= 0 && o * stride + k - pad < size) count++;
  return count;
}

function ofProgram(group, kernels) {
  const [i] = group;
  const workgroups = kernels[0].workgroups[0] * kernels[0].workgroups[1];
  const common = { threads: 64, needed: 0, flop: 0, workgroups };
  if (i.kind === 'transpose' || i.kind === 'shiftCut') {
    const count = i.kind === 'transpose' ? i.rows * i.columns : i.N * i.H * i.W * i.C;
    return { ...common, bytes: 0, registers: 4 + OTHER_REGISTERS, moved: 8 * count, least: 8 * count };
  }
  const sums = i.kind === 'reduce' ? 4 * i.results.length : 0;
  return {
    ...common,
    bytes: i.kind === 'reduce' ? 16 * 64 * i.results.length : 0,
    registers: 4 * Math.max(...group.map(({ registers }) => registers)) + sums + OTHER_REGISTERS,
    ...programBytes(i, null),
  };
}

/**
 * Returns the bytes that a program's loads and stores request, and the bytes it would request if
 * each value were read once. The values of `own` are in registers already.
 */
function programBytes({ kind, count, sizes, operands, code, results, outer, inner, parts }, own) {
  const loaded = code.filter(({ op }) => op === 'load').map(({ a }) => operands[a]);
  const outside = loaded.filter(({ address }) => address !== own);
  const footprint = ({ strides }) => sizes.reduce((all, size, d) => (strides[d] === 0 ? all : all * size), 1);
  const once = new Map(outside.map((operand) => [`${operand.address} ${operand.strides}`, footprint(operand)]));
  const written = kind === 'reduce' ? results.length * outer * inner : results.length * count;
  const partials = kind === 'reduce' && parts > 1 ? 2 * results.length * inner * parts : 0;
  const points = ({ strides }) => (strides.every((stride) => stride === 0) ? count / 4 : count);
  return {
    moved: 4 * (sum(outside, points) + written + partials),
    least: 4 * (sum([...once.values()], (n) => n) + written),
  };
}
