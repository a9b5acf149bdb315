/// <reference lib="esnext.disposable" preserve="true" />
// The library's one class: a DCGAN that can be trained step by step, sampled, saved and loaded.

import { brokenTensor } from '../checkpoint/finite.ts';
import type { StoredTensor } from '../checkpoint/safetensors.ts';
import { imageShape } from '../data/image-size.ts';
import { showShape } from '../engine/graph.ts';
import { floats } from '../platform/arrays.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { fetched } from '../platform/fetched.ts';
import { readPlace, writePlace } from '../platform/places.ts';
import { wholeNumber } from '../platform/whole.ts';
import { parseConfig, resolveConfig } from './config.ts';
import {
  checkClasses,
  checkSeed,
  classesInTurn,
  type GenerateOptions,
  generateImages,
  oneHot,
  randomSeed,
  sampleNoise,
} from './drawing.ts';
import {
  DEFAULT_STARTS,
  DEFAULT_STEPS,
  type Judgement,
  judgeImages,
  type Layer,
  layersOf,
  type Projection,
  type ProjectOptions,
  projectPicture,
} from './looking.ts';
import { Machine, type MachineInfo, type MachineOptions, type RankedOptions } from './machine.ts';
import type { AnyName, PresetName } from './presets.ts';
import type { Config, ConfigOverrides } from './schema.ts';
import type { Share } from './shards.ts';
import {
  type ClassNames,
  checkNames,
  decodeSnapshot,
  encodeSnapshot,
  type Snapshot,
  snapshotParts,
} from './snapshot.ts';
import { STEP_NUMBERS } from './step.ts';
import { maskSource, NOISE } from './streams.ts';

/** Options of `DCGAN.create`: the device, a preset, and values that override the preset. */
export interface CreateOptions extends MachineOptions, ConfigOverrides {
  /**
   * One of `presets`: `tf2018` (default), `tf2`, `tiny`, `quick`, `best` or `paper`. Other options
   * override its values.
   */
  readonly preset?: PresetName | AnyName | undefined;
  /** A whole number below 2^53 that decides every random number. The default is a random one. */
  readonly seed?: number | undefined;
  /** The names of the classes, one for each; see the member of this name. */
  readonly classNames?: ClassNames | undefined;
}

/** Options of `DCGAN.step`: classes, and values that replace the step's random draws. */
export interface StepOptions {
  /**
   * The class of each image, 0 to classes - 1. It is required when the configuration has classes.
   */
  readonly classes?: ArrayLike<number> | undefined;
  /** Noise [batchSize, latent] that replaces the drawn noise. */
  readonly noise?: Float32Array | undefined;
  /**
   * Masks that replace the drawn ones, one for each of the discriminator's layers. Their values are
   * 0 or 1 / (1 - rate), in the order NHWC.
   */
  readonly dropoutMasks?:
    | { readonly real: readonly Float32Array[]; readonly fake: readonly Float32Array[] }
    | undefined;
}

/**
 * The numbers that a step reports, all from before its update. Scores are mean sigmoids of the
 * discriminator's logits.
 */
export interface StepResult {
  /** The generator's loss, a mean over the batch; cross-entropies are in nats. */
  readonly generatorLoss: number;
  /** The discriminator's loss with its penalties. */
  readonly discriminatorLoss: number;
  /** D(x): the mean score of the reals. */
  readonly realScore: number;
  /** D(G(z)): the mean score of the fakes. */
  readonly fakeScore: number;
}

/** Options of `DCGAN.judge` and `DCGAN.layers`. */
export interface LookOptions {
  /** One class for all, or classes used in turn. Only for a model that has classes. */
  readonly classes?: number | ArrayLike<number> | undefined;
}

/**
 * A DCGAN: both networks and the state of their optimisers, on a device that `dispose` frees. Calls
 * take effect in their order, whether or not the earlier ones are awaited.
 */
export class DCGAN {
  readonly #machine: Machine;
  /** Decides every bit of the state, together with the configuration and the data. */
  readonly seed: number;
  /**
   * The names of the classes in their order. A class that the data had no image of has null. All of
   * it is null when the names are unknown.
   */
  readonly classNames: ClassNames | null;
  #steps: number;
  #epoch: number;

  private constructor(
    machine: Machine,
    { seed, step, epoch, classNames }: Pick<Snapshot, 'seed' | 'step' | 'epoch' | 'classNames'>,
  ) {
    this.#machine = machine;
    this.seed = seed;
    this.#epoch = wholeNumber('epoch', epoch);
    this.classNames = classNames ? checkNames(classNames, machine.model.config) : null;
    this.#steps = step;
  }

