// What the plans of a step are given: their shard's part of the images and classes, values that
// take the place of draws, and the numbers that follow from the step's number.
import { size } from '../engine/graph.ts';
import type { Plan } from '../engine/plan.ts';
import type { Feeds, RunOptions } from '../engine/session.ts';
import { AdamStepSize } from '../nn/adam.ts';
import { averageShare } from '../nn/average.ts';
import { oneHot } from './drawing.ts';
import { type Config, learningRateShare, learningRates } from './schema.ts';
import { type Share, shareOf, valuesOf } from './shards.ts';
import { fakesOfStep, STEP_INPUT } from './step.ts';

export interface StepRequest {
  readonly seed: number;
  /** The number of this step, from 1. */
  readonly step: number;
  /**
   * Reals in [-1, 1] of the shards that this machine holds, [R, H, W, channels]; R is the count of
   * `Machine.held`, and `reals` unless the machine is one of several ranks.
   */
  readonly images: Float32Array;
  /** The number of reals of the whole mini-batch, from 1 to the batch size. */
  readonly reals: number;
  /** The class of each real, when the configuration has classes. */
  readonly classes?: ArrayLike<number> | undefined;
  readonly injected?: Feeds;
  readonly outputs: readonly string[];
}

export class StepFeeds {
  readonly #config: Config;
  readonly #generatorStep: AdamStepSize;
  readonly #discriminatorStep: AdamStepSize;

  constructor(config: Config) {
    this.#config = config;
    const rates = learningRates(config);
    this.#generatorStep = new AdamStepSize({ ...config, learningRate: rates.generator });
    this.#discriminatorStep = new AdamStepSize({ ...config, learningRate: rates.discriminator });
  }

  /** The inputs of an update's plan that follow from the step's number. */
  ofUpdate(plan: Plan, step: number): Feeds {
    return inputsOf(plan, this.#sizes(step));
  }

  /**
   * What the plan of a shard is given of a step's images, classes and injected values.
   * @param held the samples whose images the request has
   */
  ofStep(request: StepRequest, held: Share): (plan: Plan, shard: number) => Pick<RunOptions, 'inputs' | 'injected'> {
    const { step, images, reals, classes, injected } = request;
    const config = this.#config;
    const { shards } = config;
    const fakes = fakesOfStep(config, reals);
    const of = (all: Float32Array, samples: number, shard: number): Float32Array =>
      shards === 1 ? all : valuesOf(all, samples, shareOf(samples, shards, shard));
    const ownImages = (shard: number): Float32Array => {
      const { first, count } = shareOf(reals, shards, shard);
      return shards === 1 ? images : valuesOf(images, held.count, { first: first - held.first, count });
    };
    return (plan, shard) => {
      const known = {
        ...this.#sizes(step),
        [STEP_INPUT.images]: () => ownImages(shard),
        [STEP_INPUT.realClasses]: () => of(oneHot(classes!, reals, config.classes), reals, shard),
        // Fakes are asked for in the classes of the reals, in turn: both then come in the same
        // proportions.
        [STEP_INPUT.fakeClasses]: () => of(oneHot(classes!, fakes, config.classes), fakes, shard),
      };
      const inputs = inputsOf(plan, known);
      if (!injected) return { inputs };
      const cut = Object.entries(injected).map(([name, all]) => {
        const shape = plan.injections.get(name)?.shape;
        if (!shape) return [name, all];
        const samples = all.length / (size(shape) / shape[0]!);
        return [name, of(all, samples, shard)];
      });
      return { inputs, injected: Object.fromEntries(cut) };
    };
  }

  /**
   * Returns the update's inputs that follow from the step's number: Adam's step sizes and the
   * average's share.
   */
  #sizes(step: number): Readonly<Record<string, () => Float32Array>> {
    const config = this.#config;
    // The number of the generator's updates, including this one.
    const turn = Math.floor(step / config.discriminatorSteps);
    const share = learningRateShare(config, step);
    return {
      [STEP_INPUT.generatorStep]: () => Float32Array.of(share * this.#generatorStep.at(turn)),
      [STEP_INPUT.discriminatorStep]: () => Float32Array.of(share * this.#discriminatorStep.at(step)),
      [STEP_INPUT.averageShare]: () => Float32Array.of(averageShare(config.ema, turn)),
    };
  }
}

/** Returns those of the known inputs that a plan has. */
function inputsOf(plan: Plan, known: Readonly<Record<string, () => Float32Array>>): Record<string, Float32Array> {
  const has = Object.entries(known).filter(([name]) => plan.inputs.has(name));
  return Object.fromEntries(has.map(([name, values]) => [name, values()]));
}
