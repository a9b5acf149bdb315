// Every op, by name. Tests ask this table for all cases. An op that lacks a part does not compile.
import type { Op, OpName } from '../graph.ts';
import { conv2dOp, convFilterOp, convInputOp } from './conv.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { constantOp, inputOp, variableOp } from './leaves.ts';
import { matmulOp, transposeOp } from './matmul.ts';
import { overShardsOp } from './over-shards.ts';
import { drawOp } from './random.ts';
import { broadcastOp, reshapeOp, sumOp } from './shape.ts';
import { shiftCutOp } from './shift-cut.ts';

export const OPS = {
  input: inputOp,
  variable: variableOp,
  constant: constantOp,
  ...ELEMENTWISE,
  draw: drawOp,
  reshape: reshapeOp,
  broadcast: broadcastOp,
  sum: sumOp,
  matmul: matmulOp,
  transpose: transposeOp,
  conv2d: conv2dOp,
  convInput: convInputOp,
  convFilter: convFilterOp,
  shiftCut: shiftCutOp,
  overShards: overShardsOp,
} as const satisfies Readonly<Record<OpName, Op>>;

export { conv2d, convTranspose2d } from './conv.ts';
export * from './elementwise.ts';
export { constant, input, nameOf, variable } from './leaves.ts';
export { matmul, transpose } from './matmul.ts';
export { overShards } from './over-shards.ts';
export { type DrawSource, dropoutMask, normal, uniform } from './random.ts';
export { broadcast, reshape, sum } from './shape.ts';
export { shiftCut } from './shift-cut.ts';
