// Draws as graph nodes. A draw is named by its stream; it has a site, the bit of the control word that swaps it for
// values fed under `name`: so the very plan that trains can be replayed with given noise and masks.
import { make, NO_FLOP, type Op, type Shape, type Tensor } from '../graph.ts';
import type { Draw } from '../plan.ts';
import { blockToNormals, drawBlock, maskThreshold, wordToUniform } from '../random.ts';

type DrawAttributes = {
  readonly kind: Draw['op'];
  /** Name under which values can be injected. */
  readonly name: string;
  readonly stream: number;
  readonly site: number;
  readonly shape: Shape;
  /** Dropout rate; 0 for other kinds. */
  readonly rate: number;
};

/** Values 4b to 4b + 3 of a draw, from the words of block b. */
function valuesOf(kind: Draw['op'], rate: number): (block: [number, number, number, number]) => number[] {
  if (kind === 'normal') return blockToNormals;
  if (kind === 'uniform') return (block) => block.map(wordToUniform);
  const threshold = maskThreshold(rate);
  return (block) => block.map((word) => (word >>> 8 >= threshold ? 1 / (1 - rate) : 0));
}

export const drawOp: Op<DrawAttributes> = {
  name: 'draw',
  role: 'elementwise',
  shape: (_, { shape }) => shape,
  gradient: () => [],
  reference(_, { attributes: { kind, name, stream, rate } }, out, { key, feeds }) {
    const injected = feeds.get(name);
    if (injected) {
      out.set(injected);
      return;
    }
    const values = valuesOf(kind, rate);
    for (let i = 0; i < out.length; i += 4) {
      const four = values(drawBlock(key, stream, i / 4));
      for (let k = 0; k < 4 && i + k < out.length; k++) out[i + k] = four[k]!;
    }
  },
  flop: () => NO_FLOP,
};

/** Where a draw comes from: its stream of random numbers, and its site and name for injection. */
export interface DrawSource {
  readonly name: string;
  readonly stream: number;
  readonly site: number;
}

/** Uniform values in [0, 1). */
export function uniform(shape: Shape, source: DrawSource): Tensor {
  return make(drawOp, [], { kind: 'uniform', ...source, shape, rate: 0 });
}

/** Standard normal values. */
export function normal(shape: Shape, source: DrawSource): Tensor {
  return make(drawOp, [], { kind: 'normal', ...source, shape, rate: 0 });
}

/** Inverted dropout's mask: 0 with probability `rate`, else 1 / (1 - rate). */
export function dropoutMask(shape: Shape, rate: number, source: DrawSource): Tensor {
  return make(drawOp, [], { kind: 'mask', ...source, shape, rate });
}

/** A draw node as a line of a program. */
export function drawCode(node: Tensor): Draw {
  const { kind, stream, site, rate } = node.attributes as DrawAttributes;
  if (kind !== 'mask') return { op: kind, stream, site };
  return { op: 'mask', stream, site, threshold: maskThreshold(rate), value: 1 / (1 - rate) };
}
