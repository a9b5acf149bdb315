// The size of images. A square is one number, its side, as configurations have always had it. A
// rectangle is [height, width], in the order of tensors (NHWC). Arithmetic on the type does not
// compile, so that whoever needs pixels asks for both sides.

import { DcganError, usage } from '../platform/errors.ts';

/** The side of square images in pixels, or [height, width]; never a pair of equal sides. */
export type ImageSize = number | readonly [height: number, width: number];

/** Returns the size of images with these sides in pixels. */
export function imageSizeOf(height: number, width: number): ImageSize {
  return height === width ? height : [height, width];
}

/** Returns both sides in pixels. */
export function sidesOf(size: ImageSize): readonly [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** Returns the shape of one image, [height, width, channels]. */
export function imageShape({
  imageSize,
  channels,
}: {
  readonly imageSize: ImageSize;
  readonly channels: number;
}): readonly [height: number, width: number, channels: number] {
  return [...sidesOf(imageSize), channels];
}

/** Returns `28 x 28` for a square and `64 x 96` for height 64 and width 96. */
export function showSize(size: ImageSize): string {
  return sidesOf(size).join(' x ');
}

/** Returns `28 x 28 x 1`; for a rectangle `64 x 96 x 3 (height x width x channels)`. */
export function showShaped(size: ImageSize, channels: number): string {
  const [height, width] = sidesOf(size);
  return `${showSize(size)} x ${channels}${height === width ? '' : ' (height x width x channels)'}`;
}

/** Returns a size as `--size` takes it: `28`, or `64x96`. */
export function sizeText(size: ImageSize): string {
  return typeof size === 'number' ? String(size) : size.join('x');
}

/** Returns the size that a text such as `28` or `64x96` means; null for any other text. */
export function sizeFromText(text: string): ImageSize | null {
  const [, height, width = height] = /^(\d{1,5})(?:x(\d{1,5}))?$/i.exec(text) ?? [];
  return height === undefined ? null : imageSizeOf(Number(height), Number(width));
}

/** Both sides of images that the networks take lie within these, and STEP divides them. */
const [LEAST, MOST, STEP] = [8, 256, 4];
/** The sides that the networks take, in words. */
const TRAINABLE = `sides from ${LEAST} to ${MOST} that ${STEP} divides`;
export const SIDE_LIMITS = { least: LEAST, most: MOST, step: STEP } as const;

/** Returns whether the networks take images of this size. */
export function isTrainable(size: ImageSize): boolean {
  return sidesOf(size).every((side) => side >= LEAST && side <= MOST && side % STEP === 0);
}

/**
 * Refuses a size that a person chose and no network takes. `option` is its name.
 * @throws a usage error
 */
export function refuseSize(size: ImageSize | undefined, option: 'size' | 'imageSize'): void {
  if (size === undefined || isTrainable(size)) return;
  throw usage({
    what: `${option} does not suit the networks`,
    expected: TRAINABLE,
    got: sizeText(size),
    options: [option],
  });
}

/** @throws DcganError for images of dataset `name` that no network takes as they are */
export function refuseImages(name: string, size: ImageSize): void {
  if (isTrainable(size)) return;
  throw new DcganError({
    what: `the images of dataset ${name} have a size that cannot be trained`,
    expected: TRAINABLE,
    got: showSize(size),
    todo: 'Choose another size: --size 64',
  });
}
