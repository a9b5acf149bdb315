// What a visitor brings to train on: pictures, which become a dataset in the page, or one file of
// images (a pack or an IDX file). Nothing of it leaves the page.
import type { Dataset } from 'dcgan/browser';
import { t } from '../strings/index.ts';
import { type ImageForm, pixelsFrom, valuesOf } from './pictures.ts';

export interface Brought {
  readonly data: Dataset;
  /** The names of files that no browser could read as a picture. */
  readonly broken: readonly string[];
}

/** Sides that a visitor can choose; larger ones take minutes for an epoch in a page. */
export const SIDES = [28, 32, 48, 64] as const;

/**
 * @param side the side to which pictures are brought; a file of images keeps its own
 * @param tell is told how many pictures were read
 * @throws Error where no file can be read
 */
export async function bring(
  files: readonly File[],
  side: number,
  tell: (read: number) => void = () => {},
): Promise<Brought> {
  const { datasets } = await import('dcgan/browser');
  const [first] = files;
  if (files.length === 1 && first && !first.type.startsWith('image/'))
    return { data: await datasets.open(first, { name: nameOf(first) }), broken: [] };
  const form: ImageForm = { height: side, width: side, channels: 3 };
  const [pictures, broken]: [Uint8ClampedArray[], string[]] = [[], []];
  for (const [i, file] of files.entries()) {
    await pixelsFrom(file, form).then(
      (pixels) => pictures.push(pixels),
      () => broken.push(file.name),
    );
    tell(i + 1);
  }
  if (pictures.length === 0) throw new Error(t.value.noPictures(broken.slice(0, 3).join(', ')));
  const channels = pictures.every(isGrey) ? 1 : 3;
  const size = valuesOf({ ...form, channels });
  const images = new Uint8Array(pictures.length * size);
  pictures.forEach((pixels, i) => {
    images.set(withoutAlpha(pixels, channels), i * size);
  });
  const shape = { count: pictures.length, height: side, width: side, channels };
  return { data: datasets.from({ name: 'own-pictures', images, ...shape }), broken };
}

const nameOf = ({ name }: File): string => name.replace(/[^\w.-]+/g, '-').slice(0, 40) || 'images';

function isGrey(pixels: Uint8ClampedArray): boolean {
  for (let i = 0; i < pixels.length; i += 4)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}

/** [H, W, 4] on black as [H, W, channels]. */
function withoutAlpha(pixels: Uint8ClampedArray, channels: 1 | 3): Uint8Array {
  const out = new Uint8Array((pixels.length / 4) * channels);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += channels) {
    const opaque = pixels[from + 3]! / 255;
    for (let c = 0; c < channels; c++) out[to + c] = Math.round(opaque * pixels[from + c]!);
  }
  return out;
}
