// Splits sums over a batch of images, [N, ..., C] to [1, ..., C], into sums of sums. The first are
// over each image's pixels, [N, 1, ..., C], and can be taken while the image is in the cache
// (schedule.ts). The second are over the images, where little is left to do. Batch norm's variance
// is a sum of squares about the batch's mean, which is unknown before the last image is there. It
// becomes squares about each image's own mean, plus those of the images' means about the batch's
// (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
// variances", 1979). That is as safe from cancellation as before.
import { size, type Tensor } from '../graph.ts';
import { ELEMENTWISE } from '../ops/elementwise.ts';
import { broadcastOp, sumOp } from '../ops/shape.ts';
import { ATTACHED_CHANNELS } from '../plan.ts';
import { type Interner, rewrite } from './intern.ts';

const { add, scale, square, sub } = ELEMENTWISE;

/** The graph under `roots` with sums over images split; it changes rounding alone. */
export function sumImages(roots: readonly Tensor[]): Tensor[] {
  return rewrite(roots, (node, interner) => (sumsImages(node) ? split(node.inputs[0]!, interner) : null));
}

function sumsImages({ op, inputs, attributes }: Tensor): boolean {
  if (op.name !== sumOp.name) return false;
  const { shape } = inputs[0]!;
  const last = shape.length - 1;
  if (attributes.first !== 0 || attributes.last !== last - 1 || last < 2) return false;
  const [images, channels] = [shape[0]!, shape[last]!];
  const { least, most } = ATTACHED_CHANNELS;
  return images > 1 && size(shape) > images * channels && channels >= least && channels <= most;
}

function overPixels(x: Tensor, interner: Interner): Tensor {
  return interner.make(sumOp, [x], { first: 1, last: x.shape.length - 2 });
}

function overImages(x: Tensor, interner: Interner): Tensor {
  return interner.make(sumOp, [x], { first: 0, last: 0 });
}

function split(x: Tensor, interner: Interner): Tensor {
  return squaresAboutMean(x, interner) ?? overImages(overPixels(x, interner), interner);
}

/** The sum of x = square(values - their mean over the batch), or null. */
function squaresAboutMean(x: Tensor, interner: Interner): Tensor | null {
  const difference = x.inputs[0];
  if (x.op.name !== square.name || difference?.op.name !== sub.name) return null;
  const [values, mean] = difference.inputs as [Tensor, Tensor];
  const sums = overPixels(values, interner);
  const pixels = size(values.shape) / size(sums.shape);
  const isMean =
    mean.op.name === scale.name &&
    mean.inputs[0] === overImages(sums, interner) &&
    mean.attributes.value === 1 / (pixels * values.shape[0]!);
  if (!isMean) return null;
  // Repeated first, then scaled: what is repeated is read from memory, where the sums are.
  const everywhere = interner.make(broadcastOp, [sums], { shape: values.shape });
  const ownMean = (of: Tensor): Tensor => interner.make(scale, [of], { value: 1 / pixels });
  const squares = (a: Tensor, b: Tensor): Tensor => interner.make(square, [interner.make(sub, [a, b], {})], {});
  const within = overImages(overPixels(squares(values, ownMean(everywhere)), interner), interner);
  const between = overImages(squares(ownMean(sums), mean), interner);
  return interner.make(add, [within, interner.make(scale, [between], { value: pixels })], {});
}
