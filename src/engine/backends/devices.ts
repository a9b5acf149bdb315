// Lists the devices in Node, and says whether they can run here. `auto` prefers native when there
// is a C compiler, otherwise wasm, and a GPU when it is faster (auto.ts). Two devices are only
// taken by name: the reference, which is for tests, and wasm-relaxed, whose bits depend on the
// machine. devices-page.ts does the same for pages.
import type { Device, DeviceName } from './backend.ts';
import { nativeAvailability, openNative } from './native/backend.ts';
import { openReference, REFERENCE_VARIANT } from './reference.ts';
import { openWasm, openWasmRelaxed, wasmAvailability, wasmRelaxedAvailability } from './wasm/devices.ts';
import { openWebGpu, webGpuAvailability } from './webgpu/node.ts';

export { likelyGpu } from './webgpu/node.ts';

export const TABLE: Readonly<Record<DeviceName, Device>> = {
  native: { open: openNative, available: nativeAvailability },
  wasm: { open: openWasm, available: wasmAvailability },
  'wasm-relaxed': { open: openWasmRelaxed, available: wasmRelaxedAvailability },
  webgpu: { open: openWebGpu, available: webGpuAvailability },
  reference: { open: openReference, available: async () => ({ ok: true, variant: REFERENCE_VARIANT }) },
};

/** Devices of the processor that `auto` tries, best first. */
export const PREFERENCE: readonly DeviceName[] = ['native', 'wasm'];
