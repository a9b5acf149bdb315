// The wasm devices in Node. `wasm` is the fallback where there is no C compiler. It uses the same C
// sources as native, built ahead of time to WebAssembly with simd128 and threads, and gives the
// same bits on every machine and in a page. `wasm-relaxed` uses relaxed SIMD's multiply-and-add in
// convolutions (https://github.com/WebAssembly/relaxed-simd). Each machine may round that in its
// own way, so it is a device of its own.
import { DcganError } from '../../../platform/errors.ts';
import type { OpenBackend } from '../backend.ts';
import { type WasmPlatform, wasmOpener, wasmVariant } from './backend.ts';
import { loadKernels } from './module.ts';
import { nodePlatform, relaxedPlatform } from './node.ts';

export const openWasm: OpenBackend = wasmOpener(nodePlatform);
export const openWasmRelaxed: OpenBackend = wasmOpener(relaxedPlatform, 'wasm-relaxed');

export type WasmAvailability =
  | { readonly ok: true; readonly variant: string }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

/**
 * Says whether this process can run the wasm device, or why not and what to do. It starts no
 * worker.
 */
export const wasmAvailability = (): Promise<WasmAvailability> => availabilityOn(nodePlatform);

/** Says the same for wasm-relaxed. */
export const wasmRelaxedAvailability = (): Promise<WasmAvailability> => availabilityOn(relaxedPlatform);

async function availabilityOn(platform: WasmPlatform): Promise<WasmAvailability> {
  try {
    const { bytes, sha256 } = await platform.artefact();
    return { ok: true, variant: wasmVariant(await loadKernels(bytes), sha256) };
  } catch (error) {
    if (!(error instanceof DcganError)) throw error;
    const { what, got, todo } = error.complaint;
    return { ok: false, reason: got ? `${what}: ${got}` : what, todo: todo ?? '' };
  }
}
