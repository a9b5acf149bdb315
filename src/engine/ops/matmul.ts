// The matrix product, with either side transposed, and the transpose. Backends run a product as a
// 1 x 1 convolution of 1 x 1 images: rows are images, and columns are channels (`matmulGeometry`).
import type { Geometry } from '../geometry.ts';
import { make, NO_FLOP, type Op, type Shape, shapeError, type Tensor } from '../graph.ts';

type MatmulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** [rows, columns] of op(x). */
function turned(shape: Shape, transposed: boolean): [number, number] {
  return transposed ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
}

export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  role: 'kernel',
  shape([a, b], { transposeA, transposeB }) {
    for (const [argument, shape] of [['a', a!] as const, ['b', b!] as const])
      if (shape.length !== 2) throw shapeError('matmul', argument, 'two dimensions', shape, 'Reshape it first');
    const [m, k] = turned(a!, transposeA);
    const [kb, n] = turned(b!, transposeB);
    if (k !== kb)
      throw shapeError(
        'matmul',
        'b',
        `${k} rows after transposition, as a has columns`,
        b!,
        'Check transposeA and transposeB',
      );
    return [m, n];
  },
  gradient({ inputs: [a, b], attributes: { transposeA, transposeB } }, dy) {
    return [
      transposeA ? matmul(b!, dy, transposeB, true) : matmul(dy, b!, false, !transposeB),
      transposeB ? matmul(dy, a!, true, transposeA) : matmul(a!, dy, !transposeA, false),
    ];
  },
  reference([a, b], node, out) {
    const { transposeA, transposeB } = node.attributes;
    const [rows, depth] = turned(node.inputs[0]!.shape, transposeA);
    const columns = node.shape[1]!;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < depth; k++)
          total += a![transposeA ? k * rows + i : i * depth + k]! * b![transposeB ? j * depth + k : k * columns + j]!;
        out[i * columns + j] = total;
      }
  },
  flop(node) {
    const { transposeA } = node.attributes;
    const [rows, depth] = turned(node.inputs[0]!.shape, transposeA);
    const flop = 2 * rows * depth * node.shape[1]!;
    return { nominal: flop, needed: flop };
  },
};

/** op(a) . op(b), where op transposes when its flag is set. */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  return make(matmulOp, [a, b], { transposeA, transposeB });
}

/**
 * True for a product of single columns, [n, 1] . [1, m]: each row of the result is b scaled by that
 * row of a.
 */
export function isOuterProduct(node: Tensor): boolean {
  return node.op === (matmulOp as Op) && turned(node.inputs[0]!.shape, node.attributes.transposeA === true)[1] === 1;
}

/** The 1 x 1 convolution with the given rows, input channels and output channels. */
export function matmulGeometry(N: number, C: number, OC: number): Geometry {
  return { N, H: 1, W: 1, C, KH: 1, KW: 1, OC, OH: 1, OW: 1, stride: 1, padTop: 0, padLeft: 0 };
}

export const transposeOp: Op<Readonly<Record<never, never>>> = {
  name: 'transpose',
  role: 'kernel',
  shape([x]) {
    if (x!.length !== 2) throw shapeError('transpose', 'x', 'two dimensions', x!, 'Reshape it first');
    return [x![1]!, x![0]!];
  },
  gradient: (_, dy) => [transpose(dy)],
  reference([x], node, out) {
    const [columns, rows] = node.shape as [number, number];
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x![i * columns + j]!;
  },
  flop: () => NO_FLOP,
};

/** [m, n] -> [n, m]. */
export function transpose(x: Tensor): Tensor {
  return make(transposeOp, [x], {});
}
