// Rewrites small parts of the graph. A rewrite changes a value by its rounding at most. Constants
// are folded, and views of views are joined. A product with both sides transposed becomes one
// transpose. Outer products [n, 1] . [1, m] become a broadcast multiplication that fusion can use.
// Constant factors are taken out of sums.
import type { Tensor } from '../graph.ts';
import { ELEMENTWISE } from '../ops/elementwise.ts';
import { constantOp } from '../ops/leaves.ts';
import { isOuterProduct, matmulOp, transposeOp } from '../ops/matmul.ts';
import { drawOp } from '../ops/random.ts';
import { broadcastOp, reshapeOp } from '../ops/shape.ts';
import { factorSum } from './factor.ts';
import { type Interner, rewrite } from './intern.ts';

/** The value of a tensor that holds one constant everywhere, else null. */
function constantValue(node: Tensor): number | null {
  if (node.op.name === constantOp.name) return Number(node.attributes.value);
  if (node.op.name === broadcastOp.name || node.op.name === reshapeOp.name) return constantValue(node.inputs[0]!);
  return null;
}

function filled(value: number, like: Tensor, interner: Interner): Tensor {
  const scalar = interner.make(constantOp, [], { value });
  return like.shape.length === 0 ? scalar : interner.make(broadcastOp, [scalar], { shape: like.shape });
}

function foldConstant(node: Tensor, interner: Interner): Tensor | null {
  if (node.op.role !== 'elementwise' || node.inputs.length === 0 || node.op.name === drawOp.name) return null;
  const values = node.inputs.map(constantValue);
  if (values.some((value) => value === null)) return null;
  const scalars = values.map((value) => interner.make(constantOp, [], { value: value! }));
  const out = new Float64Array(1);
  if (node.op.name === broadcastOp.name) return filled(values[0]!, node, interner);
  const scalar = interner.make(node.op, scalars, node.attributes);
  scalar.op.reference(
    values.map((value) => Float64Array.of(value!)),
    scalar,
    out,
    { key: { seed: 0, step: 0 }, feeds: new Map() },
  );
  return filled(out[0]!, node, interner);
}

/** x * 1 and x / 1 are x, where nothing is broadcast. */
function dropUnit(node: Tensor): Tensor | null {
  const [a, b] = node.inputs;
  const keeps = (x: Tensor): boolean =>
    x.shape.length === node.shape.length && x.shape.every((n, i) => n === node.shape[i]);
  if (node.op.name === ELEMENTWISE.mul.name) {
    if (constantValue(a!) === 1 && keeps(b!)) return b!;
    if (constantValue(b!) === 1 && keeps(a!)) return a!;
  }
  if (node.op.name === ELEMENTWISE.div.name && constantValue(b!) === 1 && keeps(a!)) return a!;
  return null;
}

function joinReshapes(node: Tensor, interner: Interner): Tensor | null {
  if (node.op.name !== reshapeOp.name) return null;
  let base = node.inputs[0]!;
  while (base.op.name === reshapeOp.name) base = base.inputs[0]!;
  if (base.shape.join() === node.shape.join()) return base;
  return base === node.inputs[0] ? null : interner.make(reshapeOp, [base], { shape: node.shape });
}

function rewriteProduct(node: Tensor, interner: Interner): Tensor | null {
  if (node.op.name !== matmulOp.name) return null;
  const [a, b] = node.inputs;
  if (isOuterProduct(node)) {
    const [rows, columns] = node.shape as [number, number];
    const left = interner.make(reshapeOp, [a!], { shape: [rows, 1] });
    const right = interner.make(reshapeOp, [b!], { shape: [1, columns] });
    return interner.make(
      ELEMENTWISE.mul,
      [joinReshapes(left, interner) ?? left, joinReshapes(right, interner) ?? right],
      {},
    );
  }
  if (node.attributes.transposeA && node.attributes.transposeB) {
    const product = interner.make(matmulOp, [b!, a!], { transposeA: false, transposeB: false });
    return interner.make(transposeOp, [product], {});
  }
  return null;
}

/** The graph under `roots`, simplified and with equal nodes made one. */
export function simplify(roots: readonly Tensor[]): Tensor[] {
  return rewrite(
    roots,
    (node, interner) =>
      foldConstant(node, interner) ??
      dropUnit(node) ??
      joinReshapes(node, interner) ??
      rewriteProduct(node, interner) ??
      factorSum(node, interner),
  );
}
