// Images of networks on their way to the screen and to files.
import { toBytes } from '../../../data/pixels.ts';
import type { Picture } from '../../../render/grid.ts';
import { rgba } from '../../../render/rgba.ts';
import { t } from '../strings/index.ts';

/** What an image [H, W, channels] is, beside its values. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export const valuesOf = ({ height, width, channels }: ImageForm): number => height * width * channels;

/** Every image of [N, H, W, channels] as bytes [H, W, channels]. */
export function bytesOf(images: Float32Array, form: ImageForm): Uint8Array[] {
  const size = valuesOf(form);
  return Array.from({ length: images.length / size }, (_, i) => toBytes(images.subarray(i * size, (i + 1) * size)));
}

export const pictureOf = (bytes: Uint8Array, { height, width, channels }: ImageForm): Picture => ({
  width,
  height,
  channels: channels as Picture['channels'],
  pixels: bytes,
});

/** The middle of a visitor's picture in a form, [H, W, 4]. @throws Error for what is no picture */
export async function pixelsFrom(file: File, { height, width }: ImageForm): Promise<Uint8ClampedArray> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(t.value.noPictures(file.name));
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  const scale = Math.min(picture.width / width, picture.height / height);
  const [across, down] = [scale * width, scale * height];
  const [left, top] = [(picture.width - across) / 2, (picture.height - down) / 2];
  context.drawImage(picture, left, top, across, down, 0, 0, width, height);
  picture.close();
  return context.getImageData(0, 0, width, height).data;
}

/** Draws a picture over all of a canvas, which takes the picture's size. */
export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d')!.putImageData(new ImageData(rgba(picture), width), 0, 0);
}

/** A picture as the bytes of a PNG. */
export function pngOf(picture: Picture): Promise<Blob> {
  const canvas = document.createElement('canvas');
  paint(canvas, picture);
  return pngOfCanvas(canvas);
}

export function pngOfCanvas(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('PNG'))), 'image/png');
  });
}
