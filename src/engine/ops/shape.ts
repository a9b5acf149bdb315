// Ops that move or add up values without computing on them: reshape, broadcast and the sum. A sum
// runs over neighbouring dimensions, so its input reads as [outer, length, inner] and its result as
// [outer, inner].
import { DcganError } from '../../platform/errors.ts';
import { make, type Op, type Shape, sameShape, shapeError, showShape, size, type Tensor } from '../graph.ts';

export const reshapeOp: Op<{ readonly shape: Shape }> = {
  name: 'reshape',
  role: 'view',
  linearPerSample: true,
  shape([from], { shape }) {
    if (size(from!) !== size(shape))
      throw shapeError(
        'reshape',
        'x',
        `${size(shape)} values for ${showShape(shape)}`,
        from!,
        'Check the target shape',
      );
    return shape;
  },
  gradient: (node, dy) => [reshape(dy, node.inputs[0]!.shape)],
  reference: ([x], _, out) => out.set(x!),
};

/** The same values, row-major, under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : make(reshapeOp, [x], { shape });
}

/** NumPy's broadcasting: shapes aligned at the right; sizes equal, or 1 on one side. */
export function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw shapeError(
        op,
        'the second argument',
        `a shape that broadcasts with ${showShape(a)}`,
        b,
        'Reshape one of them',
      );
    out.push(m === 1 ? n : m);
  }
  return out;
}

/**
 * Strides of a tensor of shape `from` seen under the broadcast shape `to`: one for each dimension
 * of `to`, 0 where it repeats.
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let i = from.length - 1; i >= 0; i--) {
    if (from[i] !== 1) strides[to.length - from.length + i] = step;
    step *= from[i]!;
  }
  return strides;
}

/** Index into a tensor of the given strides for each linear index of `shape`, in order. */
export function* walk(shape: Shape, strides: readonly number[]): Generator<number> {
  const index = new Array<number>(shape.length).fill(0);
  const count = size(shape);
  let at = 0;
  for (let i = 0; i < count; i++) {
    yield at;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
}

export const broadcastOp: Op<{ readonly shape: Shape }> = {
  name: 'broadcast',
  role: 'elementwise',
  shape([from], { shape }) {
    if (!sameShape(broadcastShape('broadcast', from!, shape), shape))
      throw shapeError('broadcast', 'x', `a shape that broadcasts to ${showShape(shape)}`, from!, 'Reshape it first');
    return shape;
  },
  line: () => null,
  gradient: (node, dy) => [sumTo(dy, node.inputs[0]!.shape)],
  reference([x], node, out) {
    let i = 0;
    for (const at of walk(node.shape, broadcastStrides(node.inputs[0]!.shape, node.shape))) out[i++] = x![at]!;
  },
};

/** Repeats x along its dimensions of size 1 (and missing leading ones) up to `shape`. */
export function broadcast(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : make(broadcastOp, [x], { shape });
}

type SumAttributes = { readonly first: number; readonly last: number };

/** A sum's input as [outer, length, inner]. */
export function sumExtent(
  shape: Shape,
  { first, last }: SumAttributes,
): [outer: number, length: number, inner: number] {
  return [size(shape.slice(0, first)), size(shape.slice(first, last + 1)), size(shape.slice(last + 1))];
}

export const sumOp: Op<SumAttributes> = {
  name: 'sum',
  role: 'sum',
  shape([from], { first, last }) {
    if (first < 0 || last >= from!.length || first > last)
      throw shapeError('sum', 'x', `at least ${last + 1} dimensions`, from!, 'Check the dimensions summed over');
    return from!.map((n, i) => (i >= first && i <= last ? 1 : n));
  },
  gradient: (node, dy) => [broadcast(dy, node.inputs[0]!.shape)],
  reference([x], node, out) {
    const [outer, length, inner] = sumExtent(node.inputs[0]!.shape, node.attributes);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        let total = 0;
        for (let r = 0; r < length; r++) total += x![(o * length + r) * inner + i]!;
        out[o * inner + i] = total;
      }
  },
};

/** Sums over dimensions `first` to `last`, which stay as size 1. */
export function sum(x: Tensor, first = 0, last = x.shape.length - 1): Tensor {
  return size(x.shape.slice(first, last + 1)) === 1 ? x : make(sumOp, [x], { first, last });
}

/** Sums `x` to `shape`; undoes a broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const padded = [...new Array<number>(x.shape.length - shape.length).fill(1), ...shape];
  let result = x;
  for (let i = 0; i < padded.length; ) {
    if (padded[i] === result.shape[i]) {
      i++;
      continue;
    }
    if (padded[i] !== 1)
      throw new DcganError({
        what: 'sumTo',
        expected: showShape(shape),
        got: showShape(x.shape),
        todo: 'Check the gradient rule',
      });
    let last = i;
    while (last + 1 < padded.length && padded[last + 1] === 1) last++;
    result = sum(result, i, last);
    i = last + 1;
  }
  return reshape(result, shape);
}
