// Lists what a training plan runs, each distinct unit once: single instructions, and convolutions
// with their attached instructions. Their work is counted from the plan: the FLOP of convolutions
// and matrix products, and the fewest bytes that programs must move.
import { convFlop } from '../../dist/engine/ops/conv.js';
import { groupsOf } from '../step.mjs';

const product = (list) => list.reduce((total, n) => total * n, 1);
const LETTERS = { conv2d: 'forward', convInput: 'input gradient', convFilter: 'filter gradient' };
export const isConvolution = (i) => i.kind in LETTERS;

/** How many floats each of a convolution's three tensors has. */
export const sizesOf = (i) => ({ x: i.N * i.H * i.W * i.C, w: i.KH * i.KW * i.C * i.OC, y: i.N * i.OH * i.OW * i.OC });

/** Spans of the arena, [address, floats], that an instruction reads and writes, without scratch. */
export function spans(i) {
  if (isConvolution(i)) {
    const sizes = sizesOf(i);
    const made = { conv2d: 'y', convInput: 'x', convFilter: 'w' }[i.kind];
    const at = (name) => [i[name], sizes[name]];
    return { reads: ['x', 'w', 'y'].filter((name) => name !== made).map(at), writes: [at(made)] };
  }
  if (i.kind === 'transpose') {
    const size = i.rows * i.columns;
    return { reads: [[i.x, size]], writes: [[i.y, size]] };
  }
  if (i.kind === 'shiftCut') {
    const size = i.N * i.H * i.W * i.C;
    return { reads: [[i.x, size], [i.u, 4 * i.N]], writes: [[i.y, size]] }; // biome-ignore format: one line
  }
  const reach = ({ strides }) => 1 + strides.reduce((far, stride, d) => far + stride * (i.sizes[d] - 1), 0);
  const length = i.kind === 'reduce' ? i.outer * i.inner : i.count;
  return {
    reads: i.operands.map((operand) => [operand.address, reach(operand)]),
    writes: i.results.map(({ address }) => [address, length]),
  };
}

/** The fewest bytes that must move: every value is read once and every result written once. */
function bytes(i) {
  const { reads, writes } = spans(i);
  const floats = (list) => list.reduce((total, [, length]) => total + length, 0);
  if (!('operands' in i)) return 4 * (floats(reads) + floats(writes));
  const distinct = ({ strides }) => product(i.sizes.filter((_, d) => strides[d] !== 0));
  const places = new Map(i.operands.map((operand) => [operand.address, distinct(operand)]));
  return 4 * ([...places.values()].reduce((total, n) => total + n, 0) + floats(writes));
}

function label(i) {
  if (isConvolution(i)) {
    if (i.H * i.W * i.KH * i.KW === 1) return `${i.C} to ${i.OC}, matrix product, ${LETTERS[i.kind]}`;
    return `${i.H} x ${i.W} x ${i.C} to ${i.OH} x ${i.OW} x ${i.OC}, ${LETTERS[i.kind]}`;
  }
  if (i.kind === 'transpose') return `transpose of ${i.rows} x ${i.columns}`;
  if (i.kind === 'shiftCut') return `shift and cut of ${i.N} images`;
  const drawn = i.code.filter(({ op }) => ['uniform', 'normal', 'mask'].includes(op)).map(({ op }) => op);
  const what =
    i.kind === 'reduce' ? `sums of ${i.count} values to ${i.outer * i.inner}` : `program at ${i.count} points`;
  return `${what}, ${i.code.length} lines${drawn.length > 0 ? ` with ${[...new Set(drawn)].join(', ')}` : ''}`;
}

/** A key that is equal for instructions that do the same work, wherever their tensors lie. */
function sortOf(i) {
  if (isConvolution(i)) return label(i) + [i.N, i.KH, i.stride, i.padTop].join();
  const { address: _, ...rest } = i;
  return JSON.stringify(rest, (key, value) =>
    /^(address|partials|x|y|u|stream|site|value)$/.test(key) ? undefined : value,
  );
}

/** The instruction by itself, even if its plan attaches it to another. */
export const alone = (i) => ('attached' in i ? { ...i, attached: false } : i);

/**
 * The units of a plan: { label, instructions, nominal, needed, bytes, times }. FLOP count
 * convolutions alone.
 */
export function unitsOf(plan) {
  const units = new Map();
  const add = (list) => {
    const [first, ...attached] = list;
    const key = list.map(sortOf).join('\n');
    const known = units.get(key);
    if (known) {
      known.times++;
      return;
    }
    const { nominal, needed } = isConvolution(first) ? convFlop(first) : { nominal: 0, needed: 0 };
    units.set(key, {
      label: attached.length > 0 ? `${label(first)}, ${attached.length} attached` : label(first),
      instructions: list,
      nominal,
      needed,
      bytes: list.reduce((total, i) => total + bytes(i), 0),
      times: 1,
    });
  };
  for (const group of groupsOf(plan)) {
    if (group.length > 1) add(group);
    for (const i of group) add([alone(i)]);
  }
  return [...units.values()];
}
