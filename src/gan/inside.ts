// Computations that look into a trained model and leave its state as it is: what the discriminator
// says of images and which pixels it says it for, what each layer makes, and which way noise moves
// towards a picture. Everything is as in inference: running statistics, no dropout, the moving
// average of the generator where one is kept.
import { imageShape } from '../data/image-size.ts';
import type { Computation } from '../engine/compile.ts';
import { gradients } from '../engine/grad.ts';
import type { Tensor } from '../engine/graph.ts';
import { input, mul, square, sub, sum } from '../engine/ops/index.ts';
import { wholeBatch } from '../nn/losses.ts';
import type { Model } from './model.ts';

/** Names of the inputs of these computations. */
export const INSIDE_INPUT = {
  noise: 'noise',
  images: 'images',
  classes: 'classes',
  /** The picture [1, H, W, channels] that noise is to come near to. */
  target: 'target',
  /** How much each pixel counts, [1, H, W, 1]; with all channels they add up to 1. */
  weights: 'weights',
} as const;

const NOTHING: ReadonlyMap<string, Tensor> = new Map();

function classesOf({ config: { classes } }: Model, count: number): Tensor | undefined {
  return classes > 0 ? input(INSIDE_INPUT.classes, [count, classes]) : undefined;
}

function imagesOf({ config }: Model, count: number): Tensor {
  return input(INSIDE_INPUT.images, [count, ...imageShape(config)]);
}

/**
 * `logits` [N, 1] of images [N, H, W, channels], and `gradient` [N, H, W, channels], the slope of
 * each image's logit in each of its values.
 */
export function judgement(model: Model, count: number): Computation {
  const images = imagesOf(model, count);
  const { judge, constants } = model.discriminate;
  const logits = judge(images, 'inference', wholeBatch(count), classesOf(model, count));
  const [gradient] = gradients(sum(logits, 0, 1), [images], constants);
  return { name: `judge ${count}`, outputs: { logits, gradient: gradient! }, updates: NOTHING };
}

/** What every layer of the generator makes of noise [N, latent], by the layer's name. */
export function generatorLayers(model: Model, count: number): Computation {
  const outputs: Record<string, Tensor> = {};
  const noise = input(INSIDE_INPUT.noise, [count, model.config.latent]);
  (model.average?.generate ?? model.generate)(noise, 'inference', classesOf(model, count), (name, made) => {
    outputs[name] = made;
  });
  return { name: `generator layers ${count}`, outputs, updates: NOTHING };
}

/** Returns the output of each of the discriminator's layers for images [N, H, W, channels]. */
export function discriminatorLayers(model: Model, count: number): Computation {
  const outputs: Record<string, Tensor> = {};
  model.discriminate.judge(
    imagesOf(model, count),
    'inference',
    wholeBatch(count),
    classesOf(model, count),
    (name, made) => {
      outputs[name] = made;
    },
  );
  return { name: `discriminator layers ${count}`, outputs, updates: NOTHING };
}

/**
 * `loss` [N, 1, 1, 1], the weighted mean square difference of each generated image from one target,
 * and `gradient` [N, latent], the slope of each loss in its noise.
 */
export function approach(model: Model, count: number): Computation {
  const { latent } = model.config;
  const shape = imageShape(model.config);
  const noise = input(INSIDE_INPUT.noise, [count, latent]);
  const target = input(INSIDE_INPUT.target, [1, ...shape]);
  const weights = input(INSIDE_INPUT.weights, [1, shape[0], shape[1], 1]);
  const images = (model.average?.generate ?? model.generate)(noise, 'inference', classesOf(model, count));
  const loss = sum(mul(square(sub(images, target)), weights), 1, 3);
  const [gradient] = gradients(sum(loss, 0, 3), [noise]);
  return { name: `approach ${count}`, outputs: { loss, gradient: gradient! }, updates: NOTHING };
}
