/// <reference lib="esnext.disposable" preserve="true" />
// A generator alone on the device of its thread.
import { type ImageSize, imageShape } from '../data/image-size.ts';
import { toBytes } from '../data/pixels.ts';
import { compile } from '../engine/compile.ts';
import type { Plan } from '../engine/plan.ts';
import type { Session } from '../engine/session.ts';
import { type Drawer, type GenerateOptions, generateImages, type Run, sampleNoise } from '../gan/drawing.ts';
import type { GeneratorModel } from '../gan/model.ts';
import { usage } from '../platform/errors.ts';
import { rgba } from '../render/rgba.ts';

/** A trained generator. Calls take effect in their order; each computes on the calling thread. */
export interface Generator {
  /** The side of square images in pixels, or [height, width]. */
  readonly imageSize: ImageSize;
  /** The shape of one image. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** 1 for grey, 3 for colour. */
  readonly channels: 1 | 3;
  /** The length of a noise vector. */
  readonly latent: number;
  /** The number of classes; 0 for a generator without classes. */
  readonly classes: number;
  /** The names of the classes in their order; null when they are unknown. */
  readonly classNames: readonly (string | null)[] | null;

  /**
   * Generates images [N, H, W, channels] in [-1, 1].
   * @param from noise [N, latent], or a count of images, whose noise then follows from `seed`
   * (random by default)
   * @param options.classes one class for all images, or several that are used in turn; the default
   * is 0, 1, 2, ..., without those that the data had no image of; for groups it starts from one
   * that the seed decides
   * @param options.shares how much of each class every image has, [N, classes]; replaces `classes`
   * @throws DcganError for noise, classes or shares of another shape, or a count or seed that is
   * not a whole number
   */
  generate(from: Float32Array | number, options?: GenerateOptions): Promise<Float32Array>;

  /**
   * Returns standard normal noise [count, latent]; equal seeds give equal noise.
   * @throws DcganError for a count or seed that is not a whole number in its range
   */
  sampleNoise(count: number, seed: number): Promise<Float32Array>;

  /**
   * Returns image `index` of generated images as a canvas takes it, [H, W, 4]:
   * `new ImageData(generator.rgba(images), generator.imageShape[1])`.
   * @throws DcganError for an index past the last image
   */
  rgba(images: Float32Array, index?: number): Uint8ClampedArray<ArrayBuffer>;

  /** Frees the memory of the device. */
  dispose(): Promise<void>;

  /** Calls `dispose`, for `await using generator = ...`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A generator whose weights lie on a device. */
export class LoadedGenerator implements Generator {
  readonly imageSize: ImageSize;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly channels: 1 | 3;
  readonly latent: number;
  readonly classes: number;
  readonly classNames: readonly (string | null)[] | null;
  readonly #session: Session;
  readonly #plans = new Map<string, Plan>();
  readonly #drawer: Drawer;

  constructor(model: GeneratorModel, classNames: Generator['classNames'], session: Session) {
    const { imageSize, channels, latent, classes } = model.config;
    this.imageSize = imageSize;
    this.imageShape = imageShape(model.config);
    this.channels = channels;
    this.latent = latent;
    this.classes = classes;
    this.classNames = classNames;
    this.#session = session;
    this.#drawer = {
      model,
      together: (calls) => session.together((inner) => calls({ run: this.#runOn(inner) })),
    };
  }

  generate(from: Float32Array | number, options: GenerateOptions = {}): Promise<Float32Array> {
    return generateImages(this.#drawer, from, options, this.classNames);
  }

  sampleNoise(count: number, seed: number): Promise<Float32Array> {
    return sampleNoise(this.#drawer, count, seed);
  }

  rgba(images: Float32Array, index = 0): Uint8ClampedArray<ArrayBuffer> {
    const [height, width] = this.imageShape;
    const { channels } = this;
    const values = height * width * channels;
    const image = images.subarray(index * values, (index + 1) * values);
    if (image.length !== values)
      throw usage({
        what: `rgba: there is no image ${index}`,
        expected: `an index from 0 to ${Math.floor(images.length / values) - 1}`,
      });
    return rgba({ width, height, channels, pixels: toBytes(image) });
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #runOn(session: Session): Run {
    return (name, computation, options) => {
      let plan = this.#plans.get(name);
      if (!plan) {
        plan = compile(computation(), session.layout);
        this.#plans.set(name, plan);
      }
      return session.run(plan, options);
    };
  }
}
