// A page's side of the wasm backend. The artefact lies in the bundle, and a worker is a Worker that
// the backend's own Worker starts. Where memory may not be shared there are no workers, and the
// backend's own thread walks the plans.
import { mayShareMemory, startWorker } from '../../../platform/page.ts';
import { sha256 } from '../../../platform/sha256.ts';
import type { WasmPlatform } from './backend.ts';
import type { SpawnWorker } from './team.ts';
import { SERVE_SOURCE, type WorkerMessage } from './worker.ts';

/** kernels/wasm/dcgan.wasm in base64; the page's build defines it. */
declare const __DCGAN_WASM__: string;

const PAGE_SOURCE = `${SERVE_SOURCE}
onmessage = ({ data }) => serve(data, (message) => postMessage(message));`;

const spawn: SpawnWorker = (start, heard, died) => {
  const worker = startWorker(PAGE_SOURCE, `dcgan-wasm-${start.thread}`);
  worker.onmessage = ({ data }) => heard(data as WorkerMessage);
  worker.onerror = (event) => {
    event.preventDefault();
    died(event.message ?? 'its worker failed');
  };
  worker.postMessage(start);
  return { keepAlive: () => {}, terminate: async () => worker.terminate() };
};

export const pagePlatform: WasmPlatform = {
  async artefact() {
    const bytes = Uint8Array.from(atob(__DCGAN_WASM__), (char) => char.charCodeAt(0));
    return { bytes, sha256: sha256(bytes) };
  },
  endsSurely: false,
  get spawn() {
    return mayShareMemory() ? spawn : null;
  },
};
