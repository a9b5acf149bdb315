// A model on a device. It compiles plans when they are first needed, and offers the calls that
// training, sampling and replay consist of. Everything here works with named arrays; DCGAN is the
// friendlier interface.

import type { ChosenDevice } from '../engine/backends/auto.ts';
import { DeviceFailure } from '../engine/backends/backend.ts';
import { chooseDevice, opener } from '../engine/backends/index.ts';
import { PlanTooLarge } from '../engine/backends/too-large.ts';
import { type Computation, compile } from '../engine/compile.ts';
import type { Plan } from '../engine/plan.ts';
import { type Feeds, type Handed, type RunOptions, Session } from '../engine/session.ts';
import { ALONE, joinFloats, type Ranks, Shards } from '../engine/shards.ts';
import { usableCores } from '../platform/cores.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { drawImages, type Run } from './drawing.ts';
import { dutiesOf, kindsOfStep, wordsOf } from './duties.ts';
import { type MachineInfo, type RankedOptions, shardsHeld } from './machine-options.ts';
import { type Model, makeModel, startComputation } from './model.ts';
import { type Config, frozen } from './schema.ts';
import { drawStep, type Share, shareOf } from './shards.ts';
import { fakesOfStep, gradientStep, OF_SAMPLES, trainingStep, updateStep } from './step.ts';
import { StepFeeds, type StepRequest } from './step-feeds.ts';
import { FIXED_NOISE, START } from './streams.ts';

export type { MachineInfo, MachineOptions, RankedOptions } from './machine-options.ts';

/** The result of the first half of a step; see `gradientStep`. */
export interface StepGradients {
  /** The requested outputs. */
  readonly numbers: readonly Float32Array[];
  /**
   * The inputs of `update` by name: gradients and new running statistics, in the shapes of their
   * variables.
   */
  readonly given: Readonly<Record<string, Float32Array>>;
}

/** Outputs of a computation, by name. */
type Outputs = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Runs that read the state and leave it as it is. Their plans are compiled once for each name. */
export interface Looks {
  readonly run: Run;
  /** Runs a computation that draws nothing, and returns all its outputs. */
  look(name: string, computation: () => Computation, inputs: Feeds): Promise<Outputs>;
}

export class Machine {
  readonly model: Model;
  readonly #choice: ChosenDevice;
  readonly #session: Session;
  readonly #shards: Shards;
  /** The first of the shards that this machine holds. */
  readonly #firstShard: number;
  readonly #ranks: Ranks;
  readonly #plans = new Map<string, Plan>();
  readonly #feeds: StepFeeds;

  private constructor(model: Model, sessions: readonly Session[], choice: ChosenDevice, ranks: Ranks) {
    this.model = model;
    this.#choice = choice;
    this.#session = sessions[0]!;
    this.#shards = new Shards(sessions, ranks);
    this.#firstShard = ranks.rank * sessions.length;
    this.#ranks = ranks;
    this.#feeds = new StepFeeds(model.config);
  }

  /** Opens the device; all values of the state are zero. */
  static async open(
    config: Config,
    { device = 'auto', threads = usableCores(), variant, ranks = ALONE }: RankedOptions = {},
  ): Promise<Machine> {
    if (!Number.isInteger(threads) || threads < 1 || threads > 256)
      throw usage({
        what: 'threads has an invalid value',
        expected: 'a whole number from 1 to 256',
        got: String(threads),
      });
    const held = shardsHeld(config, ranks);
    const model = makeModel(frozen(config));
    const step = (): Plan => compile(trainingStep(model, config.batchSize), model.layout);
    const open = async (choice: ChosenDevice): Promise<Machine> => {
      const sessions: Session[] = [];
      try {
        for (let i = 0; i < held; i++) {
          const backend = await opener(choice.device)({ stateFloats: model.layout.floats, threads, variant });
          sessions.push(new Session(backend, model.layout));
        }
      } catch (error) {
        await Promise.all(sessions.map((session) => session.dispose()));
        throw error;
      }
      return new Machine(model, sessions, choice, ranks);
    };
    // A GPU computes in float32 alone. It waits at each sum over shards, so `auto` takes none then.
    const work = config.precision === 'float32' && config.shards === 1 ? { threads, plan: step } : undefined;
    const choice = await chooseDevice(device, work);
    try {
      return await open(choice);
    } catch (error) {
      if (!choice.fallback || !(error instanceof DeviceFailure)) throw error;
      const other = await chooseDevice(choice.fallback);
      return open({ ...other, reason: `${other.reason}; the GPU failed (${error.complaint.what})` });
    }
  }

