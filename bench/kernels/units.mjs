// Lists what a training plan runs, each distinct unit once: single instructions, and convolutions
// with their attached instructions. Their work is counted from the plan: the FLOP of convolutions
// and matrix products, and the fewest bytes that programs must move.
import { isConvolution, recordOf } from '../../dist/engine/instructions/index.js';
import { groupsOf } from '../step.mjs';

const product = (list) => list.reduce((total, n) => total * n, 1);
const LETTERS = { conv2d: 'forward', convInput: 'input gradient', convFilter: 'filter gradient' };

/** Spans of the arena, [address, floats], that an instruction reads and writes, without scratch. */
export function spans(i) {
  const { reads, writes } = recordOf(i).touches(i);
  const span = ({ start, floats }) => [start, floats];
  return { reads: reads.map(span), writes: writes.map(span) };
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
    const { nominal, needed } = recordOf(first).flop(first);
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
