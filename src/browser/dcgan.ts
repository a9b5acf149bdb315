/// <reference lib="esnext.disposable" preserve="true" />
// The library's one class in a page. It has the same members as in Node; each call is a message to
// the Worker that holds the model.

import type { StoredTensor } from '../checkpoint/safetensors.ts';
import { imageShape } from '../data/image-size.ts';
import type { CreateOptions, LookOptions, StepOptions, StepResult, DCGAN as WorkerDCGAN } from '../gan/dcgan.ts';
import type { Judgement, Layer, Projection, ProjectOptions } from '../gan/looking.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { frozen } from '../gan/schema.ts';
import { floats } from '../platform/arrays.ts';
import { wholeNumber } from '../platform/whole.ts';
import type { Mirror } from './face.ts';
import { Host } from './host.ts';
import { whole } from './wire.ts';

/** A page has no ranks. */
type OfRanks = 'held' | 'stepHeld';

/**
 * A DCGAN with the same members as in Node. The networks live in a Worker of their own until
 * `dispose`. Calls take effect in their order.
 */
export class DCGAN implements Omit<WorkerDCGAN, OfRanks> {
  readonly #host: Host;
  /** All values that decide the model. */
  readonly config: Mirror['config'];
  /** The device, its kernel variant and threads, and the reason for this device. */
  readonly info: Mirror['info'];
  /** Decides every bit of the state, together with the configuration and the data. */
  readonly seed: number;
  /** The names of the classes in their order; null when they are unknown. */
  readonly classNames: Mirror['classNames'];
  #steps: number;
  #epoch: number;
  #disposed: Promise<void> | undefined;

  private constructor(host: Host, { config, info, seed, epoch, steps, classNames }: Mirror) {
    this.#host = host;
    this.config = frozen(config);
    this.info = info;
    this.seed = seed;
    this.#epoch = epoch;
    this.classNames = classNames && Object.freeze(classNames);
    this.#steps = steps;
  }

  /**
   * Makes a new model with random initial weights.
   * @throws DcganError for an unknown preset, option or device, or a device that cannot run here
   */
  static create(options: CreateOptions = {}): Promise<DCGAN> {
    return DCGAN.#open((host) => host.call('create', options));
  }

  /**
   * Loads a saved model from a URL, a Blob, its bytes, or the name under which this page saved it.
   * @throws DcganError for a file that is not a checkpoint, or is a damaged one
   */
  static load(source: string | URL | Blob | Uint8Array, options: MachineOptions = {}): Promise<DCGAN> {
    const isUrl = source instanceof URL;
    return DCGAN.#open((host) => host.call('load', isUrl ? source.href : source, isUrl, options));
  }

  static async #open(ask: (host: Host) => Promise<Mirror>): Promise<DCGAN> {
    const host = new Host();
    try {
      return new DCGAN(host, await ask(host));
    } catch (error) {
      host.end();
      throw error;
    }
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
   * Updates both networks once.
   * @param images reals, [R, H, W, channels] in [-1, 1], R from 1 to the batch size
   * @throws DcganError for images, classes or injected values of another shape, and when the device
   * fails
   */
  async step(images: Float32Array, options: StepOptions = {}): Promise<StepResult> {
    const sent = whole(floats('step: the images do not match the model', images));
    this.#steps++;
    const step = this.#steps;
    try {
      return await this.#host.call('step', sent, options);
    } catch (error) {
      // The failed step is not counted, unless later steps have been numbered after it.
      if (this.#steps === step) this.#steps--;
      throw error;
    }
  }

  /**
   * Prepares a step on `reals` images before its first use.
   * @throws DcganError for a step that the device cannot run
   */
  prepareStep(reals = this.config.batchSize): Promise<void> {
    return this.#host.call('prepareStep', reals);
  }

  /**
   * Generates images [N, H, W, channels] in [-1, 1], with running statistics (`training = false`).
   * @param from noise [N, latent], or a count of images, whose noise then follows from `seed`
   * (random by default)
   * @throws DcganError for noise, classes or shares of another shape, or a count or seed that is
   * not a whole number
   */
  generate(...args: Parameters<WorkerDCGAN['generate']>): Promise<Float32Array> {
    return this.#host.call('generate', ...args);
  }

  /**
   * Returns standard normal noise [count, latent]; equal seeds give equal noise.
   * @throws DcganError for a count or seed that is not a whole number in its range
   */
  sampleNoise(count: number, seed: number): Promise<Float32Array> {
    return this.#host.call('sampleNoise', count, seed);
  }

  /**
   * Returns the discriminator's logits of images and their gradients in the images; see Node's.
   * @param images [N, H, W, channels] in [-1, 1]
   * @throws DcganError for images or classes of another shape
   */
  async judge(images: Float32Array, options: LookOptions = {}): Promise<Judgement> {
    const sent = whole(floats('judge: the images do not match the model', images));
    return this.#host.call('judge', sent, options);
  }

  /**
   * Returns the output of each layer: of the generator for noise [N, latent], or of the
   * discriminator for images [N, H, W, channels] in [-1, 1]; see Node's.
   * @throws DcganError for noise, images or classes of another shape
   */
  layers(...args: Parameters<WorkerDCGAN['layers']>): Promise<Layer[]> {
    return this.#host.call('layers', ...args);
  }

  /**
   * Finds the noise whose image is nearest to a picture [H, W, channels] in [-1, 1]; see Node's. To
   * show the progress, let it pause (`pauseAt`) and go on with the answer's `search` (`resume`).
   * @throws DcganError for a picture, mask or start of another shape, and for an invalid class or
   * number
   */
  async project(picture: Float32Array, options: ProjectOptions = {}): Promise<Projection> {
    const sent = whole(floats('project: the picture does not match the model', picture));
    return this.#host.call('project', sent, options);
  }

  /**
   * Returns the noise behind a run's progress pictures, [16, latent]. It is part of the state and
   * follows from the seed.
   */
  fixedNoise(): Promise<Float32Array> {
    return this.#host.call('fixedNoise');
  }

  /**
   * Returns every tensor of the state by its name: variables, running statistics, Adam's moments,
   * and the fixed noise of the progress pictures.
   */
  tensors(): Promise<Map<string, StoredTensor>> {
    return this.#host.call('tensors');
  }

  /**
   * Sets tensors of the state by their names; the others keep their values.
   * @throws DcganError for a name that is not the model's, or another number of values
   */
  restore(tensors: ReadonlyMap<string, StoredTensor>): Promise<void> {
    return this.#host.call('restore', tensors);
  }

  /** Returns the bytes of a checkpoint; equal states give equal bytes, here and in Node. */
  toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#host.call('toBytes', this.epoch);
  }

  /**
   * Keeps a checkpoint among the page's own files (the Origin Private File System), completely or
   * not at all; see `load`.
   * @throws DcganError when the page may store no more
   */
  save(name: string): Promise<void> {
    return this.#host.call('save', name, this.epoch);
  }

  /** Frees the device and the Worker; it does so once, however often it is called. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  /** Calls `dispose`, for `await using gan = ...`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #end(): Promise<void> {
    try {
      await this.#host.call('dispose');
    } finally {
      this.#host.end();
    }
  }
}
