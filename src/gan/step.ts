// One training step of both networks, as one graph: the tutorial's loop body.

import type { Computation } from '../engine/compile.ts';
import { gradients } from '../engine/grad.ts';
import type { Tensor } from '../engine/graph.ts';
import { add, input, mul, normal, sigmoid, sub, uniform } from '../engine/ops/index.ts';
import { adam } from '../nn/adam.ts';
import { movedAverage } from '../nn/average.ts';
import { clipByGlobalNorm } from '../nn/clip.ts';
import { mean } from '../nn/losses.ts';
import type { Variables } from '../nn/variables.ts';
import { diffAugment } from './augment.ts';
import { adversarialLosses, gradientPenalty, r1Penalty } from './losses.ts';
import type { Model } from './model.ts';
import type { Config } from './schema.ts';
import { MIXING, NOISE } from './streams.ts';

/** Names of the step's inputs. */
export const STEP_INPUT = {
  images: 'images',
  /** One-hot [R, classes] and [N, classes], where the configuration has classes. */
  realClasses: 'realClasses',
  fakeClasses: 'fakeClasses',
  /** Adam's step sizes. */
  generatorStep: 'generatorStep',
  discriminatorStep: 'discriminatorStep',
  /** What the moving average takes of the new values. */
  averageShare: 'averageShare',
} as const;

/** The numbers a step reports, all before its update; scores are mean sigmoids of the training-mode logits. */
export const STEP_NUMBERS = ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore'] as const;

/** Fakes of a step: a full batch, but as many as reals where each is mixed with one. */
export function fakesOfStep({ loss, batchSize }: Config, reals: number): number {
  return loss === 'wgan-gp' ? reals : batchSize;
}

/** A step on `reals` real images (an epoch's last batch has fewer); not every one need train the generator. */
export function trainingStep(model: Model, reals: number, trainsGenerator = true): Computation {
  const { config, generator, discriminator, generate } = model;
  const { judge, constants } = model.discriminate;
  const { imageSize, channels, latent, classes } = config;
  const count = fakesOfStep(config, reals);
  const updates = new Map<string, Tensor>(model.discriminate.updates);

  const classesOf = (name: string, n: number): Tensor | undefined =>
    classes > 0 ? input(name, [n, classes]) : undefined;
  const realClasses = classesOf(STEP_INPUT.realClasses, reals);
  const fakeClasses = classesOf(STEP_INPUT.fakeClasses, count);

  const noise = normal([count, latent], NOISE);
  const images = input(STEP_INPUT.images, [reals, imageSize, imageSize, channels]);
  const fakes = generate(noise, { updates }, fakeClasses);
  const [seenReals, seenFakes] =
    config.augment === 'diffaugment' ? [diffAugment(images, 'real'), diffAugment(fakes, 'fake')] : [images, fakes];
  const realLogits = judge(seenReals, 'real', realClasses);
  const fakeLogits = judge(seenFakes, 'fake', fakeClasses);

  const losses = adversarialLosses(realLogits, fakeLogits, config);
  const generatorLoss = losses.generator;
  let discriminatorLoss = losses.discriminator;
  if (config.r1 > 0) discriminatorLoss = add(discriminatorLoss, r1Penalty(realLogits, images, config.r1, constants));
  if (config.loss === 'wgan-gp') {
    const mixed = add(seenFakes, mul(uniform([reals, 1, 1, 1], MIXING), sub(seenReals, seenFakes)));
    const penalty = gradientPenalty(judge(mixed, 'mixed', realClasses), mixed, constants);
    discriminatorLoss = add(discriminatorLoss, penalty);
  }

  // Both gradients are of the old values: a plan's updates all see the state as it was before the step.
  const train = (variables: Variables, loss: Tensor, stepSize: string): void => {
    const { trainable } = variables;
    const tensors = trainable.map(({ tensor }) => tensor);
    const own = gradients(loss, tensors, constants);
    const slopes = config.clipGradient > 0 ? clipByGlobalNorm(own, config.clipGradient) : own;
    const size = input(stepSize, []);
    const options = { ...config, epsilon: config.adamEpsilon };
    trainable.forEach((variable, i) => {
      for (const [name, value] of adam(variable, slopes[i]!, size, options)) updates.set(name, value);
    });
  };
  if (trainsGenerator) train(generator, generatorLoss, STEP_INPUT.generatorStep);
  train(discriminator, discriminatorLoss, STEP_INPUT.discriminatorStep);
  if (trainsGenerator && model.average) {
    const share = input(STEP_INPUT.averageShare, []);
    model.average.variables.all.forEach(({ name, tensor }, i) => {
      const { name: source } = generator.all[i]!;
      updates.set(name, movedAverage(tensor, updates.get(source)!, share));
    });
  }

  return {
    name: `step on ${reals} reals${trainsGenerator ? '' : ', discriminator only'}`,
    precision: config.precision,
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
