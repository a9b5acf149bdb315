// Which extractor knows which images.
import type { Dataset } from '../data/dataset.ts';
import { originOf } from '../data/known.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { SIDE } from './classifier.ts';
import { openDigits } from './digits.ts';
import type { Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';
import type { PixelRange } from './network-input.ts';
import { openOnnx } from './onnx.ts';
import { openPixels, PIXELS } from './pixels.ts';

export const DIGITS = 'digits';

/** Whose features are compared. */
export interface ExtractorChoice {
  /** `digits`, `pixels`, or the path of an ONNX file; what the data ask for when not given. */
  readonly extractor?: string | undefined;
  /** What the pixels of an ONNX network lie between; -1..1 when not given. */
  readonly extractorRange?: PixelRange | undefined;
}

/** Whether images have the shape that the digit classifier was trained on. */
function areDigitsShape({ height, width, channels }: Dataset): boolean {
  return height === SIDE && width === SIDE && channels === 1;
}

/** Whether images are MNIST's own, at their own size. */
function areDigits(data: Dataset): boolean {
  return areDigitsShape(data) && ['mnist', 'mnist-test'].includes(originOf(data) ?? '');
}

/** Why images that a person may take for MNIST's are not judged by the digit classifier; null where nobody would think so. */
export function whyNoDigits(data: Dataset): string | null {
  if (areDigits(data)) return null;
  const shape = `${data.height} x ${data.width} x ${data.channels}`;
  if (originOf(data)?.startsWith('mnist'))
    return `the digit classifier takes MNIST at ${SIDE} x ${SIDE} x 1 and not at ${shape}: evaluations need no classifier here`;
  if (!/^mnist(-test)?$/i.test(data.name)) return null;
  return `the images of ${data.name} are not MNIST's, whatever their name: evaluations do without the digit classifier`;
}

/**
 * Opens the extractor that was asked for; else the digit classifier for MNIST's own images, and none for anything else. The
 * classifier's features say nothing about images that it was not trained on.
 */
export async function openExtractor(
  { extractor: asked, extractorRange: range }: ExtractorChoice,
  data: Dataset,
  machine: MetricsMachine,
): Promise<Extractor | null> {
  const isFile = asked?.endsWith('.onnx') === true;
  if (range !== undefined && !isFile)
    throw usage({ what: 'a range is given without a network', todo: 'Name the network: --extractor FILE.onnx' });
  if (asked === undefined) return areDigits(data) ? openDigits(machine) : null;
  if (isFile) return openOnnx(asked, { side: data.height, channels: data.channels, range, threads: machine.threads });
  if (asked === PIXELS) return openPixels({ side: data.height, channels: data.channels });
  if (asked !== DIGITS)
    throw usage({
      what: 'the extractor does not fit',
      expected: `${DIGITS}, ${PIXELS}, or a file ending in .onnx`,
      got: asked,
      todo: 'Leave it out, or choose one of them',
    });
  if (!areDigitsShape(data))
    throw new DcganError({
      what: `extractor ${DIGITS} does not know the images of ${data.name}`,
      expected: `${SIDE} x ${SIDE} x 1`,
      got: `${data.height} x ${data.width} x ${data.channels}`,
      todo: `Take ${PIXELS}, or leave the extractor out: the sliced Wasserstein distance needs none`,
    });
  return openDigits(machine);
}
