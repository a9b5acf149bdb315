// Chooses the extractor for a dataset.
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

/** The choice of features that are compared. */
export interface ExtractorChoice {
  /**
   * `digits`, `pixels`, or the path of an ONNX file; see docs/metrics.md. When it is not given, the
   * data decide.
   */
  readonly extractor?: string | undefined;
  /** The range of pixel values that an ONNX network expects; the default is -1..1. */
  readonly extractorRange?: PixelRange | undefined;
}

/** Returns whether images have the shape that the digit classifier was trained on. */
function areDigitsShape({ height, width, channels }: Dataset): boolean {
  return height === SIDE && width === SIDE && channels === 1;
}

/** Returns whether images are MNIST's own, at their own size. */
function areDigits(data: Dataset): boolean {
  return areDigitsShape(data) && ['mnist', 'mnist-test'].includes(originOf(data) ?? '');
}

/**
 * Says why the digit classifier does not judge images that a person may take for MNIST's; null for
 * images that nobody would take for them.
 */
export function whyNoDigits(data: Dataset): string | null {
  if (areDigits(data)) return null;
  const shape = `${data.height} x ${data.width} x ${data.channels}`;
  if (originOf(data)?.startsWith('mnist'))
    return `the digit classifier takes MNIST at ${SIDE} x ${SIDE} x 1 and not at ${shape}: evaluations need no classifier here`;
  if (!/^mnist(-test)?$/i.test(data.name)) return null;
  return `the images of ${data.name} are not MNIST's, whatever their name: evaluations do without the digit classifier`;
}

/**
 * Opens the extractor that was asked for. By default, MNIST's own images get the digit classifier
 * and others get none, because the classifier's features mean nothing for images that it was not
 * trained on.
 * @param signal aborting it ends a network that runs
 */
export async function openExtractor(
  { extractor: asked, extractorRange: range }: ExtractorChoice,
  data: Dataset,
  machine: MetricsMachine,
  signal?: AbortSignal,
): Promise<Extractor | null> {
  const { height, width, channels } = data;
  const isFile = asked?.endsWith('.onnx') === true;
  if (range !== undefined && !isFile)
    throw usage({ what: 'a range is given without a network', todo: 'Name the network: --extractor FILE.onnx' });
  if (asked === undefined) return areDigits(data) ? openDigits(machine) : null;
  if (isFile) return openOnnx(asked, { height, width, channels, range, threads: machine.threads, signal });
  if (asked === PIXELS) return openPixels({ height, width, channels });
  if (asked !== DIGITS)
    throw usage({
      what: 'the extractor is unknown',
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
