// Makes instructions of ops that have a kernel of their own: convolutions, matrix products (as 1 x
// 1 convolutions), transposes and moved images.
import { type OpNames, size, type Tensor } from '../graph.ts';
import { type InstructionKind, KINDS } from '../instructions/index.ts';
import { geometryOf } from '../ops/conv.ts';
import { matmulGeometry } from '../ops/matmul.ts';
import type { Geometry, Instruction, Precision } from '../plan.ts';
import type { Products } from '../precision.ts';
import { evenValues, packFloats, partialFloats, roundedFloats } from '../room.ts';
import type { Buffer, Draft, Placing } from './draft.ts';

/**
 * How many runs of images a filter gradient is summed in: one for each 4,096 output pixels, at most
 * 16.
 */
export function filterImageRuns({ N, OH, OW }: Geometry): number {
  return Math.max(1, Math.min(16, N, Math.round((N * OH * OW) / 4096)));
}

function draft(reads: Buffer[], writes: Buffer[], scratch: Buffer[], build: (at: Placing) => Instruction): Draft {
  return { reads, writes, scratch, replaceable: [], attached: false, build };
}

function conv2dDraft(g: Geometry, precision: Precision, x: Buffer, w: Buffer, y: Buffer): Draft {
  const pack: Buffer = { floats: roundedFloats(precision, evenValues(g).x) + packFloats(g) };
  return draft([x, w], [y], [pack], (at) => ({ kind: 'conv2d', x: at(x), w: at(w), y: at(y), pack: at(pack), ...g }));
}

function convInputDraft(g: Geometry, precision: Precision, y: Buffer, w: Buffer, x: Buffer): Draft {
  const pack: Buffer = { floats: roundedFloats(precision, evenValues(g).y) + packFloats(g) };
  return draft([y, w], [x], [pack], (at) => ({
    kind: 'convInput',
    y: at(y),
    w: at(w),
    x: at(x),
    pack: at(pack),
    ...g,
  }));
}

function convFilterDraft(g: Geometry, precision: Precision, x: Buffer, y: Buffer, w: Buffer): Draft {
  const imageRuns = filterImageRuns(g);
  const values = evenValues(g);
  const rounded = roundedFloats(precision, values.x, values.y);
  const partials: Buffer = { floats: rounded + partialFloats(g, imageRuns) };
  return draft([x, y], [w], [partials], (at) => ({
    kind: 'convFilter',
    x: at(x),
    y: at(y),
    w: at(w),
    partials: at(partials),
    imageRuns,
    ...g,
  }));
}

/** The geometry of a convolution's node, for the algorithms that may compute it. */
function shapeOf(node: Tensor, { convolutions }: Products): Geometry {
  return convolutions === 'direct' ? { ...geometryOf(node), direct: true } : geometryOf(node);
}

function matmulDraft(node: Tensor, precision: Precision, a: Buffer, b: Buffer, out: Buffer): Draft {
  const { transposeA, transposeB } = node.attributes;
  const [rows, columns] = node.shape as [number, number];
  const depth = size(node.inputs[0]!.shape) / rows;
  if (transposeA) return convFilterDraft(matmulGeometry(depth, rows, columns), precision, a, b, out);
  if (transposeB) return convInputDraft(matmulGeometry(rows, columns, depth), precision, a, b, out);
  return conv2dDraft(matmulGeometry(rows, depth, columns), precision, a, b, out);
}

interface Lowering {
  /** The instruction of a node, from the buffers of its inputs to that of its result. */
  draft(node: Tensor, how: Products, inputs: readonly Buffer[], out: Buffer): Draft;
  /** The kind of that instruction. */
  kind(node: Tensor): InstructionKind;
}

const LOWERINGS: { readonly [N in OpNames['kernel']]: Lowering } = {
  conv2d: {
    draft: (node, how, [x, w], out) => conv2dDraft(shapeOf(node, how), how.precision, x!, w!, out),
    kind: () => 'conv2d',
  },
  convInput: {
    draft: (node, how, [y, w], out) => convInputDraft(shapeOf(node, how), how.precision, y!, w!, out),
    kind: () => 'convInput',
  },
  convFilter: {
    draft: (node, how, [x, y], out) => convFilterDraft(shapeOf(node, how), how.precision, x!, y!, out),
    kind: () => 'convFilter',
  },
  matmul: {
    draft: (node, how, [a, b], out) => matmulDraft(node, how.precision, a!, b!, out),
    kind({ attributes: { transposeA, transposeB } }) {
      if (transposeA) return 'convFilter';
      return transposeB ? 'convInput' : 'conv2d';
    },
  },
  transpose: {
    draft({ inputs }, _, [x], y) {
      const [rows, columns] = inputs[0]!.shape as [number, number];
      return draft([x!], [y], [], (at) => ({ kind: 'transpose', x: at(x!), y: at(y), rows, columns }));
    },
    kind: () => 'transpose',
  },
  shiftCut: {
    draft({ shape, attributes }, _, [x, u], y) {
      const [N, H, W, C] = shape as [number, number, number, number];
      const { reach, hole, adjoint } = attributes as { reach: number; hole: number; adjoint: boolean };
      return draft([x!, u!], [y], [], (at) => ({
        kind: 'shiftCut',
        ...{ x: at(x!), u: at(u!), y: at(y) },
        ...{ N, H, W, C, reach, hole, adjoint },
      }));
    },
    kind: () => 'shiftCut',
  },
};

function loweringOf({ op }: Tensor): Lowering {
  if (op.role !== 'kernel') throw new Error(`${op.name} has no instruction of its own`);
  return LOWERINGS[op.name];
}

/** The instruction of a node whose op's role is `kernel`. */
export function kernelDraft(node: Tensor, how: Products, inputs: readonly Buffer[], out: Buffer): Draft {
  return loweringOf(node).draft(node, how, inputs, out);
}

/** True when programs may be attached to the instruction of a node whose op's role is `kernel`. */
export function leadsPrograms(node: Tensor): boolean {
  return KINDS[loweringOf(node).kind(node)].leads === 'programs';
}
