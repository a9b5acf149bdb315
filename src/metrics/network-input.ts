// Converts images to a network's input: its size, channels, range of values and order of axes.
// Sizes change by the triangle filter. Enlarging, it is bilinear interpolation; reducing, it
// averages all pixels that it covers. Without that average a distance measures the gaps (Parmar et
// al., "On aliased resizing and surprising subtleties in GAN evaluation", 2022).

import type { ImageSet } from './pyramid.ts';

/**
 * The ranges that -1 to 1 can be converted to. `imagenet` is 0 to 1 minus ImageNet's means, divided
 * by its deviations.
 */
export const PIXEL_RANGES = ['-1..1', '0..1', '0..255', 'imagenet'] as const;
/** The range of the pixel values that a network takes. */
export type PixelRange = (typeof PIXEL_RANGES)[number];

export interface NetworkInput {
  readonly order: 'NCHW' | 'NHWC';
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly range: PixelRange;
  /** Whether the input takes bytes, which only works with the range 0..255. */
  readonly bytes: boolean;
}

/** Weights of red, green and blue in a grey value (ITU-R BT.601). */
const GREY = [0.299, 0.587, 0.114] as const;
const MEANS = [0.485, 0.456, 0.406] as const;
const DEVIATIONS = [0.229, 0.224, 0.225] as const;

/** Describes the input in reports: `NCHW 299 x 299 x 3, -1..1`. */
export function showInput({ order, height, width, channels, range }: NetworkInput): string {
  return `${order} ${height} x ${width} x ${channels}, ${range}`;
}

/** Returns the network's input for images [count, height, width, channels] in [-1, 1]. */
export function networkInput(
  images: Float32Array,
  { count, height: high, width: wide, channels }: Omit<ImageSet, 'images'>,
  input: NetworkInput,
): Float32Array | Uint8Array {
  const { height, width, order, channels: wanted } = input;
  const planes = channels === 3 && wanted === 1 ? 1 : channels;
  const [across, down] = [taps(wide, width), taps(high, height)];
  const pixels = height * width;
  const out = input.bytes ? new Uint8Array(count * pixels * wanted) : new Float32Array(count * pixels * wanted);
  const narrow = new Float64Array(high * width);
  for (let n = 0; n < count; n++)
    for (let plane = 0; plane < planes; plane++) {
      const value = pixelReader(images.subarray(n * high * wide * channels), channels, planes, plane);
      for (let y = 0; y < high; y++)
        for (let x = 0; x < width; x++) {
          let sum = 0;
          const { first, weights } = across[x]!;
          for (let t = 0; t < weights.length; t++) sum += weights[t]! * value(y * wide + first + t);
          narrow[y * width + x] = sum;
        }
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          let sum = 0;
          const { first, weights } = down[y]!;
          for (let t = 0; t < weights.length; t++) sum += weights[t]! * narrow[(first + t) * width + x]!;
          // A grey image has the same values in all channels.
          for (let c = plane; c < wanted; c += planes) {
            const at =
              order === 'NCHW' ? (n * wanted + c) * pixels + y * width + x : (n * pixels + y * width + x) * wanted + c;
            out[at] = input.bytes ? Math.round(inRange(sum, '0..255', c)) : inRange(sum, input.range, c);
          }
        }
    }
  return out;
}

function pixelReader(image: Float32Array, channels: number, planes: number, plane: number): (at: number) => number {
  if (channels === planes) return (at) => image[at * channels + plane]!;
  return (at) => GREY[0] * image[3 * at]! + GREY[1] * image[3 * at + 1]! + GREY[2] * image[3 * at + 2]!;
}

function inRange(value: number, range: PixelRange, channel: number): number {
  if (range === '-1..1') return value;
  const part = (value + 1) / 2;
  if (range === '0..1') return part;
  if (range === '0..255') return 255 * part;
  return (part - MEANS[channel]!) / DEVIATIONS[channel]!;
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * For each of `to` pixels along an axis, returns the pixels among `from` that it is computed from.
 * Pixels beyond the edge do not count.
 */
function taps(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.floor(centre - reach) + 1);
    const last = Math.min(from - 1, Math.ceil(centre + reach) - 1);
    const weights = Array.from({ length: last - first + 1 }, (__, t) => 1 - Math.abs(first + t - centre) / reach);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}
