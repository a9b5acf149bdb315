// Chooses the extractor for a dataset.
import type { Dataset } from '../data/dataset.ts';
import { originOf } from '../data/known.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { SIDE } from './classifier.ts';
import { DIGITS, openDigits } from './digits.ts';
import type { Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';
import type { PixelRange } from './network-input.ts';
import { openOnnx } from './onnx.ts';
import { openPictures, PICTURES } from './pictures.ts';
import { openPixels, PIXELS } from './pixels.ts';

/** Compares no features, only patches. */
const NONE = 'none';
/** The extractors that are part of the package. */
export const EXTRACTORS = [DIGITS, PICTURES, PIXELS, NONE] as const;

/** The choice of features that are compared. */
export interface ExtractorChoice {
  /**
   * `digits`, `pictures`, `pixels`, `none`, or the path of an ONNX file; see docs/metrics.md. When
   * it is not given, the data decide: `evaluate` takes `digits` for MNIST and `pictures` for
   * others, and a training `digits` or `none`.
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
 * Returns the choice of a whole evaluation. Where none was made, MNIST's own images get the digit
 * classifier, and all others the network for pictures. A training, which measures a single figure
 * after an epoch, leaves the choice to `openExtractor`.
 */
export function evaluationChoice(choice: ExtractorChoice, data: Dataset): ExtractorChoice {
  return { ...choice, extractor: choice.extractor ?? (areDigits(data) ? DIGITS : PICTURES) };
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
  if (isFile) return openOnnx(asked, { height, width, channels, range, threads: machine.threads, signal });
  const name = asked ?? (areDigits(data) ? DIGITS : NONE);
  switch (name) {
    case NONE:
      return null;
    case PIXELS:
      return openPixels({ height, width, channels });
    case PICTURES:
      return openPictures({ height, width, channels }, machine);
    case DIGITS:
      break;
    default:
      throw usage({
        what: 'the extractor is unknown',
        expected: `${EXTRACTORS.join(', ')}, or a file ending in .onnx`,
        got: name,
        todo: 'Leave it out, or choose one of them',
      });
  }
  if (!areDigitsShape(data))
    throw new DcganError({
      what: `extractor ${DIGITS} does not know the images of ${data.name}`,
      expected: `${SIDE} x ${SIDE} x 1`,
      got: `${data.height} x ${data.width} x ${data.channels}`,
      todo: `Leave it out, or take ${PICTURES}, which is for pictures of any kind and size`,
    });
  return openDigits(machine);
}
