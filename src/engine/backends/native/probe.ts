// A tiny plan that touches every kind of kernel and every opcode: what a freshly built library must survive before it is used. Its channels
// are even, so that kernels built for bf16 have pairs to round, and it has room for them.
import { type Code, OPCODE_NAMES, sampleLine } from '../../opcodes.ts';
import type { Geometry, Plan } from '../../plan.ts';

/** Floats of memory the plan needs: all of it scratch. */
export const PROBE_FLOATS = 1 << 16;

const G: Geometry = { N: 13, H: 5, W: 5, C: 18, KH: 3, KW: 3, OC: 34, OH: 3, OW: 3, stride: 2, padTop: 1, padLeft: 1 };
const CONTROL = 0;
const X = 16;
const W = 8192;
const Y = 16384;
const PACK = 24576;

export function probePlan(): Plan {
  const count = G.N * G.H * G.W * G.C;
  const program = { count, sizes: [count], operands: [{ address: X, strides: [1] }], registers: 2 };
  return {
    name: 'probe',
    precision: 'float32',
    stateFloats: 0,
    scratchFloats: PROBE_FLOATS,
    control: CONTROL,
    inputs: new Map(),
    injections: new Map(),
    outputs: new Map(),
    instructions: [
      {
        kind: 'elementwise',
        ...program,
        code: [
          { op: 'normal', dst: 0, a: 0, site: 0, stream: 1 },
          { op: 'tanh', dst: 1, a: 0 },
        ],
        results: [{ register: 1, address: X }],
        attached: false,
      },
      {
        kind: 'elementwise',
        ...program,
        registers: 4,
        code: [
          ...[0, 1, 2].map((dst): Code => ({ op: 'load', dst, a: 0 })),
          ...OPCODE_NAMES.map((op) => sampleLine(op, 3)),
        ],
        results: [{ register: 3, address: Y }],
        attached: false,
      },
      { kind: 'conv2d', ...G, x: X, w: W, y: Y, pack: PACK },
      { kind: 'convInput', ...G, x: X, w: W, y: Y, pack: PACK },
      { kind: 'convFilter', ...G, x: X, y: Y, w: W, partials: PACK, groups: 2 },
      { kind: 'transpose', x: X, y: Y, rows: 17, columns: 5 },
      {
        kind: 'reduce',
        attached: false,
        ...program,
        code: [{ op: 'load', dst: 0, a: 0 }],
        results: [{ register: 0, address: Y }],
        outer: 1,
        length: count,
        inner: 1,
        parts: 2,
        partials: PACK,
      },
    ],
  };
}
