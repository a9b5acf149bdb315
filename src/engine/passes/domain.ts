// Finds the domain of a program. Each operand comes with its own view of the domain (sizes and
// strides, outermost first), because a tensor may have been reshaped on the way. Here all views are
// cut at common boundaries. They are joined again where every operand walks on evenly, so that
// backends see few dimensions.
import { MAX_DIMS } from '../program.ts';

/** One operand's view: `sizes` multiply to the domain's count; stride 0 repeats. */
export interface View {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

export interface Domain {
  readonly sizes: readonly number[];
  /** For each view, a stride per size. */
  readonly strides: readonly (readonly number[])[];
}

type Run = { size: number; stride: number };

/** A view as runs, innermost first, neighbours joined where one continues the other. */
function runsOf({ sizes, strides }: View): Run[] {
  const runs: Run[] = [];
  for (let d = sizes.length - 1; d >= 0; d--) {
    const [size, stride] = [sizes[d]!, strides[d]!];
    if (size === 1) continue;
    const inner = runs[runs.length - 1];
    if (inner && stride === inner.stride * inner.size) inner.size *= size;
    else runs.push({ size, stride });
  }
  return runs;
}

/**
 * The views under common sizes, or null where their boundaries don't meet or too many dimensions
 * remain.
 */
export function commonDomain(count: number, views: readonly View[]): Domain | null {
  const queues = views.map(runsOf);
  const pieces: { size: number; strides: number[] }[] = [];
  for (let left = count; left > 1; ) {
    const heads = queues.map((queue) => queue[0] ?? { size: 1, stride: 0 });
    const size = Math.min(left, ...heads.map((head) => head.size));
    if (size === 1 || left % size !== 0 || heads.some((head) => head.size % size !== 0)) return null;
    pieces.push({ size, strides: heads.map((head) => head.stride) });
    queues.forEach((queue, k) => {
      const head = heads[k]!;
      if (head.size === size) queue.shift();
      else queue[0] = { size: head.size / size, stride: head.stride * size };
    });
    left /= size;
  }
  if (pieces.length === 0) pieces.push({ size: 1, strides: views.map(() => 0) });
  if (pieces.length > MAX_DIMS) return null;
  pieces.reverse();
  return {
    sizes: pieces.map((piece) => piece.size),
    strides: views.map((_, k) => pieces.map((piece) => piece.strides[k]!)),
  };
}

/** Strides of row-major order. */
export function contiguous(sizes: readonly number[]): number[] {
  const strides = new Array<number>(sizes.length).fill(1);
  for (let d = sizes.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * sizes[d + 1]!;
  return strides;
}

/** True when the operand is read at the domain's own linear index. */
export function isContiguous(sizes: readonly number[], strides: readonly number[]): boolean {
  const plain = contiguous(sizes);
  return sizes.every((size, d) => size === 1 || strides[d] === plain[d]);
}
