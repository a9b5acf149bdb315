// convInput: x = gradient of a convolution's input for output gradient y. It is also the forward
// pass of a transposed convolution. Words: x, w, y, pack, then the geometry.
import { convFlop, convInputReference, convTranspose2d } from '../ops/conv.ts';
import { tanh } from '../ops/elementwise.ts';
import type { Address } from '../program.ts';
import { packFloats } from '../room.ts';
import { type Convolution, geometryWords, printGeometry, tensorRegions, tensorsIn } from './convolution.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE, SAMPLE_GEOMETRY } from './sample.ts';

export interface ConvInput extends Convolution {
  readonly kind: 'convInput';
  /**
   * Scratch of `packFloats` floats for re-ordered weights. In bf16, `roundedFloats` for y come
   * before them.
   */
  readonly pack: Address;
}

export const convInput: KindRecord<ConvInput> = {
  number: 2,
  leads: 'programs',
  words: (i) => [i.x, i.w, i.y, i.pack, ...geometryWords(i)],
  touches(i) {
    const { x, w, y } = tensorRegions(i);
    return { reads: [y, w], writes: [x], scratch: [{ start: i.pack, floats: packFloats(i) }] };
  },
  print: (i) => `convInput   x@${i.x} = y@${i.y} * w@${i.w}  ${printGeometry(i)}`,
  run(i, memory) {
    const { x, w, y } = tensorsIn(memory, i);
    convInputReference(i, y, w, x);
  },
  flop: convFlop,
  samples: [{ kind: 'convInput', ...SAMPLE_GEOMETRY, x: SAMPLE.x, w: SAMPLE.w, y: SAMPLE.y, pack: SAMPLE.scratch }],
  checks: [
    {
      name: 'transposed convolution, both gradients',
      shapes: [
        [9, 7, 7, 17],
        [5, 5, 6, 17],
      ],
      build: (x, w) => tanh(convTranspose2d(x!, w!, 2)),
      backward: true,
    },
  ],
};
