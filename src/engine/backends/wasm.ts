// The wasm device in Node: the fallback where no C compiler is found. Same C sources as native, built ahead to
// WebAssembly with simd128 and threads; the same bits on every machine, and in a page.
import { DcganError } from '../../platform/errors.ts';
import type { OpenBackend } from './backend.ts';
import { wasmOpener, wasmVariant } from './wasm-backend.ts';
import { loadKernels } from './wasm-module.ts';
import { nodePlatform } from './wasm-node.ts';

export const openWasm: OpenBackend = wasmOpener(nodePlatform);

export type WasmAvailability =
  | { readonly ok: true; readonly variant: string }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

/** Whether this process can run the wasm device, or why not and what to do. Starts no worker. */
export async function wasmAvailability(): Promise<WasmAvailability> {
  try {
    const { bytes, sha256 } = await nodePlatform.artefact();
    return { ok: true, variant: wasmVariant(await loadKernels(bytes), sha256) };
  } catch (error) {
    if (!(error instanceof DcganError)) throw error;
    const { what, got, todo } = error.complaint;
    return { ok: false, reason: got ? `${what}: ${got}` : what, todo: todo ?? '' };
  }
}
