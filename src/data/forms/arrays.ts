// Turns an array of numbers into images. It finds out which of the array's axes are images, rows,
// columns and channels; values.ts says how its values become bytes. A shape that could mean two
// things is refused with the command that makes it clear.

import { viewOf } from '../../platform/bytes.ts';
import { DcganError } from '../../platform/errors.ts';
import { rgbOf } from '../colours.ts';
import { IN_MEMORY } from '../pack.ts';
import { MemoryPixels, type PixelSource, Source } from '../pixel-source.ts';
import type { FormOptions } from './form.ts';
import { bytesOf, type ValueType } from './values.ts';

/** An array, rows after rows (C order). */
export interface NumberArray {
  /** As messages call it: `mnist.npz: x_train`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ValueType;
  /** The values' bytes. */
  readonly raw: PixelSource;
}

/** Images as they go into a Dataset. */
export interface ArrayImages {
  readonly images: PixelSource;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

interface Layout {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Each channel is a plane, as PyTorch stores images. */
  readonly planes: boolean;
}

const EXPECTED = '[N, height, width] or [N, height, width, 1 or 3], N at least 1';

/**
 * Images of an array of any type and usual shape; `onNote` hears how values and axes were read.
 * @throws DcganError for a shape or a range of values that could mean anything
 */
export async function imagesOf(array: NumberArray, options: FormOptions): Promise<ArrayImages> {
  const { name, type, raw } = array;
  const layout = layoutOf(array);
  const { count, channels } = layout;
  let { height, width } = layout;
  let images = bytesOf(raw, type, name, options.onNote);
  const size = height * width * channels;
  if (layout.planes && channels > 1) {
    options.onNote(`${name} is [${array.shape.join(', ')}], which is read as [N, channels, height, width]`);
    images = new RearrangedPixels(images, size, planesToPixels(height * width, channels));
  }
  if (options.transpose) {
    images = new RearrangedPixels(images, size, transposed(height, width, channels));
    [height, width] = [width, height];
  }
  if (channels === 4) {
    options.onNote(`${name} has an alpha channel: its images are laid on ${options.background ?? 'white'}`);
    images = new OpaquePixels(images, await rgbOf(options.background));
  }
  // Scaling costs more than a copy.
  if (images !== raw && images.length <= IN_MEMORY) images = new MemoryPixels(images.all());
  return { images, count, height, width, channels: channels === 1 ? 1 : 3 };
}

function layoutOf({ name, shape }: NumberArray): Layout {
  const [count = 0, second = 0, third = 0, fourth = 0] = shape;
  const refuse = (todo: string): DcganError =>
    new DcganError({ what: `${name} has the wrong shape`, expected: EXPECTED, got: `[${shape.join(', ')}]`, todo });
  if (shape.some((length) => length === 0)) throw refuse('Save at least one image');
  if (shape.length === 2) {
    const side = Math.sqrt(second);
    if (count === second) throw refuse(onePicture('images[None]', side));
    if (Number.isInteger(side) && side > 1) return { count, height: side, width: side, channels: 1, planes: false };
    const square = Math.sqrt(second / 3);
    if (Number.isInteger(square) && square > 1)
      throw refuse(
        `Say how its ${second} columns lie: images.reshape(-1, 3, ${square}, ${square}) where they are planes, images.reshape(-1, ${square}, ${square}, 3) where they are pixels`,
      );
    throw refuse('Give the images their sides: images.reshape(-1, height, width); or a single one: images[None]');
  }
  if (shape.length === 3) {
    if (third <= 4 && second > 4) throw refuse('A single picture needs a count before it: images[None]');
    return { count, height: second, width: third, channels: 1, planes: false };
  }
  const usual = (n: number): boolean => n === 1 || n === 3 || n === 4;
  if (shape.length === 4 && usual(fourth))
    return { count, height: second, width: third, channels: fourth, planes: false };
  if (shape.length === 4 && usual(second))
    return { count, height: third, width: fourth, channels: second, planes: true };
  throw refuse(
    shape.length === 4
      ? fourth > 4
        ? 'Keep one or three channels: images[..., :3]'
        : 'Keep one channel: images[..., :1]; or make three of them'
      : 'Give the images their axes: numpy.save(file, images.reshape(-1, height, width))',
  );
}

function onePicture(command: string, side: number): string {
  const rows = Number.isInteger(side) && side > 1 ? `; rows of images: images.reshape(-1, ${side}, ${side})` : '';
  return `A single picture needs a count before it: ${command}${rows}`;
}

/** Where each value of an image comes from. */
export function planesToPixels(plane: number, channels: number): Uint32Array {
  return Uint32Array.from({ length: plane * channels }, (_, i) => (i % channels) * plane + Math.floor(i / channels));
}

/** As `planesToPixels`, for rows that were columns: [height, width] becomes [width, height]. */
export function transposed(height: number, width: number, channels: number): Uint32Array {
  return Uint32Array.from({ length: height * width * channels }, (_, i) => {
    const [channel, pixel] = [i % channels, Math.floor(i / channels)];
    return ((pixel % height) * width + Math.floor(pixel / height)) * channels + channel;
  });
}

/**
 * Each image of another source with its values in another order: value i comes from place
 * `order[i]`. Its unit is an image.
 */
export class RearrangedPixels extends Source {
  readonly #of: PixelSource;
  readonly #size: number;
  readonly #order: Uint32Array;

