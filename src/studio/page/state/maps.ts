// Maps of a layer, and evidence of pixels, as pictures.
import type { Layer } from 'dcgan/browser';
import { makeGrid, type Picture } from '../../../render/grid.ts';
import { type ImageForm, pictureOf } from './pictures.ts';

/** A map is shown at least this large. */
const TILE = 56;
/** More maps than these are too many to look at. */
export const MOST_MAPS = 64;

export interface Maps {
  readonly name: string;
  /** `7 × 7` */
  readonly size: string;
  readonly count: number;
  readonly picture: Picture;
}

/** The maps of each layer that has any, on one scale within the layer. */
export function mapsOf(layers: readonly Layer[]): Maps[] {
  return layers.flatMap(({ name, shape, data }) => {
    const [, height = 0, width = 0, count = 0] = shape;
    if (shape.length !== 4) return [];
    const shown = Math.min(count, MOST_MAPS);
    const [low, high] = rangeOf(data);
    const scale = high > low ? 255 / (high - low) : 0;
    const tiles = new Uint8Array(shown * height * width);
    for (let map = 0; map < shown; map++)
      for (let i = 0; i < height * width; i++)
        tiles[map * height * width + i] = Math.round(scale * (data[i * count + map]! - low));
    const picture = makeGrid(tiles, [shown, height, width, 1], {
      columns: columnsFor(shown),
      enlarge: Math.max(1, Math.round(TILE / height)),
    });
    return [{ name, size: `${height} × ${width}`, count, picture }];
  });
}

/** Rows are full where the number allows it, because empty places of a grid are white. */
function columnsFor(maps: number): number {
  const wanted = Math.sqrt(2 * maps);
  const full = Array.from({ length: 13 }, (_, i) => i + 4).filter((columns) => maps % columns === 0);
  if (full.length === 0) return Math.min(maps, Math.ceil(wanted));
  return full.reduce((best, columns) => (Math.abs(columns - wanted) < Math.abs(best - wanted) ? columns : best));
}

function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

export interface Evidence {
  /** What speaks for a real image, and what against: each pixel's part, black for none. */
  readonly for: Picture;
  readonly against: Picture;
}

/** The colours of the two networks on black: cool speaks for a real image, warm for a made one. */
const [COOL, WARM] = [
  [125, 177, 255],
  [255, 157, 87],
] as const;

/** The gradient of the logit times the picture, pixel by pixel, both [H, W, channels]. */
export function evidenceOf(gradient: Float32Array, image: Float32Array, form: ImageForm): Evidence {
  const pixels = form.height * form.width;
  const parts = new Float32Array(pixels);
  for (let i = 0; i < image.length; i++) parts[Math.floor(i / form.channels)]! += gradient[i]! * image[i]!;
  const most = parts.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const coloured = (sign: number, colour: readonly number[]): Picture => {
    const bytes = new Uint8Array(3 * pixels);
    parts.forEach((value, i) => {
      const share = Math.max(0, (sign * value) / most);
      colour.forEach((part, c) => {
        bytes[3 * i + c] = Math.round(part * share);
      });
    });
    return pictureOf(bytes, { ...form, channels: 3 });
  };
  return { for: coloured(1, COOL), against: coloured(-1, WARM) };
}
