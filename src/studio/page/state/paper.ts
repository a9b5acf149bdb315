// The paper that a person draws on: the pixels of one picture, some painted and some empty. What
// was painted, or with `emptyCounts` everything, is what the generator's picture is compared with.

import { rgba } from '../../../render/rgba.ts';
import { type ImageForm, pictureOf, pixelsFrom, valuesOf } from './pictures.ts';

export interface Paper {
  readonly form: ImageForm;
  /** Bytes [H, W, channels]. */
  readonly bytes: Uint8Array;
  /** [H, W], 1 where something was painted. */
  readonly painted: Uint8Array;
}

/** Pixels around painted ones that count as empty on purpose, for a shorter side of 28. */
const SURROUNDINGS = 3;

export const emptyPaper = (form: ImageForm): Paper => ({
  form,
  bytes: new Uint8Array(valuesOf(form)),
  painted: new Uint8Array(form.height * form.width),
});

/** Whether nothing is on it. */
export const isEmpty = ({ painted }: Paper): boolean => !painted.includes(1);

export interface Stroke {
  /** From where to where, in pixels of the picture. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** The brush's radius in pixels. */
  readonly radius: number;
  /** [channels]; null takes away what was painted. */
  readonly colour: readonly number[] | null;
}

/** The paper with a stroke more. The brush's edge is soft by half a pixel. */
export function stroked(paper: Paper, { from, to, radius, colour }: Stroke): Paper {
  const { height, width, channels } = paper.form;
  const [bytes, painted] = [paper.bytes.slice(), paper.painted.slice()];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const reach = radius + 0.5 - distance([x + 0.5, y + 0.5], from, to);
      if (reach <= 0) continue;
      const at = y * width + x;
      if (colour === null) {
        painted[at] = 0;
        bytes.fill(0, at * channels, (at + 1) * channels);
        continue;
      }
      const share = Math.min(1, reach);
      if (share < 0.5 && painted[at] === 0) continue;
      painted[at] = 1;
      for (let c = 0; c < channels; c++) {
        const old = bytes[at * channels + c]!;
        const target = colour[c]!;
        const next = Math.round(old + share * (target - old));
        // A second pass of a soft edge never takes away what the first one left.
        bytes[at * channels + c] = target >= 128 ? Math.max(old, next) : next;
      }
    }
  return { ...paper, bytes, painted };
}

/** How far a point is from a piece of a line. */
function distance(
  [x, y]: readonly [number, number],
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.sqrt((x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2);
}

/**
 * How much each pixel counts, [H, W]: all of them, or those that were painted and the close
 * surroundings, which a person left empty on purpose.
 */
export function maskOf({ form: { height, width }, painted }: Paper, emptyCounts: boolean): Float32Array {
  if (emptyCounts) return new Float32Array(painted.length).fill(1);
  const reach = Math.max(1, Math.round((SURROUNDINGS * Math.min(height, width)) / 28));
  const mask = new Float32Array(painted.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (painted[y * width + x] === 0) continue;
      for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++)
        mask.fill(1, v * width + Math.max(0, x - reach), v * width + Math.min(width - 1, x + reach) + 1);
    }
  return mask;
}

/**
 * A picture of a person's own as paper: its middle in the form of the model's pictures, in their
 * size; transparent is empty.
 * @throws Error for what is no picture
 */
export async function paperFrom(file: File, form: ImageForm): Promise<Paper> {
  const { height, width, channels } = form;
  const data = await pixelsFrom(file, form);
  const paper = emptyPaper(form);
  for (let i = 0; i < height * width; i++) {
    if (data[4 * i + 3]! < 128) continue;
    paper.painted[i] = 1;
    const [red, green, blue] = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!];
    const values = channels === 1 ? [Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue)] : [red, green, blue];
    paper.bytes.set(values, i * channels);
  }
  return paper;
}

/** The paper as a PNG in which what does not count is transparent, as `dcgan project` reads it. */
export function canvasOf(paper: Paper, emptyCounts: boolean): HTMLCanvasElement {
  const mask = maskOf(paper, emptyCounts);
  const { height, width } = paper.form;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const data = rgba(pictureOf(paper.bytes, paper.form));
  mask.forEach((counts, i) => {
    data[4 * i + 3] = 255 * counts;
  });
  canvas.getContext('2d')!.putImageData(new ImageData(data, width), 0, 0);
  return canvas;
}
