// Every op, by name. Tests ask this table for all cases; a missing part of an op does not compile.
import type { Op } from '../graph.ts';
import { conv2dOp, convFilterOp, convInputOp } from './conv.ts';
import { ELEMENTWISE, selectOp } from './elementwise.ts';
import { constantOp, inputOp, variableOp } from './leaves.ts';
import { matmulOp, transposeOp } from './matmul.ts';
import { drawOp } from './random.ts';
import { broadcastOp, reshapeOp, sumOp } from './shape.ts';
import { shiftCutOp } from './shift-cut.ts';

export const OPS: Readonly<Record<string, Op>> = {
  input: inputOp as Op,
  variable: variableOp as Op,
  constant: constantOp as Op,
  ...(ELEMENTWISE as unknown as Record<string, Op>),
  select: selectOp,
  draw: drawOp as Op,
  reshape: reshapeOp as Op,
  broadcast: broadcastOp as Op,
  sum: sumOp as Op,
  matmul: matmulOp as Op,
  transpose: transposeOp,
  conv2d: conv2dOp as Op,
  convInput: convInputOp as Op,
  convFilter: convFilterOp as Op,
  shiftCut: shiftCutOp as Op,
};

export { conv2d, convTranspose2d } from './conv.ts';
export * from './elementwise.ts';
export { constant, input, nameOf, variable } from './leaves.ts';
export { matmul, transpose } from './matmul.ts';
export { type DrawSource, dropoutMask, normal, uniform } from './random.ts';
export { broadcast, reshape, sum, sumTo } from './shape.ts';
export { shiftCut } from './shift-cut.ts';
