// Node's side of the wasm backend. The artefact comes from the package's kernels folder, and a
// worker is a worker_thread. The artefact's hash is compared with its record, so that a damaged or
// half-updated package is reported and not run.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { DcganError } from '../../../platform/errors.ts';
import type { WasmPlatform } from './backend.ts';
import { isValid } from './module.ts';
import type { SpawnWorker } from './team.ts';
import { SERVE_SOURCE, type WorkerMessage } from './worker.ts';

/** The path is the same from src/engine/backends and from dist/engine/backends. */
const KERNELS = new URL('../../../../kernels/wasm/', import.meta.url);

/**
 * On Linux a priority belongs to a thread. A worker gives itself a slightly lower priority than the
 * main thread, whose timers and signals then stay on time when every core computes. Elsewhere that
 * would slow the whole process, so it is not done.
 */
const NODE_SOURCE = `${SERVE_SOURCE}
const { parentPort, workerData } = require('node:worker_threads');
const os = require('node:os');
if (process.platform === 'linux') try { os.setPriority(os.getPriority() + 1); } catch {}
serve(workerData, (message) => parentPort.postMessage(message));`;

/** Reads a build from a folder, if its hash is the recorded one. */
export async function readArtefact(folder: URL, name = 'dcgan.wasm'): Promise<{ bytes: Uint8Array; sha256: string }> {
  try {
    const [bytes, record] = await Promise.all([
      readFile(new URL(name, folder)),
      readFile(new URL(`${name}.json`, folder), 'utf8'),
    ]);
    const expected = (JSON.parse(record) as { artefact: string }).artefact;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 === expected) return { bytes, sha256 };
    throw new Error(`its hash is ${sha256}, its record says ${expected}`);
  } catch (cause) {
    throw new DcganError({
      what: `kernels/wasm/${name} is missing or damaged`,
      got: cause instanceof Error ? cause.message : String(cause),
      todo: 'Install the package again, or in a clone: "git checkout kernels/wasm"',
      cause,
    });
  }
}

const spawn: SpawnWorker = (start, heard, died) => {
  let asked = false;
  const worker = new Worker(NODE_SOURCE, {
    eval: true,
    execArgv: [],
    name: `dcgan-wasm-${start.thread}`,
    workerData: start,
  });
  worker.on('message', (message: WorkerMessage) => heard(message));
  worker.on('error', (error: Error) => died(error.message));
  worker.on('exit', (code) => {
    if (!asked) died(`its worker ended with code ${code}`);
  });
  return {
    keepAlive: (yes) => (yes ? worker.ref() : worker.unref()),
    terminate: () => {
      asked = true;
      return worker.terminate();
    },
  };
};

export const nodePlatform: WasmPlatform & { readonly spawn: SpawnWorker } = {
  artefact: () => readArtefact(KERNELS),
  spawn,
  endsSurely: true,
};

/**
 * The build with relaxed SIMD. Node 20 supports it behind a flag of V8, which affects all later
 * threads.
 */
export const relaxedPlatform: WasmPlatform = {
  async artefact() {
    const made = await readArtefact(KERNELS, 'dcgan-relaxed.wasm');
    if (!isValid(made.bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd');
    if (isValid(made.bytes)) return made;
    throw new DcganError({
      what: 'WebAssembly here has no relaxed SIMD',
      todo: 'Use Node 20 or newer, without --jitless, or --device wasm',
    });
  },
  spawn,
  endsSurely: true,
};
