// shiftCut: y [N,H,W,C] = x with each image moved and a square of it blanked by its four values of
// u [N,4], or that map's transpose (ops/shift-cut.ts). Words: x, u, y, N, H, W, C, reach, hole,
// adjoint.
import { NO_FLOP, showShape } from '../graph.ts';
import { uniform } from '../ops/random.ts';
import { type MovedImages, shiftCut as shiftCutOf, shiftCutReference } from '../ops/shift-cut.ts';
import type { Address } from '../program.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE } from './sample.ts';

export interface ShiftCut extends MovedImages {
  readonly kind: 'shiftCut';
  readonly x: Address;
  readonly u: Address;
  readonly y: Address;
}

const sample = (adjoint: boolean): ShiftCut => ({
  kind: 'shiftCut',
  ...{ x: SAMPLE.x, u: SAMPLE.u, y: SAMPLE.y },
  ...{ N: 5, H: 6, W: 7, C: 3, reach: 2, hole: 3, adjoint },
});

export const shiftCut: KindRecord<ShiftCut> = {
  number: 7,
  leads: 'nothing',
  words: (i) => [i.x, i.u, i.y, i.N, i.H, i.W, i.C, i.reach, i.hole, Number(i.adjoint)],
  touches({ x, u, y, N, H, W, C }) {
    const floats = N * H * W * C;
    return {
      reads: [
        { start: x, floats },
        { start: u, floats: 4 * N },
      ],
      writes: [{ start: y, floats }],
      scratch: [],
    };
  },
  print: (i) =>
    `shiftCut    @${i.y} = @${i.x} ${showShape([i.N, i.H, i.W, i.C])} by u@${i.u}, reach ${i.reach}, hole ${i.hole}${i.adjoint ? ', adjoint' : ''}`,
  run(i, { arena }) {
    const part = (start: Address, floats: number): Float32Array => arena.subarray(start, start + floats);
    const floats = i.N * i.H * i.W * i.C;
    shiftCutReference(i, part(i.x, floats), part(i.u, 4 * i.N), part(i.y, floats));
  },
  flop: () => NO_FLOP,
  samples: [sample(false), sample(true)],
  checks: [
    {
      name: 'moved and cut images, and their gradient',
      shapes: [[5, 9, 7, 3]],
      build: (x) => shiftCutOf(x!, uniform([5, 4], { name: 'moves', stream: 4, site: 4 }), { reach: 2, hole: 3 }),
      backward: true,
    },
  ],
};
