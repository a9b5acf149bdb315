// One training step of both networks, as one graph: the tutorial's loop body.

import type { Computation } from '../engine/compile.ts';
import { gradients } from '../engine/grad.ts';
import type { Tensor } from '../engine/graph.ts';
import { add, input, normal, sigmoid } from '../engine/ops/index.ts';
import { adam } from '../nn/adam.ts';
import { mean, sigmoidCrossEntropy } from '../nn/losses.ts';
import type { Variables } from '../nn/variables.ts';
import type { Model } from './model.ts';
import { NOISE } from './streams.ts';

/** Names of the step's inputs. */
export const STEP_INPUT = {
  images: 'images',
  generatorStep: 'generatorStep',
  discriminatorStep: 'discriminatorStep',
} as const;

/** The numbers a step reports, all before its update; scores are mean sigmoids of the training-mode logits. */
export const STEP_NUMBERS = ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore'] as const;

/** A step on `reals` real images (an epoch's last batch has fewer) and a full batch of fakes. */
export function trainingStep({ config, generator, discriminator, generate, judge }: Model, reals: number): Computation {
  const { imageSize, channels, batchSize, latent } = config;
  const updates = new Map<string, Tensor>();

  const noise = normal([batchSize, latent], NOISE);
  const images = input(STEP_INPUT.images, [reals, imageSize, imageSize, channels]);
  const fakes = generate(noise, { updates });
  const realLogits = judge(images, 'real');
  const fakeLogits = judge(fakes, 'fake');

  const generatorLoss = sigmoidCrossEntropy(fakeLogits, 1);
  const discriminatorLoss = add(sigmoidCrossEntropy(realLogits, 1), sigmoidCrossEntropy(fakeLogits, 0));

  // Both gradients are of the old values: a plan's updates all see the state as it was before the step.
  const train = (variables: Variables, loss: Tensor, stepSize: string): void => {
    const { trainable } = variables;
    const slopes = gradients(
      loss,
      trainable.map(({ tensor }) => tensor),
    );
    const size = input(stepSize, []);
    const options = { ...config, epsilon: config.adamEpsilon };
    trainable.forEach((variable, i) => {
      for (const [name, value] of adam(variable, slopes[i]!, size, options)) updates.set(name, value);
    });
  };
  train(generator, generatorLoss, STEP_INPUT.generatorStep);
  train(discriminator, discriminatorLoss, STEP_INPUT.discriminatorStep);

  return {
    name: `step on ${reals} reals`,
    outputs: {
      generatorLoss,
      discriminatorLoss,
      realScore: mean(sigmoid(realLogits)),
      fakeScore: mean(sigmoid(fakeLogits)),
      fakes,
      realLogits,
      fakeLogits,
    },
    updates,
  };
}
