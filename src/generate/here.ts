// A generator alone as a `DCGAN` on the page's own thread, for a page that may start no Worker. It
// draws, shows its layers, and finds the noise of a picture. Its discriminator has never been
// trained: all of its variables are zero.
import { DCGAN } from '../gan/dcgan.ts';
import { decodeGenerator } from './file.ts';

/**
 * @param bytes what `dcgan export --to safetensors` wrote
 * @throws DcganError for other bytes, and where WebAssembly with SIMD is missing
 */
export function openHere(bytes: Uint8Array): Promise<DCGAN> {
  const { model, classNames, tensors } = decodeGenerator(bytes, 'the generator');
  const config = { ...model.config, ema: 0, shards: 1, precision: 'float32' as const };
  const snapshot = { config, seed: 0, step: 0, epoch: 0, tensors, ...(classNames && { classNames }) };
  return DCGAN.fromSnapshot(snapshot, { device: 'wasm', threads: 1 });
}
