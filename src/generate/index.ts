// The entry `dcgan/generate`, for pages and programs that only draw: one trained generator, on the
// thread that calls it. It starts no Worker, needs no header of the host, and loads what `dcgan
// export --to safetensors` wrote. Images are those of `dcgan sample --device wasm`, to the bit,
// where the file holds float32.
import type { Generator } from './generator.ts';
import { open } from './open.ts';

export type { ImageSize } from '../data/image-size.ts';
export type { GenerateOptions } from '../gan/drawing.ts';
export { type Complaint, DcganError } from '../platform/errors.ts';
export type { Generator };

/**
 * Loads a generator alone.
 * @param source the file that `dcgan export --to safetensors` (also with `--half`) wrote: its
 * address, which is fetched and may be relative to the page; a Blob, such as a file that was
 * dropped; or its bytes
 * @throws DcganError for a file that cannot be fetched, is damaged, or holds no generator, and
 * where WebAssembly with SIMD is missing
 */
export async function loadGenerator(source: string | URL | Blob | ArrayBuffer | Uint8Array): Promise<Generator> {
  return open(source);
}
