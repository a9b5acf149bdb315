// conv2d: y = convolution of x with w. Words: x, w, y, pack, then the geometry.

import { conv2d as conv2dOf, conv2dReference, convFlop } from '../ops/conv.ts';
import { add, leakyRelu } from '../ops/elementwise.ts';
import type { Address } from '../program.ts';
import { packFloats } from '../room.ts';
import { type Convolution, geometryWords, printGeometry, tensorRegions, tensorsIn } from './convolution.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE, SAMPLE_GEOMETRY } from './sample.ts';

export interface Conv2d extends Convolution {
  readonly kind: 'conv2d';
  /**
   * Scratch of `packFloats` floats for re-ordered weights. In bf16, `roundedFloats` for x come
   * before them.
   */
  readonly pack: Address;
}

export const conv2d: KindRecord<Conv2d> = {
  number: 1,
  leads: 'programs',
  words: (i) => [i.x, i.w, i.y, i.pack, ...geometryWords(i)],
  touches(i) {
    const { x, w, y } = tensorRegions(i);
    return { reads: [x, w], writes: [y], scratch: [{ start: i.pack, floats: packFloats(i) }] };
  },
  print: (i) => `conv2d      y@${i.y} = x@${i.x} * w@${i.w}  ${printGeometry(i)}`,
  run(i, memory) {
    const { x, w, y } = tensorsIn(memory, i);
    conv2dReference(i, x, w, y);
  },
  flop: convFlop,
  samples: [{ kind: 'conv2d', ...SAMPLE_GEOMETRY, x: SAMPLE.x, w: SAMPLE.w, y: SAMPLE.y, pack: SAMPLE.scratch }],
  checks: [
    {
      name: 'convolution, both gradients, and what is fused to it',
      shapes: [[13, 14, 14, 5], [5, 5, 5, 18], [18]],
      build: (x, w, b) => leakyRelu(add(conv2dOf(x!, w!, 2), b!), 0.2),
      backward: true,
    },
  ],
};