  /** In bf16, `variant` also names the step's kernels once the step is ready. */
  get info(): MachineInfo {
    const { reason, fallback = null } = this.#choice;
    const { info } = this.#session.backend;
    // A step in shards waits for its sums, and ranks make their exchanges in one order.
    const stepsAtOnce = this.model.config.shards === 1 ? info.stepsAtOnce : 1;
    return { ...info, stepsAtOnce, reason, fallback };
  }

  /** Sets the whole state to the start that `seed` decides. */
  async start(seed: number): Promise<void> {
    const plan = this.#plan('start', () => startComputation(this.model));
    await this.#shards.runEverywhere(plan, { key: { seed, step: START }, outputs: [] });
  }

  /** Runs one training step and returns the requested outputs. */
  step(request: StepRequest): Promise<Float32Array[]> {
    return this.#runStep((shard) => this.#stepPlan(request.reals, request.step, shard), request);
  }

  /**
   * Runs the first half of a step. Returns its outputs and everything that its update needs. The
   * state does not change.
   */
  async gradients(request: StepRequest): Promise<StepGradients> {
    const { reals, step, outputs } = request;
    const duties = dutiesOf(this.model.config, step);
    const planOf = (shard: number): Plan =>
      this.#plan(`gradients${wordsOf(duties)} ${this.#shapeOf(reals, shard)}`, () =>
        gradientStep(this.model, reals, duties, shard),
      );
    const { outputs: known } = planOf(this.#firstShard);
    const names = [...this.#updatePlan(step).inputs.keys()].filter((name) => known.has(name));
    const values = await this.#runStep(planOf, { ...request, outputs: [...outputs, ...names] });
    const given = names.map((name, i) => [name, values[outputs.length + i]!]);
    return { numbers: values.slice(0, outputs.length), given: Object.fromEntries(given) };
  }

  /**
   * Runs the second half of step number `step`. It moves the state by the result of `gradients`, or
   * by the mean of several such results.
   */
  async update(step: number, given: StepGradients['given']): Promise<void> {
    const plan = this.#updatePlan(step);
    const inputs = { ...this.#feeds.ofUpdate(plan, step), ...given };
    await this.#shards.runEverywhere(plan, { key: { seed: 0, step }, inputs, outputs: [] });
  }

  async #runStep(planOf: (shard: number) => Plan, request: StepRequest): Promise<Float32Array[]> {
    const { seed, step, outputs } = request;
    const { sessions } = this.#shards;
    const { shards } = this.model.config;
    if (request.reals < shards)
      throw usage({
        what: `a mini-batch of ${request.reals} images cannot be cut into ${shards} shards`,
        expected: `at least ${shards} images`,
        todo: 'Choose another batch size, so that the last mini-batch of an epoch is larger, or fewer shards',
        options: ['batchSize', 'shards'],
      });
    const given = this.#feeds.ofStep(request, this.held(request.reals));
    const plans = sessions.map((_, held) => planOf(this.#firstShard + held));
    const options = plans.map((plan, held): RunOptions => {
      const shard = this.#firstShard + held;
      return { key: { seed, step: drawStep(step, shard) }, ...given(plan, shard), outputs };
    });
    if (shards === 1) return this.#session.run(plans[0]!, options[0]!);
    const ofSamples = outputs.filter((name) => OF_SAMPLES.includes(name));
    if (ofSamples.length > 0 && this.#ranks.count > 1)
      throw new DcganError({
        what: `outputs ${ofSamples.join(', ')}: a rank has those of its own samples alone`,
        todo: 'Ask for losses and scores alone, or use one rank',
      });
    const found = await this.#shards.run(plans, options);
    return outputs.map((name, i) =>
      OF_SAMPLES.includes(name) ? joinFloats(found.map((each) => each[i]!)) : found[0]![i]!,
    );
  }

  /** The samples of a mini-batch of `reals` images whose shards this machine holds. */
  held(reals: number): Share {
    const { shards } = this.model.config;
    const last = shareOf(reals, shards, this.#firstShard + this.#shards.sessions.length - 1);
    const { first } = shareOf(reals, shards, this.#firstShard);
    return { first, count: last.first + last.count - first };
  }

  /** Prepares the step's plan, so that the first step takes no longer than the others. */
  async prepareStep(reals: number): Promise<void> {
    for (const { step } of kindsOfStep(this.model.config))
      try {
        for (const [held] of this.#shards.sessions.entries())
          await this.#shards.prepare(held, this.#stepPlan(reals, step, this.#firstShard + held));
      } catch (error) {
        throw error instanceof PlanTooLarge ? this.#withBatchSize(error) : error;
      }
  }

  /**
   * Returns the error with a hint: approximately the largest batch for which the device has room.
   */
  #withBatchSize(error: PlanTooLarge): DcganError {
    const { model } = this;
    const fits = (batchSize: number): boolean => {
      const smaller = makeModel({ ...model.config, batchSize });
      return error.fits(compile(trainingStep(smaller, batchSize), smaller.layout));
    };
    const { shards } = model.config;
    let [low, high] = [shards - 1, model.config.batchSize];
    while (high - low > 1 + low / 32) {
      const middle = Math.floor((low + high) / 2);
      if (fits(middle)) low = middle;
      else high = middle;
    }
    const todo = low < shards ? 'Use smaller images or networks' : `Use a smaller batch: --batch-size ${low}`;
    return new DcganError({ ...error.complaint, todo: `${todo}${error.elsewhere}`, cause: error });
  }

  /** The plan of step number `step`; with shards, that of one of them. */
  #stepPlan(reals: number, step: number, shard: number): Plan {
    const duties = dutiesOf(this.model.config, step);
    return this.#plan(`step${wordsOf(duties)} ${this.#shapeOf(reals, shard)}`, () =>
      trainingStep(this.model, reals, duties, shard),
    );
  }

  /** The shapes of all draws of a step on `reals` images, by name, for the whole mini-batch. */
  drawShapes(reals: number): ReadonlyMap<string, readonly number[]> {
    const whole = makeModel({ ...this.model.config, shards: 1 });
    const { injections } = compile(trainingStep(whole, reals), whole.layout);
    return new Map([...injections].map(([name, { shape }]) => [name, shape]));
  }

  /** What the plans of a step's shards differ in. */
  #shapeOf(reals: number, shard: number): string {
    const { config } = this.model;
    const counts = [reals, fakesOfStep(config, reals)].map((n) => shareOf(n, config.shards, shard).count);
    return `${reals} ${counts}`;
  }

  #updatePlan(step: number): Plan {
    const { trainsGenerator } = dutiesOf(this.model.config, step);
    return this.#plan(`update ${trainsGenerator}`, () => updateStep(this.model, { trainsGenerator }));
  }

  /**
   * Generates images [N, H, W, channels] in [-1, 1] from noise [N, latent], with running
   * statistics. `shares` [N, classes] says how much of each class every image has.
   */
  generate(noise: Float32Array, count: number, shares: Float32Array): Promise<Float32Array> {
    return this.together(({ run }) => drawImages(this.model, noise, count, shares, run));
  }

  /**
   * Makes runs that look at one state: every other call comes before or after all of them. Later
   * calls take their turn once `calls` has settled.
   */
  together<T>(calls: (looks: Looks) => Promise<Handed<T>>): Promise<T> {
    return this.#shards.inTurn(() => this.#session.together((session) => calls(this.#looksOn(session))));
  }

  #looksOn(session: Session): Looks {
    return {
      run: (name, computation, options) => session.run(this.#plan(name, computation), options),
      look: async (name, computation, inputs) => {
        const plan = this.#plan(name, computation);
        const outputs = [...plan.outputs.keys()];
        const used = Object.entries(inputs).filter(([input]) => plan.inputs.has(input));
        const request = { key: { seed: 0, step: 0 }, inputs: Object.fromEntries(used), outputs };
        const made = await session.run(plan, request);
        return new Map(
          outputs.map((output, i) => [output, { shape: plan.outputs.get(output)!.shape, data: made[i]! }]),
        );
      },
    };
  }

  /** Returns the noise of the progress pictures, [FIXED_COUNT, latent]. */
  fixedNoise(): Promise<Float32Array> {
    return this.#shards.inTurn(() => this.#session.readVariable(FIXED_NOISE.name));
  }

  readState(): Promise<Map<string, Float32Array>> {
    return this.#shards.inTurn(() => this.#session.readState());
  }

  async writeState(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    await this.#shards.inTurn(() => Promise.all(this.#shards.sessions.map((session) => session.writeState(values))));
  }

  dispose(): Promise<void> {
    return this.#shards.dispose();
  }

  #plan(name: string, computation: () => Computation): Plan {
    let plan = this.#plans.get(name);
    if (!plan) {
      plan = compile(computation(), this.model.layout);
      this.#plans.set(name, plan);
    }
    return plan;
  }
}
