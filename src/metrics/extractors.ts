// Which extractor knows which images.
import type { Dataset } from '../data/dataset.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { SIDE } from './classifier.ts';
import { openDigits } from './digits.ts';
import type { Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';
import type { Range } from './network-input.ts';
import { openOnnx } from './onnx.ts';
import { openPixels, PIXELS } from './pixels.ts';

export const DIGITS = 'digits';

export interface ExtractorChoice {
  /** `digits`, `pixels`, or the path of an ONNX file; what the data ask for when not given. */
  readonly extractor?: string | undefined;
  /** What the pixels of an ONNX network lie between; -1..1 when not given. */
  readonly extractorRange?: Range | undefined;
}

/**
 * The extractor asked for; else the digit classifier for MNIST, and none for anything else: its features say nothing of images
 * it was not trained on.
 */
export async function openExtractor(
  { extractor: asked, extractorRange: range }: ExtractorChoice,
  data: Dataset,
  machine: MetricsMachine,
): Promise<Extractor | null> {
  const isFile = asked?.endsWith('.onnx') === true;
  if (range !== undefined && !isFile)
    throw usage({ what: 'a range is given, but no network', todo: 'Say which: --extractor FILE.onnx' });
  if (asked === undefined) return /^mnist(-test)?$/.test(data.name) ? openDigits(machine) : null;
  if (isFile) return openOnnx(asked, { side: data.height, channels: data.channels, range, threads: machine.threads });
  if (asked === PIXELS) return openPixels({ side: data.height, channels: data.channels });
  if (asked !== DIGITS)
    throw usage({
      what: 'the extractor does not fit',
      expected: `${DIGITS}, ${PIXELS}, or a file ending in .onnx`,
      got: asked,
      todo: 'Leave it out, or say one of them',
    });
  if (data.height !== SIDE || data.width !== SIDE || data.channels !== 1)
    throw new DcganError({
      what: `extractor ${DIGITS} does not know the images of ${data.name}`,
      expected: `${SIDE} x ${SIDE} x 1`,
      got: `${data.height} x ${data.width} x ${data.channels}`,
      todo: `Take ${PIXELS}, or leave the extractor out: the sliced Wasserstein distance needs none`,
    });
  return openDigits(machine);
}
