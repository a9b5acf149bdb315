// One training step of both networks: the tutorial's loop body. It is described once, in two
// halves. The first is everything up to the gradients; the second is the update that follows from
// them. A training runs both as one plan (`trainingStep`). Where gradients of several machines are
// to be added in between, the halves are two plans (`gradientStep`, `updateStep`), which give the
// same bits as the one.

import { imageShape } from '../data/image-size.ts';
import type { Computation } from '../engine/compile.ts';
import { gradients } from '../engine/grad.ts';
import type { Tensor } from '../engine/graph.ts';
import { add, input, mul, normal, overShards, sigmoid, sub, uniform } from '../engine/ops/index.ts';
import { adamOfAll } from '../nn/adam.ts';
import { movedAverage } from '../nn/average.ts';
import { clipByGlobalNorm } from '../nn/clip.ts';
import { type BatchPart, mean } from '../nn/losses.ts';
import type { Declared, Variables } from '../nn/variables.ts';
import { diffAugment } from './augment.ts';
import { ALL_DUTIES, type Duties, wordsOf } from './duties.ts';
import { adversarialLosses, gradientPenalty, r1Penalty } from './losses.ts';
import type { Model } from './model.ts';
import type { Config } from './schema.ts';
import { shareOf } from './shards.ts';
import { MIXING, NOISE } from './streams.ts';

/** The names of the step's inputs. */
export const STEP_INPUT = {
  images: 'images',
  /** One-hot classes [R, classes] and [N, classes], when the configuration has classes. */
  realClasses: 'realClasses',
  fakeClasses: 'fakeClasses',
  /** Adam's step sizes. */
  generatorStep: 'generatorStep',
  discriminatorStep: 'discriminatorStep',
  /** The weight of the new values in the moving average. */
  averageShare: 'averageShare',
} as const;

/**
 * The names of the numbers that a step reports, all from before its update. Scores are mean
 * sigmoids of the logits in training mode.
 */
export const STEP_NUMBERS = ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore'] as const;

/** The outputs that have a row for each sample. */
export const OF_SAMPLES: readonly string[] = ['fakes', 'realLogits', 'fakeLogits'];

/** Fakes of a step: a full batch, but as many as reals where each is mixed with one. */
export function fakesOfStep({ loss, batchSize }: Config, reals: number): number {
  return loss === 'wgan-gp' ? reals : batchSize;
}

/** Everything that a step computes before its update; none of it changes the state. */
interface Slopes {
  /** Losses and scores (STEP_NUMBERS), fakes and logits. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The unclipped gradient of each variable that this step trains, by the variable's name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /**
   * The new values that no gradient decides, by variable: running statistics and directions of
   * spectral norm.
   */
  readonly statistics: ReadonlyMap<string, Tensor>;
  /** How many reals and fakes are computed here. */
  readonly share: { readonly real: number; readonly fake: number };
}

/** The names under which gradients and new values leave `gradientStep` and enter `updateStep`. */
export const gradientName = (variable: string): string => `gradient/${variable}`;
export const statisticName = (variable: string): string => `new/${variable}`;

/**
 * A step on `reals` real images (an epoch's last batch has fewer). With shards it is one shard's
 * part of that step, which ends in the state after all of it.
 */
export function trainingStep(model: Model, reals: number, duties = ALL_DUTIES, shard = 0): Computation {
  const { outputs, gradients: own, statistics, share } = slopes(model, reals, duties, shard);
  return {
    name: `step on ${reals} reals${wordsOf(duties)}${ofShard(model, share)}`,
    precision: model.config.precision,
    convolutions: model.config.convolutions,
    outputs,
    updates: updates(model, own, statistics, duties),
  };
}

/**
 * Returns the first half of that step, which does not change the state. Besides the step's outputs
 * it has the gradient of each trained variable (`gradientName`) and the new value of each running
 * statistic (`statisticName`), in the shapes of the variables.
 */
export function gradientStep(model: Model, reals: number, duties = ALL_DUTIES, shard = 0): Computation {
  const { outputs, gradients: own, statistics, share } = slopes(model, reals, duties, shard);
  return {
    name: `gradients on ${reals} reals${wordsOf(duties)}${ofShard(model, share)}`,
    precision: model.config.precision,
    convolutions: model.config.convolutions,
    outputs: { ...outputs, ...renamed(own, gradientName), ...renamed(statistics, statisticName) },
    updates: new Map(),
  };
}

/**
 * Returns the second half of the step, which clips gradients, moves variables and updates averages.
 * Its inputs are the gradients and new values of `gradientStep` (or their means over several
 * machines), under the same names and in the same shapes, and Adam's step sizes.
 */
export function updateStep(
  model: Model,
  { trainsGenerator }: Pick<Duties, 'trainsGenerator'> = ALL_DUTIES,
): Computation {
  const { generator, discriminator } = model;
  const pools = [generator, discriminator];
  const trained = (trainsGenerator ? pools : [discriminator]).flatMap(({ trainable }) => trainable);
  const kept = pools.flatMap(({ all }) => all.filter(({ trainable }) => !trainable));
  const given = (variables: readonly Declared[], rename: (variable: string) => string): Map<string, Tensor> =>
    new Map(variables.map(({ name, tensor }) => [name, input(rename(name), tensor.shape)]));
  return {
    name: `update${wordsOf({ trainsGenerator, penalizes: true })}`,
    outputs: {},
    updates: updates(model, given(trained, gradientName), given(kept, statisticName), { trainsGenerator }),
  };
}

