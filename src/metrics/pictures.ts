// The extractor `pictures`: features of pictures of any kind and size, by a bundled network. They
// tell parts, colours and textures apart, and they notice blur, noise and blends of two pictures.
// They say more of a person's own pictures than pixels do (docs/own-pictures.md).
import { readFileSync } from 'node:fs';
import { sha256 } from '../platform/sha256.ts';
import { openBundled } from './bundled.ts';
import type { Extracted, Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';
import { type NetworkInput, networkInput, showInput } from './network-input.ts';
import { CHANNELS, featuresOf, makePictureNetwork, SIDE, WIDTH } from './picture-network.ts';
import type { ImageSet } from './pyramid.ts';

export const PICTURES = 'pictures';
/** scripts/train-pictures.mjs trains this file. */
export const PICTURES_FILE = new URL('../../assets/pictures.safetensors', import.meta.url);

const INPUT: NetworkInput = {
  order: 'NHWC',
  height: SIDE,
  width: SIDE,
  channels: CHANNELS,
  range: '-1..1',
  bytes: false,
};
/** The most pictures that are computed together: 100 take 100 MB. */
const BATCH = 100;

/** Opens the network in a file, by default the bundled one, for images of a size. */
export async function openPictures(
  { height, width, channels }: Omit<ImageSet, 'images' | 'count'>,
  machine: MetricsMachine,
  bytes: Uint8Array = readFileSync(PICTURES_FILE),
): Promise<Extractor> {
  const model = makePictureNetwork();
  const network = await openBundled(
    {
      name: 'pictures.safetensors',
      bytes,
      variables: model.variables,
      computation: (count) => featuresOf(model, count),
      outputs: { features: WIDTH },
      batch: BATCH,
    },
    machine,
  );
  return {
    name: PICTURES,
    sha256: sha256(bytes),
    input: showInput(INPUT),
    computedBy: network.computedBy,
    async extract(images: Float32Array, count: number): Promise<Extracted> {
      const values = networkInput(images, { count, height, width, channels }, INPUT) as Float32Array;
      const [features] = await network.run(values, count);
      return { features: features!, logits: null };
    },
    dispose: () => network.dispose(),
  };
}
