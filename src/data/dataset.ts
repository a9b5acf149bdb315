// What training reads: all images as bytes in one block, NHWC, and batches of them as float32 in [-1, 1], by index. Bytes,
// because MNIST is then 47 MB instead of 188, and scaling a batch costs nothing beside the step it feeds.

import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { toNumbers } from './pixels.ts';

/** The parts of a data set; `images` [count, height, width, channels], `labels` [count]. */
export interface DatasetParts {
  /** Short, fit for a folder's name: `mnist`. */
  readonly name: string;
  readonly images: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly labels?: Uint8Array;
}

export class Dataset implements DatasetParts {
  readonly name: string;
  readonly images: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly labels?: Uint8Array;
  #sha256: string | undefined;

  constructor(parts: DatasetParts) {
    const { name, images, count, height, width, channels, labels } = parts;
    const expected = count * height * width * channels;
    if (count === 0 || images.length !== expected) {
      throw new DcganError({
        what: `data set ${name}: its images don't fill their shape`,
        expected: `at least one image, ${count} × ${height} × ${width} × ${channels} = ${expected} bytes`,
        got: `${images.length} bytes`,
      });
    }
    if (labels && labels.length !== count) {
      throw new DcganError({
        what: `data set ${name}: labels and images differ in number`,
        expected: `${count} labels`,
        got: `${labels.length}`,
      });
    }
    this.name = name;
    this.images = images;
    this.count = count;
    this.height = height;
    this.width = width;
    this.channels = channels;
    if (labels) this.labels = labels;
  }

  /** SHA-256 of the images' bytes, 64 hex digits: by it a run knows its data again, wherever they lie. */
  get sha256(): string {
    this.#sha256 ??= sha256(this.images);
    return this.#sha256;
  }

  /** Values of one image: height · width · channels. */
  get imageSize(): number {
    return this.height * this.width * this.channels;
  }

  /** The first `n` images (no copy); all of them when there are no more than `n`. */
  limit(n: number): Dataset {
    if (n >= this.count) return this;
    const { name, height, width, channels, labels } = this;
    const images = this.images.subarray(0, n * this.imageSize);
    const parts = { name, images, count: n, height, width, channels };
    return new Dataset(labels ? { ...parts, labels: labels.subarray(0, n) } : parts);
  }

  /**
   * The images of `indices`, in their order, as float32 in [-1, 1].
   * @param out [indices.length, height, width, channels], or longer: what lies behind stays as it is
   * @throws DcganError for an index outside the data set, or an `out` that is too short
   */
  batch(indices: ArrayLike<number>, out = new Float32Array(indices.length * this.imageSize)): Float32Array {
    const size = this.imageSize;
    if (out.length < indices.length * size) {
      throw new DcganError({
        what: `data set ${this.name}: the batch has no room`,
        expected: `${indices.length} × ${size} values`,
        got: `${out.length}`,
      });
    }
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row]!;
      if (!(Number.isInteger(index) && index >= 0 && index < this.count)) {
        throw new DcganError({
          what: `data set ${this.name}: no such image`,
          expected: `an index from 0 to ${this.count - 1}`,
          got: String(index),
        });
      }
      toNumbers(this.images.subarray(index * size, (index + 1) * size), out.subarray(row * size));
    }
    return out;
  }
}
