// The program of a wasm worker. It starts the kernels on the shared memory with a stack of its own,
// then sleeps until a run is called, walks the plan, and sleeps again. A worker never returns to
// its event loop. Shared words wake it. It sends a message only when it is ready, when a run is
// done (the last to finish speaks for all) or when it fails. The program is kept as text, so that
// the same one starts as an eval'd Node worker or as a page's Blob worker, from sources, from dist
// and from any bundle, whatever those did to functions.
import type { WasmMemory, WasmModule } from './module.ts';

/**
 * The shared words. GO counts runs and wakes workers, and DONE counts the workers that have
 * finished the run.
 */
export const GO = 0;
export const DONE = 1;
export const SIGNAL_WORDS = 2;

/** What a worker receives at its start. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly thread: number;
  readonly threads: number;
  /** Byte offsets; see memory.ts. */
  readonly signals: number;
  readonly job: number;
  readonly tls: number;
  readonly stack: number;
  readonly space: number;
}

/** A worker's messages. `code` is dcgan_walk's result (kernels/dcgan.h). */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly code: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** The text of a function `serve(start: WorkerStart, post: (message: WorkerMessage) => void)`. */
export const SERVE_SOURCE = `function serve(start, post) {
  'use strict';
  try {
    const { module, memory, thread, threads, signals, job, tls, stack, space } = start;
    const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
    kernels.__stack_pointer.value = stack;
    kernels.__wasm_init_tls(tls);
    kernels.dcgan_workspace(space);
    const words = new Int32Array(memory.buffer, signals, ${SIGNAL_WORDS});
    let run = 0;
    post({ kind: 'ready' });
    for (;;) {
      Atomics.wait(words, ${GO}, run);
      const called = Atomics.load(words, ${GO});
      if (called === run) continue;
      run = called;
      const code = kernels.dcgan_walk(job, thread);
      if (Atomics.add(words, ${DONE}, 1) === threads - 1) post({ kind: 'done', code });
    }
  } catch (error) {
    post({ kind: 'failed', reason: String((error && error.message) || error) });
  }
}`;