  /**
   * Makes a new model with random initial weights.
   * @throws DcganError for an unknown preset, option or device, names that do not fit the classes,
   * or a device or precision that cannot run here
   */
  static async create({
    preset,
    seed = randomSeed(),
    device,
    threads,
    classNames,
    variant,
    ranks,
    ...overrides
  }: CreateOptions & RankedOptions = {}): Promise<DCGAN> {
    const config = resolveConfig(preset, overrides);
    if (classNames) checkNames(classNames, config);
    checkSeed(seed);
    const machine = await Machine.open(config, { device, threads, variant, ranks });
    try {
      // An impossible precision is refused here rather than in the first step; see `refuseBf16`.
      if (config.precision !== 'float32') await machine.prepareStep(config.batchSize);
      await machine.start(seed);
    } catch (error) {
      await machine.dispose();
      throw error;
    }
    return new DCGAN(machine, { seed, step: 0, epoch: 0, classNames });
  }

  /**
   * Loads a saved model from a path, a file URL, an http(s) URL, a Blob, or its bytes.
   * @throws DcganError for a file that cannot be read, is not a checkpoint, or is a damaged one
   */
  static async load(source: string | URL | Blob | Uint8Array, options: MachineOptions = {}): Promise<DCGAN> {
    return DCGAN.fromSnapshot(await loadSnapshot(source), options);
  }

  /**
   * Makes a model from a decoded snapshot. A model that was trained in bf16 generates images on any
   * device; its further steps need a device with bf16.
   * @throws DcganError for a device that cannot run here, or tensors that are not the
   * configuration's
   */
  static async fromSnapshot(snapshot: Snapshot, options: RankedOptions = {}): Promise<DCGAN> {
    const config = parseConfig(snapshot.config, 'the snapshot: config');
    if (snapshot.classNames) checkNames(snapshot.classNames, config);
    checkSeed(snapshot.seed);
    for (const key of ['step', 'epoch'] as const) wholeNumber(`the snapshot: ${key}`, snapshot[key]);
    const gan = new DCGAN(await Machine.open(config, options), snapshot);
    try {
      await gan.#machine.writeState(dataOf(snapshot.tensors));
    } catch (error) {
      await gan.dispose();
      throw error;
    }
    return gan;
  }

  /**
   * The configuration: a preset's values with the overriding options, or the values that a loaded
   * model was trained with.
   */
  get config(): Config {
    return this.#machine.model.config;
  }

  /** The device, its kernel variant and threads, and the reason for this device. */
  get info(): MachineInfo {
    return this.#machine.info;
  }

  /** The shape of one image. */
  get imageShape(): readonly [height: number, width: number, channels: number] {
    return imageShape(this.config);
  }

  /**
   * The number of finished epochs. Whoever trains counts them here; a checkpoint saves the number.
   * @throws DcganError for what is no whole number
   */
  get epoch(): number {
    return this.#epoch;
  }

  set epoch(epoch: number) {
    this.#epoch = wholeNumber('epoch', epoch);
  }

  /** The number of steps taken, including those in progress. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Updates both networks once. The next step may be requested before this one is finished, so that
   * a GPU never waits for it.
   * @param images reals, [R, H, W, channels] in [-1, 1], R from 1 to the batch size, all finite,
   * or the model's values no longer are; do not change them, nor values in the options, until
   * the step is finished
   * @throws DcganError for images, classes or injected values of another type or shape, and when
   * the device fails
   */
  step(images: Float32Array, options: StepOptions = {}): Promise<StepResult> {
    return this.#step(images, options);
  }

  /**
   * Returns the samples of a mini-batch of `reals` images that this process computes. These are all
   * of them unless it is one of several ranks.
   * Errors: none; any number has its share.
   */
  held(reals: number): Share {
    return this.#machine.held(reals);
  }

  /**
   * Updates both networks once, as one of several ranks.
   * @param reals the number of images of the whole mini-batch
   * @param images those of them that `held` names
   * @param classes the classes of the whole mini-batch
   * @throws DcganError as `step` does
   */
  stepHeld(reals: number, images: Float32Array, classes?: ArrayLike<number>): Promise<StepResult> {
    return this.#step(images, { classes }, reals);
  }

