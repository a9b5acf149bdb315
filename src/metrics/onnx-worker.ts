// What the worker of a network does: it loads the runtime, opens the network, and runs it when it
// is asked to. A network is a stranger's program. It may never end and ask for any memory, so it
// runs in a thread that can be ended from outside, with a limit on the memory that its kernels may
// have. The program is kept as text, so that the same one starts from sources and from dist.
import type { Metadata } from './onnx-outputs.ts';

/** What a worker is given at its start. */
export interface NetworkStart {
  /** Address of the runtime's module. */
  readonly runtime: string;
  readonly threads: number;
  /** Memory that the kernels may have, in pages of 64 KiB. */
  readonly pages: number;
  readonly file: Uint8Array;
  /** The second file of weights and the name that the network knows it by; null without one. */
  readonly beside: { readonly path: string; readonly data: Uint8Array } | null;
}

/** A tensor on its way to the network. */
export interface Fed {
  readonly type: 'uint8' | 'float32';
  readonly data: Uint8Array | Float32Array;
  readonly dims: readonly number[];
}

/** What an opened network says of itself. */
export interface Opened {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
  /** The version of the runtime. */
  readonly version: string;
}

/** A network's outputs by their names. */
export type Found = Readonly<Record<string, Float32Array>>;

/** The first answer is to the start, each later one to a tensor. */
export type Answer =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'failed'; readonly reason: string };

export const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { runtime, threads, pages, file, beside } = workerData;
// The kernels' memory is made by the runtime, with the largest size that there is.
const Memory = WebAssembly.Memory;
WebAssembly.Memory = class extends Memory {
  constructor(size) {
    super(size.maximum > pages ? { ...size, maximum: pages } : size);
  }
};
const reasonOf = (error) => String((error && error.message) || error);
const described = (all) => all.map(({ name, isTensor, type, shape }) => ({ name, isTensor, type, shape: shape && [...shape] }));
async function start() {
  const ort = await import(runtime);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
    ...(beside && { externalData: [beside] }),
  });
  parentPort.on('message', async ({ type, data, dims }) => {
    try {
      const results = await session.run({ [session.inputNames[0]]: new ort.Tensor(type, data, dims) });
      const found = Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
      parentPort.postMessage({ kind: 'found', found });
    } catch (error) {
      parentPort.postMessage({ kind: 'failed', reason: reasonOf(error) });
    }
  });
  const opened = {
    inputs: described(session.inputMetadata),
    outputs: described(session.outputMetadata),
    version: ort.env.versions.web,
  };
  parentPort.postMessage({ kind: 'opened', opened });
}
start().catch((error) => parentPort.postMessage({ kind: 'failed', reason: reasonOf(error) }));
`;
