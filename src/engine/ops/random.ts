// Draws as graph nodes. A draw is named by its stream. Its site is the bit of the control word that
// swaps it for values fed under `name`, so the very plan that trains can be replayed with given
// noise and masks.
import { make, type Op, type Shape, type Tensor } from '../graph.ts';
import { type Computed, type DrawCode, OPCODES } from '../opcodes.ts';
import { drawBlock, maskThreshold } from '../random.ts';

type DrawAttributes = {
  readonly kind: DrawCode;
  /** Name under which values can be injected. */
  readonly name: string;
  readonly stream: number;
  readonly site: number;
  readonly shape: Shape;
  /** Dropout rate; 0 for other kinds. */
  readonly rate: number;
};

/** A mask's threshold, and the value where it keeps one. */
function maskOf(rate: number): { readonly threshold: number; readonly value: number } {
  return { threshold: maskThreshold(rate), value: 1 / (1 - rate) };
}

export const drawOp: Op<DrawAttributes> = {
  name: 'draw',
  role: 'elementwise',
  shape: (_, { shape }) => shape,
  line({ attributes: { kind, stream, site, rate } }, a): Computed {
    if (kind !== 'mask') return { op: kind, a, stream, site };
    return { op: kind, a, stream, site, ...maskOf(rate) };
  },
  gradient: () => [],
  reference(_, { attributes: { kind, name, stream, rate } }, out, { key, feeds }) {
    const injected = feeds.get(name);
    if (injected) {
      out.set(injected);
      return;
    }
    const mask = maskOf(rate);
    for (let i = 0; i < out.length; i += 4) {
      const four = OPCODES[kind].four(drawBlock(key, stream, i / 4), mask);
      for (let k = 0; k < 4 && i + k < out.length; k++) out[i + k] = four[k]!;
    }
  },
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

/** A draw of any kind, for checks and tests. */
export function sampleDraw(kind: DrawCode, shape: Shape, site: number): Tensor {
  return make(drawOp, [], { kind, name: `draw ${site}`, stream: site + 1, site, shape, rate: 0.3 });
}