  async #step(
    images: Float32Array,
    { classes, noise, dropoutMasks }: StepOptions,
    reals = this.#countImages(images),
  ): Promise<StepResult> {
    checkClasses(this.config, classes, reals);
    const injected: Record<string, Float32Array> = {};
    if (noise) injected[NOISE.name] = floats('step: the noise', noise);
    for (const of of ['real', 'fake'] as const)
      dropoutMasks?.[of].forEach((mask, i) => {
        const { name } = maskSource(of, i + 1);
        injected[name] = floats(`step: ${name}`, mask);
      });
    this.#steps += 1;
    const step = this.#steps;
    const request = { seed: this.seed, step, images, reals, classes, injected, outputs: STEP_NUMBERS };
    try {
      const numbers = await this.#machine.step(request);
      const [generatorLoss, discriminatorLoss, realScore, fakeScore] = numbers.map((values) => values[0]!);
      return {
        generatorLoss: generatorLoss!,
        discriminatorLoss: discriminatorLoss!,
        realScore: realScore!,
        fakeScore: fakeScore!,
      };
    } catch (error) {
      // The failed step is not counted, unless later steps have been numbered after it.
      if (this.#steps === step) this.#steps -= 1;
      throw error;
    }
  }

  /**
   * Prepares a step on `reals` images before its first use.
   * @throws DcganError for a step that the device cannot run: it is too large, or in bf16
   */
  async prepareStep(reals = this.config.batchSize): Promise<void> {
    await this.#machine.prepareStep(wholeNumber('prepareStep: reals', reals, 1, this.config.batchSize));
  }

  /**
   * Generates images [N, H, W, channels] in [-1, 1], with running statistics (`training = false`).
   * @param from noise [N, latent], or a count of images, whose noise then follows from `seed`
   * (random by default)
   * @param options.classes one class for all images, or several that are used in turn; the default
   * is 0, 1, 2, ..., without those that the data had no image of; for groups it starts from one
   * that the seed decides, because a few samples would otherwise always show the first groups
   * @param options.shares how much of each class every image has, [N, classes]; replaces `classes`
   * @throws DcganError for noise, classes or shares of another shape, or a count or seed that is
   * not a whole number
   */
  generate(from: Float32Array | number, options: GenerateOptions = {}): Promise<Float32Array> {
    return generateImages(this.#machine, from, options, this.classNames);
  }

  /**
   * Returns standard normal noise [count, latent]; equal seeds give equal noise.
   * @throws DcganError for a count or seed that is not a whole number in its range
   */
  sampleNoise(count: number, seed: number): Promise<Float32Array> {
    return sampleNoise(this.#machine, count, seed);
  }

  /**
   * Returns the discriminator's logits of images, without dropout, and their gradients in the
   * images.
   * @param images [N, H, W, channels] in [-1, 1]
   * @param options.classes one class for all images, or one for each; when a conditional model
   * receives none, the logits are the means over all classes
   * @throws DcganError for images or classes of another shape
   */
  async judge(images: Float32Array, { classes }: LookOptions = {}): Promise<Judgement> {
    const count = this.#countWhole('judge: the images do not match the model', images, this.imageShape);
    return judgeImages(this.#machine, images.slice(), this.#sharesOf(classes, count));
  }

  /**
   * Returns the output of each layer, activation included, in the order of the layers. For noise
   * [N, latent] they are the generator's; for images [N, H, W, channels] in [-1, 1] they are the
   * discriminator's.
   * @param options.classes as in `generate` for noise, as in `judge` for images
   * @throws DcganError for noise, images or classes of another shape
   */
  async layers(
    from: { readonly noise: Float32Array } | { readonly images: Float32Array },
    { classes }: LookOptions = {},
  ): Promise<Layer[]> {
    if ('images' in from) {
      const count = this.#countWhole('layers: the images do not match the model', from.images, this.imageShape);
      return layersOf(this.#machine, { images: from.images.slice() }, count, this.#sharesOf(classes, count));
    }
    const count = this.#countWhole('layers: the noise does not match the latent size', from.noise, [
      this.config.latent,
    ]);
    const asked = classes ?? (this.config.classes > 0 ? classesInTurn(this, 0) : undefined);
    return layersOf(this.#machine, { noise: from.noise.slice() }, count, this.#sharesOf(asked, count));
  }

  /**
   * Finds the noise whose image is nearest to a picture, by Adam through the generator. The search
   * starts from the nearest of many samples. Equal arguments give equal bits on the same device.
   * @param picture [H, W, channels] in [-1, 1]
   * @throws DcganError for a picture, mask or start of another shape, and for an invalid class or
   * number
   */
  async project(picture: Float32Array, options: ProjectOptions = {}): Promise<Projection> {
    const {
      steps = DEFAULT_STEPS,
      starts = DEFAULT_STARTS,
      seed = 0,
      class: asked,
      from,
      pauseAt = 0,
      resume,
    } = options;
    if (this.#countWhole('project: the picture does not match the model', picture, this.imageShape) !== 1)
      throw usage({ what: 'project takes one picture', got: `${picture.length} values` });
    checkSeed(seed);
    if (asked !== undefined) checkClasses(this.config, [asked], 1);
    wholeNumber('project: steps', steps, 0, 1_000_000);
    wholeNumber('project: pauseAt', pauseAt, 0, 1_000_000);
    const given = from && this.#countWhole('project: from does not match the latent size', from, [this.config.latent]);
    wholeNumber('project: starts', given ?? starts, 1, 64);
    if (resume) this.#countWhole('project: resume does not match the latent size', resume.noise, [this.config.latent]);
    return projectPicture(this.#machine, picture.slice(), { ...options, from: from?.slice() });
  }

  /**
   * Returns the noise behind a run's progress pictures, [16, latent]. It is part of the state and
   * follows from the seed.
   */
  fixedNoise(): Promise<Float32Array> {
    return this.#machine.fixedNoise();
  }

  /**
   * Returns every tensor of the state by its name: variables, running statistics, Adam's moments,
   * and the fixed noise of the progress pictures.
   */
  async tensors(): Promise<Map<string, StoredTensor>> {
    const { slots } = this.#machine.model.layout;
    const state = await this.#machine.readState();
    return new Map([...state].map(([name, data]) => [name, { shape: slots.get(name)!.shape, data }]));
  }

  /**
   * Sets tensors of the state by their names; the others keep their values.
   * @throws DcganError for a name that is not the model's, or another type or number of values
   */
  async restore(tensors: ReadonlyMap<string, StoredTensor>): Promise<void> {
    const own = [...dataOf(tensors)].map(([name, data]) => [name, floats(`tensor ${name}`, data).slice()] as const);
    await this.#machine.writeState(new Map(own));
  }

  /**
   * Returns the bytes of a checkpoint; equal states give equal bytes.
   * @throws DcganError for a state with a value that is not finite
   */
  async toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return encodeSnapshot(await soundSnapshotOf(this));
  }

  /**
   * Writes a checkpoint completely or not at all.
   * @throws DcganError for a path that cannot be written, and for a state with a value that is not
   * finite
   */
  async save(path: string): Promise<void> {
    await writePlace(path, snapshotParts(await soundSnapshotOf(this)));
  }

  /** Frees the device once all calls before it have ended. */
  dispose(): Promise<void> {
    return this.#machine.dispose();
  }

  /** Calls `dispose`, for `await using gan = ...`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** How many of `shape` the values are, one at least. */
  #countWhole(what: string, values: Float32Array, shape: readonly number[]): number {
    floats(what, values);
    const count = values.length / shape.reduce((product, n) => product * n, 1);
    if (Number.isInteger(count) && count >= 1) return count;
    throw usage({ what, expected: `a multiple of ${showShape(shape)}`, got: `${values.length} values` });
  }

  /** Classes as shares [count, classes]; equal shares of all where none is given. */
  #sharesOf(labels: number | ArrayLike<number> | undefined, count: number): Float32Array {
    const { classes } = this.config;
    const given = typeof labels === 'number' ? [labels] : labels;
    if (given === undefined) return new Float32Array(count * classes).fill(1 / classes);
    checkClasses(this.config, given, given.length);
    return oneHot(given, count, classes);
  }

  #countImages(images: Float32Array): number {
    const what = 'step: the images do not match the model';
    floats(what, images);
    const { batchSize } = this.config;
    const [height, width, channels] = this.imageShape;
    const reals = images.length / (height * width * channels);
    if (Number.isInteger(reals) && reals >= 1 && reals <= batchSize) return reals;
    throw new DcganError({
      what,
      expected: `1 to ${batchSize} images ${showShape([height, width, channels])}`,
      got: `${images.length} values`,
      exitCode: 2,
    });
  }
}

function dataOf(tensors: ReadonlyMap<string, StoredTensor>): Map<string, Float32Array> {
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}

/** Returns the complete present state of a model. */
export async function snapshotOf(gan: DCGAN): Promise<Snapshot> {
  const { config, seed, epoch, steps: step, classNames } = gan;
  return { config, seed, epoch, step, ...(classNames && { classNames }), tensors: await gan.tensors() };
}

/** Returns the state as a checkpoint may hold it: all of its values are finite. */
async function soundSnapshotOf(gan: DCGAN): Promise<Snapshot> {
  const snapshot = await snapshotOf(gan);
  const broken = brokenTensor(snapshot.tensors);
  if (broken === null) return snapshot;
  throw new DcganError({
    what: `the model cannot be saved: ${broken}`,
    expected: 'finite numbers',
    todo: 'Go on from its last checkpoint with a lower learningRate, and check that the images are finite',
  });
}

async function loadSnapshot(source: string | URL | Blob | Uint8Array): Promise<Snapshot> {
  if (source instanceof Uint8Array) return decodeSnapshot(source, 'the checkpoint');
  if (source instanceof Blob) return decodeSnapshot(new Uint8Array(await source.arrayBuffer()), 'the checkpoint');
  if (source instanceof URL && source.protocol !== 'file:')
    return decodeSnapshot(await fetched(source, 'checkpoint'), source.href);
  return readPlace(source, decodeSnapshot);
}