const ofShard = ({ config: { shards } }: Model, { real, fake }: Slopes['share']): string =>
  shards === 1 ? '' : `, a shard of ${real} and ${fake} fakes`;

function renamed(tensors: ReadonlyMap<string, Tensor>, rename: (variable: string) => string): Record<string, Tensor> {
  return Object.fromEntries([...tensors].map(([name, tensor]) => [rename(name), tensor]));
}

function slopes(model: Model, wholeReals: number, { trainsGenerator, penalizes }: Duties, shard: number): Slopes {
  const { config, generator, discriminator, generate } = model;
  const { judge, constants } = model.discriminate;
  const { latent, classes, shards } = config;
  const wholeFakes = fakesOfStep(config, wholeReals);
  const reals = shareOf(wholeReals, shards, shard).count;
  const count = shareOf(wholeFakes, shards, shard).count;
  const real: BatchPart = { shards, whole: wholeReals };
  const fake: BatchPart = { shards, whole: wholeFakes };
  const statistics = new Map<string, Tensor>(model.discriminate.updates);

  const classesOf = (name: string, n: number): Tensor | undefined =>
    classes > 0 ? input(name, [n, classes]) : undefined;
  const realClasses = classesOf(STEP_INPUT.realClasses, reals);
  const fakeClasses = classesOf(STEP_INPUT.fakeClasses, count);

  const noise = normal([count, latent], NOISE);
  const images = input(STEP_INPUT.images, [reals, ...imageShape(config)]);
  const fakes = generate(noise, { updates: statistics, part: fake }, fakeClasses);
  const [seenReals, seenFakes] =
    config.augment === 'diffaugment' ? [diffAugment(images, 'real'), diffAugment(fakes, 'fake')] : [images, fakes];
  const realLogits = judge(seenReals, 'real', real, realClasses);
  const fakeLogits = judge(seenFakes, 'fake', fake, fakeClasses);

  const losses = adversarialLosses(realLogits, fakeLogits, { real, fake }, config);
  const generatorLoss = losses.generator;
  let discriminatorLoss = losses.discriminator;
  if (config.r1 > 0 && penalizes) {
    const gamma = config.r1 * config.r1Every;
    discriminatorLoss = add(discriminatorLoss, r1Penalty(realLogits, images, gamma, real, constants));
  }
  if (config.loss === 'wgan-gp') {
    const mixed = add(seenFakes, mul(uniform([reals, 1, 1, 1], MIXING), sub(seenReals, seenFakes)));
    const penalty = gradientPenalty(judge(mixed, 'mixed', real, realClasses), mixed, real, constants);
    discriminatorLoss = add(discriminatorLoss, penalty);
  }

  // Both gradients use the old values, because all updates of a plan see the state as it was before
  // the step.
  const own = new Map<string, Tensor>();
  const differentiate = ({ trainable }: Variables, loss: Tensor): void => {
    const tensors = trainable.map(({ tensor }) => tensor);
    gradients(loss, tensors, constants).forEach((gradient, i) => {
      own.set(trainable[i]!.name, overShards(gradient, shards));
    });
  };
  if (trainsGenerator) differentiate(generator, generatorLoss);
  differentiate(discriminator, discriminatorLoss);

  return {
    outputs: {
      generatorLoss: overShards(generatorLoss, shards),
      discriminatorLoss: overShards(discriminatorLoss, shards),
      realScore: overShards(mean(sigmoid(realLogits), real), shards),
      fakeScore: overShards(mean(sigmoid(fakeLogits), fake), shards),
      fakes,
      realLogits,
      fakeLogits,
    },
    gradients: own,
    statistics,
    share: { real: reals, fake: count },
  };
}

/**
 * Returns the state after the step, by variable: `statistics`, both moved networks with their
 * moments, and the moving average.
 */
function updates(
  { config, generator, discriminator, average }: Model,
  own: ReadonlyMap<string, Tensor>,
  statistics: ReadonlyMap<string, Tensor>,
  { trainsGenerator }: Pick<Duties, 'trainsGenerator'>,
): Map<string, Tensor> {
  const found = new Map(statistics);
  const train = ({ trainable }: Variables, stepSize: string): void => {
    const plain = trainable.map(({ name }) => own.get(name)!);
    const clipped = config.clipGradient > 0 ? clipByGlobalNorm(plain, config.clipGradient) : plain;
    const size = input(stepSize, []);
    const options = { ...config, epsilon: config.adamEpsilon };
    for (const [name, value] of adamOfAll(trainable, clipped, size, options)) found.set(name, value);
  };
  if (trainsGenerator) train(generator, STEP_INPUT.generatorStep);
  train(discriminator, STEP_INPUT.discriminatorStep);
  if (trainsGenerator && average) {
    const share = input(STEP_INPUT.averageShare, []);
    average.variables.all.forEach(({ name, tensor }, i) => {
      const { name: source } = generator.all[i]!;
      found.set(name, movedAverage(tensor, found.get(source)!, share));
    });
  }
  return found;
}
