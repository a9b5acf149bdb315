// The kernels of the entry, kernels/wasm/dcgan-generate.wasm. They lie in the entry's one file,
// deflated and in base64.
import { sha256 } from '../platform/sha256.ts';

/** The deflated kernels in base64; scripts/build-page.mjs defines it. */
declare const __DCGAN_GENERATE__: string;

let inflated: Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> | undefined;

/** The kernels' bytes; they are inflated once. */
export function kernels(): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  inflated ??= inflate();
  return inflated;
}

async function inflate(): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  const packed = Uint8Array.from(atob(__DCGAN_GENERATE__), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return { bytes, sha256: sha256(bytes) };
}
