// The two networks of one configuration, their variables, and the layout of the whole state. A
// model is made from the configuration wherever it is needed; it holds no values.
import type { Computation } from '../engine/compile.ts';
import { size, type Tensor } from '../engine/graph.ts';
import { layoutState, type StateLayout } from '../engine/layout.ts';
import { broadcast, constant, input, normal, variable } from '../engine/ops/index.ts';
import { moments } from '../nn/adam.ts';
import { Variables } from '../nn/variables.ts';
import { type Discriminator, makeDiscriminator } from './discriminator.ts';
import { type Generator, makeGenerator } from './generator.ts';
import type { Config } from './schema.ts';
import { FIXED_NOISE, SAMPLE_NOISE, startSource } from './streams.ts';

/** The number of noise vectors behind a progress picture: 4 x 4. */
export const FIXED_COUNT = 16;

export interface Model {
  readonly config: Config;
  readonly generator: Variables;
  readonly discriminator: Variables;
  readonly generate: Generator;
  readonly discriminate: Discriminator;
  /**
   * The generator's moving average if one is kept: the same variables under `ema/`, in the same
   * order.
   */
  readonly average: { readonly variables: Variables; readonly generate: Generator } | null;
  readonly layout: StateLayout;
}

/** The part of a model that makes images. */
export type GeneratorModel = Pick<Model, 'config' | 'generate' | 'average'>;

export function makeModel(config: Config): Model {
  const generator = new Variables('generator');
  const discriminator = new Variables('discriminator');
  const generate = makeGenerator(generator, config);
  const discriminate = makeDiscriminator(discriminator, config);
  const average = config.ema > 0 ? averageOf(generator, config) : null;
  const declared = [...generator.all, ...discriminator.all];
  const trainable = declared.filter((each) => each.trainable);
  const layout = layoutState([
    ...declared.map(({ tensor }) => tensor),
    ...trainable.flatMap((each) => Object.values(moments(each)).map(({ tensor }) => tensor)),
    ...(average?.variables.all ?? []).map(({ tensor }) => tensor),
    variable(FIXED_NOISE.name, [FIXED_COUNT, config.latent]),
  ]);
  return { config, generator, discriminator, generate, discriminate, average, layout };
}

function averageOf({ pool }: Variables, config: Config): NonNullable<Model['average']> {
  const variables = new Variables(`ema/${pool}`);
  return { variables, generate: makeGenerator(variables, config) };
}

/** Sets the whole state to its start; the plan's seed decides all of it. */
export function startComputation({ config, generator, discriminator, average }: Model): Computation {
  const updates = new Map<string, Tensor>();
  let draws = 0;
  for (const each of [...generator.all, ...discriminator.all]) {
    const { name, tensor, initializer, trainable } = each;
    updates.set(
      name,
      initializer(tensor.shape, () => startSource(name, draws++)),
    );
    if (!trainable) continue;
    for (const moment of Object.values(moments(each))) updates.set(moment.name, broadcast(constant(0), moment.shape));
  }
  average?.variables.all.forEach(({ name }, i) => {
    updates.set(name, updates.get(generator.all[i]!.name)!);
  });
  updates.set(FIXED_NOISE.name, normal([FIXED_COUNT, config.latent], FIXED_NOISE));
  return { name: 'start', outputs: {}, updates };
}

/** The names of the inputs of a generation. */
export const GENERATION_INPUT = { noise: 'noise', classes: 'classes' } as const;

/**
 * Generates images from given noise, and from one-hot classes if there are any. It uses running
 * statistics (`training = false`), and the moving average if one is kept.
 */
export function generation({ config, generate, average }: GeneratorModel, count: number): Computation {
  const noise = input(GENERATION_INPUT.noise, [count, config.latent]);
  const classes = config.classes > 0 ? input(GENERATION_INPUT.classes, [count, config.classes]) : undefined;
  const images = (average?.generate ?? generate)(noise, 'inference', classes);
  return { name: `generate ${count}`, outputs: { images }, updates: new Map() };
}

/** Draws the noise of samples from the plan's seed. */
export function sampling({ config }: GeneratorModel, count: number): Computation {
  return {
    name: `noise ${count}`,
    outputs: { noise: normal([count, config.latent], SAMPLE_NOISE) },
    updates: new Map(),
  };
}

/** Returns every class once, in order; empty when the configuration has none. */
export function allClasses({ classes }: Config): number[] {
  return Array.from({ length: classes }, (_, i) => i);
}

/** Returns the number of values in each pool's trainable variables. */
export function parameterCounts({ generator, discriminator }: Model): { generator: number; discriminator: number } {
  const count = (variables: Variables): number =>
    variables.trainable.reduce((total, { tensor }) => total + size(tensor.shape), 0);
  return { generator: count(generator), discriminator: count(discriminator) };
}
