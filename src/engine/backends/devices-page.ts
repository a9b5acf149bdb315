// Lists the devices in a page. It takes the place of devices.ts in the page's build (package.json,
// "browser").
import { mayShareMemory } from '../../platform/page.ts';
import type { Device, DeviceName } from './backend.ts';
import { openReference, REFERENCE_VARIANT } from './reference.ts';
import { wasmOpener } from './wasm/backend.ts';
import { pagePlatform } from './wasm/page.ts';
import { openPageGpu, pageGpuAvailability } from './webgpu/page.ts';

export { likelyGpu } from './webgpu/page.ts';

const ALONE =
  'on one thread, since this page is not cross-origin isolated (serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';

const never = (reason: string): Device => ({
  open: () => Promise.reject(new Error('unavailable')),
  available: async () => ({ ok: false, reason, todo: 'Use wasm' }),
});

export const TABLE: Readonly<Record<DeviceName, Device>> = {
  native: never('a page runs no native code'),
  wasm: {
    open: wasmOpener(pagePlatform),
    available: async () => ({ ok: true, variant: 'simd128', ...(!mayShareMemory() && { note: ALONE }) }),
  },
  'wasm-relaxed': never('a page is given the build whose bits are the same everywhere'),
  webgpu: { open: openPageGpu, available: pageGpuAvailability },
  reference: { open: openReference, available: async () => ({ ok: true, variant: REFERENCE_VARIANT }) },
};

/** Devices of the processor that `auto` tries, best first. */
export const PREFERENCE: readonly DeviceName[] = ['wasm'];