  constructor(of: PixelSource, size: number, order: Uint32Array) {
    super(of.length, size);
    this.#of = of;
    this.#size = size;
    this.#order = order;
  }

  read(offset: number, out: Uint8Array): void {
    const image = new Uint8Array(this.#size);
    for (let done = 0; done < out.length; done += this.#size) {
      this.#of.read(offset + done, image);
      for (let i = 0; i < this.#size; i++) out[done + i] = image[this.#order[i]!]!;
    }
  }
}

/** Red, green, blue and alpha of another source, laid on a colour. Its unit is a pixel. */
class OpaquePixels extends Source {
  readonly #of: PixelSource;
  readonly #colour: readonly [number, number, number];

  constructor(of: PixelSource, colour: readonly [number, number, number]) {
    super((of.length / 4) * 3, of.unit === 1 ? 3 : (of.unit / 4) * 3);
    this.#of = of;
    this.#colour = colour;
  }

  read(offset: number, out: Uint8Array): void {
    const four = new Uint8Array((out.length / 3) * 4);
    this.#of.read((offset / 3) * 4, four);
    for (let p = 0; 3 * p < out.length; p++) {
      const alpha = four[4 * p + 3]!;
      for (let c = 0; c < 3; c++)
        out[3 * p + c] = Math.round((four[4 * p + c]! * alpha + this.#colour[c]! * (255 - alpha)) / 255);
    }
  }
}

/** Labels as bytes, or why they are none. */
export type Labels = { readonly labels: Uint8Array } | { readonly why: string };

/**
 * The class of each of `count` images from an array [count], [count, 1] or [count, classes] of
 * zeros and ones.
 */
export function labelsOf({ name, shape, type, raw }: NumberArray, count: number): Labels {
  const [rows = 0, columns = 1] = shape;
  const shown = `${name} is ${type.shown} [${shape.join(', ')}]`;
  if (shape.length > 2 || rows !== count) return { why: `${shown}, which is no label for each of ${count} images` };
  const bytes = raw.all();
  const view = viewOf(bytes);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const values = Array.from({ length: columns }, (_, c) => type.read(view, (row * columns + c) * type.bytes));
    const oneHot = columns > 1 && values.filter((v) => v === 1).length === 1 && values.every((v) => v === 0 || v === 1);
    if (columns > 1 && !oneHot) return { why: `${shown}, whose row ${row} says more or less than one class` };
    const label = columns > 1 ? values.indexOf(1) : values[0]!;
    if (!Number.isInteger(label) || label < 0 || label > 255)
      return { why: `${shown}, and ${label} in row ${row} is not a class from 0 to 255` };
    labels[row] = label;
  }
  return { labels };
}
