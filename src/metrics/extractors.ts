// Which extractor knows which images.
import type { Dataset } from '../data/dataset.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { SIDE } from './classifier.ts';
import { openDigits } from './digits.ts';
import type { Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';

export const DIGITS = 'digits';

/**
 * The extractor asked for; else the digit classifier for MNIST, and none for anything else: its features say nothing of images
 * it was not trained on.
 */
export async function openExtractor(
  asked: string | undefined,
  data: Dataset,
  machine: MetricsMachine,
): Promise<Extractor | null> {
  if (asked === undefined) return /^mnist(-test)?$/.test(data.name) ? openDigits(machine) : null;
  if (asked !== DIGITS)
    throw usage({
      what: 'the extractor does not fit',
      expected: DIGITS,
      got: asked,
      todo: `Leave it out, or say ${DIGITS}`,
    });
  if (data.height !== SIDE || data.width !== SIDE || data.channels !== 1)
    throw new DcganError({
      what: `extractor ${DIGITS} does not know the images of ${data.name}`,
      expected: `${SIDE} x ${SIDE} x 1`,
      got: `${data.height} x ${data.width} x ${data.channels}`,
      todo: 'Leave the extractor out: the sliced Wasserstein distance needs none',
    });
  return openDigits(machine);
}
