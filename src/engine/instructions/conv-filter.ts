// convFilter: w = gradient of a convolution's filter. Words: x, w, y, partials, then the geometry,
// imageRuns.
import { convFilterReference, convFlop } from '../ops/conv.ts';
import { matmul } from '../ops/matmul.ts';
import type { Address } from '../program.ts';
import { partialFloats } from '../room.ts';
import { type Convolution, geometryWords, printGeometry, tensorRegions, tensorsIn } from './convolution.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE, SAMPLE_GEOMETRY } from './sample.ts';

/**
 * The N images are cut into `imageRuns` runs of ceil(N / imageRuns) images. The sum of each run
 * goes to a copy of w of its own in `partials` (`partialFloats` floats), then the copies are added
 * in order. In bf16 runs are of pairs of images, and `roundedFloats` for x and y come before the
 * copies.
 */
export interface ConvFilter extends Convolution {
  readonly kind: 'convFilter';
  readonly partials: Address;
  readonly imageRuns: number;
}

export const convFilter: KindRecord<ConvFilter> = {
  number: 3,
  leads: 'nothing',
  words: (i) => [i.x, i.w, i.y, i.partials, ...geometryWords(i), i.imageRuns],
  touches(i) {
    const { x, w, y } = tensorRegions(i);
    return { reads: [x, y], writes: [w], scratch: [{ start: i.partials, floats: partialFloats(i, i.imageRuns) }] };
  },
  print: (i) => `convFilter  w@${i.w} = x@${i.x} * y@${i.y}  ${printGeometry(i)}, ${i.imageRuns} runs`,
  run(i, memory) {
    const { x, w, y } = tensorsIn(memory, i);
    convFilterReference(i, x, y, w);
  },
  flop: convFlop,
  samples: [
    {
      kind: 'convFilter',
      ...SAMPLE_GEOMETRY,
      ...{ x: SAMPLE.x, w: SAMPLE.w, y: SAMPLE.y, partials: SAMPLE.scratch },
      imageRuns: 2,
    },
  ],
  checks: [
    {
      name: 'matrix product with a transposed side, both gradients',
      shapes: [
        [70, 21],
        [70, 33],
      ],
      build: (a, b) => matmul(a!, b!, true),
      backward: true,
    },
  ],
};
