// Node's side of the wasm backend: the artefact comes from the package's kernels folder, a worker is a worker_thread.
// The artefact's hash is checked against its record, so that a damaged or half-updated package is named, not run.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { DcganError } from '../../platform/errors.ts';
import type { WasmPlatform } from './wasm-backend.ts';
import type { SpawnWorker } from './wasm-team.ts';
import { SERVE_SOURCE, type WorkerMessage } from './wasm-worker.ts';

/** The same from src/engine/backends and from dist/engine/backends. */
const KERNELS = new URL('../../../kernels/wasm/', import.meta.url);

/**
 * On Linux a priority belongs to a thread: a worker makes itself a little nicer than the main thread, whose timers and
 * signals then stay on time when every core computes. Elsewhere it would slow the whole process, so it is left.
 */
const NODE_SOURCE = `${SERVE_SOURCE}
const { parentPort, workerData } = require('node:worker_threads');
const os = require('node:os');
if (process.platform === 'linux') try { os.setPriority(os.getPriority() + 1); } catch {}
serve(workerData, (message) => parentPort.postMessage(message));`;

/** The kernels of a folder, when they are what the record beside them says. */
export async function readArtefact(folder: URL): Promise<{ bytes: Uint8Array; sha256: string }> {
  try {
    const [bytes, record] = await Promise.all([
      readFile(new URL('dcgan.wasm', folder)),
      readFile(new URL('dcgan.wasm.json', folder), 'utf8'),
    ]);
    const expected = (JSON.parse(record) as { artefact: string }).artefact;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 === expected) return { bytes, sha256 };
    throw new Error(`its hash is ${sha256}, its record says ${expected}`);
  } catch (cause) {
    throw new DcganError({
      what: 'kernels/wasm/dcgan.wasm is missing or damaged',
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
};
