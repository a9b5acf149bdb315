// The losses of both networks over the discriminator's logits of reals [R, 1] and fakes [N, 1], and
// the penalties on the discriminator's gradient.
import { gradients } from '../engine/grad.ts';
import { size, type Tensor } from '../engine/graph.ts';
import { add, leakyRelu, neg, reshape, scale, shift, sqrt, square, sub, sum } from '../engine/ops/index.ts';
import { type BatchPart, mean, sigmoidCrossEntropy } from '../nn/losses.ts';
import type { Config } from './schema.ts';

interface Losses {
  readonly generator: Tensor;
  readonly discriminator: Tensor;
}

/** What the reals and the fakes of a shard are parts of. */
export interface StepParts {
  readonly real: BatchPart;
  readonly fake: BatchPart;
}

type Adversarial = (reals: Tensor, fakes: Tensor, parts: StepParts, config: Config) => Losses;

const relu = (x: Tensor): Tensor => leakyRelu(x, 0);

const ADVERSARIAL: Readonly<Record<Config['loss'], Adversarial>> = {
  /**
   * The non-saturating cross-entropy of Goodfellow et al., "Generative adversarial nets", 2014,
   * section 3. One-sided label smoothing is from Salimans et al. 2016, section 3.4.
   */
  ns: (reals, fakes, { real, fake }, { labelSmoothing }) => ({
    generator: sigmoidCrossEntropy(fakes, 1, fake),
    discriminator: add(sigmoidCrossEntropy(reals, 1 - labelSmoothing, real), sigmoidCrossEntropy(fakes, 0, fake)),
  }),
  /** Miyato et al. 2018, equations 16 and 17. */
  hinge: (reals, fakes, { real, fake }) => ({
    generator: neg(mean(fakes, fake)),
    discriminator: add(mean(relu(shift(neg(reals), 1)), real), mean(relu(shift(fakes, 1)), fake)),
  }),
  /** Mao et al., "Least squares generative adversarial networks", 2017, equation 9. */
  ls: (reals, fakes, { real, fake }) => ({
    generator: scale(mean(square(shift(fakes, -1)), fake), 0.5),
    discriminator: scale(add(mean(square(shift(reals, -1)), real), mean(square(fakes), fake)), 0.5),
  }),
  /**
   * The Wasserstein loss of Gulrajani et al., "Improved training of Wasserstein GANs", 2017,
   * equation 3, without its penalty.
   */
  'wgan-gp': (reals, fakes, { real, fake }) => ({
    generator: neg(mean(fakes, fake)),
    discriminator: sub(mean(fakes, fake), mean(reals, real)),
  }),
};

/** Both losses of the mini-batch, or the share in them of a shard of it. */
export function adversarialLosses(reals: Tensor, fakes: Tensor, parts: StepParts, config: Config): Losses {
  return ADVERSARIAL[config.loss](reals, fakes, parts, config);
}

/** Returns the gradient of each image's logit: `images` [N, H, W, C] -> [N, H * W * C]. */
function slopes(logits: Tensor, images: Tensor, constants: readonly Tensor[]): Tensor {
  const [slope] = gradients(sum(logits), [images], constants);
  const n = images.shape[0]!;
  return reshape(slope!, [n, size(images.shape) / n]);
}

/**
 * Returns gamma / 2 times the mean squared gradient at reals: Mescheder et al., "Which training
 * methods for GANs do actually converge?", 2018, equation 9.
 */
export function r1Penalty(
  logits: Tensor,
  images: Tensor,
  gamma: number,
  { whole }: BatchPart,
  constants: readonly Tensor[],
): Tensor {
  return scale(sum(square(slopes(logits, images, constants))), gamma / (2 * whole));
}

/** The weight of the gradient penalty: Gulrajani et al. 2017, section 4. */
const PENALTY = 10;
/** This is added to a squared norm, because the square root has no gradient at 0. */
const LEAST = 1e-12;

/** The mean of (slope - 1)^2, weighted: Gulrajani et al. 2017, equation 3. */
export function gradientPenalty(logits: Tensor, images: Tensor, part: BatchPart, constants: readonly Tensor[]): Tensor {
  const lengths = sqrt(shift(sum(square(slopes(logits, images, constants)), 1, 1), LEAST));
  return scale(mean(square(shift(lengths, -1)), part), PENALTY);
}
