// The class that training reads from: all images as bytes in one block, NHWC, and mini-batches of
// them as float32 in [-1, 1], by index. Images are kept as bytes, because MNIST then takes 47 MB
// instead of 188, and scaling a mini-batch costs nothing beside the step that it feeds. Only
// pixel-source.ts knows where the bytes lie: in memory, or in a file that is too large for it.

import { bytes, isBytes } from '../platform/arrays.ts';
import { DcganError } from '../platform/errors.ts';
import { FirstPixels, MemoryPixels, MirroredPixels, type PixelSource } from './pixel-source.ts';
import { toNumbers } from './pixels.ts';

/** The parts of a dataset: `images` [count, height, width, channels], `labels` [count]. */
export interface DatasetParts {
  /** Short, fit for a folder's name: `mnist`. */
  readonly name: string;
  /** Bytes [count, height, width, channels], 0 to 255. */
  readonly images: Uint8Array | PixelSource;
  /** Number of images, at least 1. */
  readonly count: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /** The class of each image, [count]. */
  readonly labels?: Uint8Array;
  /** What the labels mean, in their order. */
  readonly classes?: readonly string[];
  /**
   * The known dataset (`mnist`) that these images are, or were resized from. A name alone says
   * nothing: see `originOf`.
   */
  readonly origin?: string;
  /** Why there are no labels, in words, where something is known of it. */
  readonly whyNoClasses?: string;
}

/**
 * Images in memory or in a file, with their labels where there are any. It is never changed in
 * place.
 */
export class Dataset implements DatasetParts {
  /** Short, fit for a folder's name. */
  readonly name: string;
  /** Number of images. */
  readonly count: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /** The class of each image, [count]; missing where there are none. */
  readonly labels?: Uint8Array;
  /** What the labels mean, in their order. */
  readonly classes?: readonly string[];
  /** The known dataset that these images are, or were resized from. */
  readonly origin?: string;
  /** Why there are no labels, in words, where something is known of it. */
  readonly whyNoClasses?: string;
  readonly #pixels: PixelSource;
  #scratch: Uint8Array | undefined;

  constructor(parts: DatasetParts) {
    const { name, images, count, height, width, channels, labels, classes, origin, whyNoClasses } = parts;
    // A source of pixels is known by its call; anything else must be bytes.
    if (typeof (images as Partial<PixelSource> | undefined)?.read !== 'function')
      bytes(`dataset ${name}: its images`, images);
    if (labels) bytes(`dataset ${name}: its labels`, labels);
    const expected = count * height * width * channels;
    if (count === 0 || images.length !== expected) {
      throw new DcganError({
        what: `dataset ${name}: its images don't fill their shape`,
        expected: `at least one image, ${count} × ${height} × ${width} × ${channels} = ${expected} bytes`,
        got: `${images.length} bytes`,
      });
    }
    if (labels && labels.length !== count) {
      throw new DcganError({
        what: `dataset ${name}: labels and images differ in number`,
        expected: `${count} labels`,
        got: `${labels.length}`,
      });
    }
    this.name = name;
    this.#pixels = isBytes(images) ? new MemoryPixels(images) : images;
    this.count = count;
    this.height = height;
    this.width = width;
    this.channels = channels;
    if (labels) this.labels = labels;
    if (classes) this.classes = classes;
    if (origin !== undefined) this.origin = origin;
    if (whyNoClasses !== undefined && !labels) this.whyNoClasses = whyNoClasses;
  }

  /**
   * All images at once: a view where they lie in memory, else read from their file, which may be
   * larger than memory.
   */
  get images(): Uint8Array {
    return this.#pixels.all();
  }

  /**
   * SHA-256 of the images' bytes, 64 hex digits: by it a run knows its data again, wherever they
   * lie.
   */
  get sha256(): string {
    return this.#pixels.sha256;
  }

  /** Values of one image: height · width · channels. */
  get imageSize(): number {
    return this.height * this.width * this.channels;
  }

