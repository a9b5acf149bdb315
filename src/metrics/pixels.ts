// Uses the pixels of images, reduced to 16 x 16, as features for pictures that no network was
// trained on. Images with similar colours in similar places are near each other. So these features
// tell whether samples differ as the data do, and which samples are copies. They hardly tell
// whether a picture looks right.
import { sha256 } from '../platform/sha256.ts';
import type { Extracted, Extractor } from './extractor.ts';
import { type NetworkInput, networkInput, showInput } from './network-input.ts';
import type { ImageSet } from './pyramid.ts';

export const PIXELS = 'pixels';
const SIDE = 16;

/**
 * Opens the extractor for images of this size and number of channels. A feature vector has 16 x 16
 * x channels values in [-1, 1].
 */
export function openPixels({ height, width, channels }: Omit<ImageSet, 'images' | 'count'>): Extractor {
  const form = { height: SIDE, width: SIDE, channels: channels as NetworkInput['channels'] };
  const input: NetworkInput = { ...form, order: 'NHWC', range: '-1..1', bytes: false };
  const values = SIDE * SIDE * channels;
  return {
    name: PIXELS,
    sha256: sha256(new TextEncoder().encode(`${PIXELS}: ${showInput(input)}`)),
    input: showInput(input),
    computedBy: 'JavaScript',
    async extract(images: Float32Array, count: number): Promise<Extracted> {
      const found = networkInput(images, { count, height, width, channels }, input) as Float32Array;
      return { features: { count, width: values, values: found }, logits: null };
    },
    dispose: async () => {},
  };
}
