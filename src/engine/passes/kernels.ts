// Instructions for ops that have a kernel of their own: convolutions, matrix products (as 1 x 1 convolutions), transposes, moved images.
import { size, type Tensor } from '../graph.ts';
import { conv2dOp, convFilterOp, convInputOp, geometryOf } from '../ops/conv.ts';
import { matmulGeometry, matmulOp, transposeOp } from '../ops/matmul.ts';
import { shiftCutOp } from '../ops/shift-cut.ts';
import type { Geometry, Instruction, Precision } from '../plan.ts';
import { evenValues, packFloats, partialFloats, roundedFloats } from '../room.ts';
import type { Buffer, Draft, Placing } from './draft.ts';

/** How many runs of images a filter gradient is summed in: one for each 4,096 output pixels, at most 16. */
export function filterGroups({ N, OH, OW }: Geometry): number {
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
  const groups = filterGroups(g);
  const values = evenValues(g);
  const rounded = roundedFloats(precision, values.x, values.y);
  const partials: Buffer = { floats: rounded + partialFloats(g, groups) };
  return draft([x, y], [w], [partials], (at) => ({
    kind: 'convFilter',
    x: at(x),
    y: at(y),
    w: at(w),
    partials: at(partials),
    groups,
    ...g,
  }));
}

function matmulDraft(node: Tensor, precision: Precision, a: Buffer, b: Buffer, out: Buffer): Draft {
  const { transposeA, transposeB } = node.attributes;
  const [rows, columns] = node.shape as [number, number];
  const depth = size(node.inputs[0]!.shape) / rows;
  if (transposeA) return convFilterDraft(matmulGeometry(depth, rows, columns), precision, a, b, out);
  if (transposeB) return convInputDraft(matmulGeometry(rows, columns, depth), precision, a, b, out);
  return conv2dDraft(matmulGeometry(rows, depth, columns), precision, a, b, out);
}

/** The instruction of a node whose op's role is `kernel`. */
export function kernelDraft(node: Tensor, precision: Precision, inputs: readonly Buffer[], out: Buffer): Draft {
  const [a, b] = inputs;
  switch (node.op.name) {
    case conv2dOp.name:
      return conv2dDraft(geometryOf(node), precision, a!, b!, out);
    case convInputOp.name:
      return convInputDraft(geometryOf(node), precision, a!, b!, out);
    case convFilterOp.name:
      return convFilterDraft(geometryOf(node), precision, a!, b!, out);
    case matmulOp.name:
      return matmulDraft(node, precision, a!, b!, out);
    case transposeOp.name: {
      const [rows, columns] = node.inputs[0]!.shape as [number, number];
      return draft([a!], [out], [], (at) => ({ kind: 'transpose', x: at(a!), y: at(out), rows, columns }));
    }
    case shiftCutOp.name: {
      const [N, H, W, C] = node.shape as [number, number, number, number];
      const { reach, hole, adjoint } = node.attributes as { reach: number; hole: number; adjoint: boolean };
      return draft([a!, b!], [out], [], (at) => ({
        kind: 'shiftCut',
        x: at(a!),
        u: at(b!),
        y: at(out),
        ...{ N, H, W, C, reach, hole, adjoint },
      }));
    }
    default:
      throw new Error(`no instruction for ${node.op.name}`);
  }
}