  /**
   * Classes of the labels: as many as are named, else one more than the largest; 0 without labels.
   */
  get classCount(): number {
    if (!this.labels) return 0;
    return this.classes?.length ?? this.labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  }

  /**
   * The same images (no copy), known to be those of the known dataset `origin`, or resized from it.
   * @throws never
   */
  knownAs(origin: string): Dataset {
    return new Dataset({ ...this.#shape(), origin, images: this.#pixels, count: this.count, ...this.#labels() });
  }

  /**
   * The same images (no copy), which have no labels for the reason `why`; the dataset itself where
   * it has labels.
   * @throws never
   */
  withoutClasses(why: string): Dataset {
    if (this.labels) return this;
    return new Dataset({ ...this.#shape(), whyNoClasses: why, images: this.#pixels, count: this.count });
  }

  /**
   * The first `n` images (no copy); all of them when there are no more than `n`.
   * @throws DcganError for no images
   */
  limit(n: number): Dataset {
    if (n >= this.count) return this;
    const { labels } = this;
    const images = new FirstPixels(this.#pixels, n * this.imageSize);
    return new Dataset({ ...this.#shape(), images, count: n, ...(labels && { labels: labels.subarray(0, n) }) });
  }

  /**
   * Twice the images: after each one its mirror image, left and right exchanged, under the same
   * label (no copy).
   */
  mirrored(): Dataset {
    const { labels, width, channels, count } = this;
    const images = new MirroredPixels(this.#pixels, this.imageSize, width, channels);
    const twice = labels && Uint8Array.from({ length: 2 * count }, (_, i) => labels[i >> 1]!);
    // Mirror images are no images of the known dataset.
    const { origin: _, ...shape } = this.#shape();
    return new Dataset({ ...shape, images, count: 2 * count, ...(twice && { labels: twice }) });
  }

  /**
   * Returns the same images under other labels [count] (no copy). The names of the classes are
   * dropped, since they belong to the old labels.
   * @throws DcganError for another number of labels
   */
  labelled(labels: Uint8Array): Dataset {
    const { classes: _, ...shape } = this.#shape();
    return new Dataset({ ...shape, count: this.count, images: this.#pixels, labels });
  }

  /**
   * The bytes of images `from` (inclusive) to `to` (exclusive), [to - from, height, width,
   * channels].
   * @throws DcganError for an index outside the dataset
   */
  bytes(from: number, to: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, to - from) * this.imageSize);
    if (out.length > 0) {
      this.#check(from);
      this.#check(to - 1);
      this.#pixels.read(from * this.imageSize, out);
    }
    return out;
  }

  /**
   * The images of `indices`, in their order, as float32 in [-1, 1].
   * @param out [indices.length, height, width, channels], or longer; values behind stay unchanged
   * @throws DcganError for an index outside the dataset, or an `out` that is too short
   */
  batch(indices: ArrayLike<number>, out = new Float32Array(indices.length * this.imageSize)): Float32Array {
    const size = this.imageSize;
    if (out.length < indices.length * size) {
      throw new DcganError({
        what: `dataset ${this.name}: the batch has no room`,
        expected: `${indices.length} × ${size} values`,
        got: `${out.length}`,
      });
    }
    this.#scratch ??= new Uint8Array(size);
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row]!;
      this.#check(index);
      this.#pixels.read(index * size, this.#scratch);
      toNumbers(this.#scratch, out.subarray(row * size));
    }
    return out;
  }

  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.count) return;
    throw new DcganError({
      what: `dataset ${this.name}: no such image`,
      expected: `an index from 0 to ${this.count - 1}`,
      got: String(index),
    });
  }

  #labels(): { readonly labels?: Uint8Array } {
    return this.labels ? { labels: this.labels } : {};
  }

  #shape(): Omit<DatasetParts, 'images' | 'count' | 'labels'> {
    const { name, height, width, channels, classes, origin, whyNoClasses } = this;
    return {
      ...{ name, height, width, channels },
      ...(classes && { classes }),
      ...(origin !== undefined && { origin }),
      ...(whyNoClasses !== undefined && { whyNoClasses }),
    };
  }
}
