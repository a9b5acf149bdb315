// The ranks of a run over MPI. Calls go to the thread of MPI (mpi-thread.ts) in the order in which
// they are made, through memory that both share.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { MessageChannel, Worker } from 'node:worker_threads';
import { usableCores } from '../platform/cores.ts';
import { DcganError } from '../platform/errors.ts';
import { ownIdentity, type ProcessIdentity, stateOf } from '../platform/process.ts';
import { cardsOfHost, choiceOfCard } from './cards.ts';
import { type Launch, refuseBareSrun, SRUN } from './launcher.ts';
import type { ThreadData } from './mpi-thread.ts';
import { shimFor } from './mpicc.ts';
import { type Answer, type Call, SILENCE_SECONDS, WORD } from './words.ts';
import { errorOn, rankIn, rankOn, type World } from './world.ts';

/** A broadcast's first message has room for the number of its bytes and for short texts. */
const FIRST_BYTES = 4096;
const COUNT_BYTES = 8;
/** MPI ends a process that asked for that within this time, or it is ended without MPI. */
const ABORT_MS = 5_000;

/**
 * UCX, which MPIs are built on, reads this when it is loaded. It would take over SIGSEGV, which V8
 * needs for WebAssembly, and write over the code of mmap, which other threads are running.
 */
const UCX = {
  UCX_ERROR_SIGNALS: '',
  UCX_MEM_EVENTS: 'n',
  UCX_MEM_MMAP_HOOK_MODE: 'none',
  UCX_WARN_UNUSED_ENV_VARS: 'n',
};

interface Waiting {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export interface JoinOptions {
  readonly launch: Launch;
  /** Called when the ranks cannot go on; all of them end a second later. */
  readonly onLost: (error: DcganError) => void;
}

/**
 * Joins the ranks that a launcher started.
 * @throws DcganError where MPI is missing, or knows of one process only
 */
export async function joinWorld({ launch, onLost }: JoinOptions): Promise<World> {
  refuseBareSrun(launch, process.env);
  const here = rankOn(launch.rank, hostname());
  const shim = await shimFor(launch.compilers).catch((error: unknown) => {
    throw errorOn(here, error);
  });
  for (const [name, value] of Object.entries(UCX)) process.env[name] ??= value;
  const words = new Int32Array(new SharedArrayBuffer(16));
  const { port1: calls, port2 } = new MessageChannel();
  const workerData: ThreadData = { library: shim.path, words, calls: port2 };
  const worker = new Worker(new URL('./mpi-thread.js', import.meta.url), {
    execArgv: [],
    name: 'dcgan-mpi',
    workerData,
    transferList: [port2],
  });
  const joined = await new Promise<Answer & { name: 'joined' }>((resolve, reject) => {
    const cannot = (why: string): void =>
      reject(
        new DcganError({
          what: `${here}: MPI cannot be used`,
          got: why,
          todo: `Check that ${shim.command} belongs to ${launch.launcher}, or set MPICC`,
        }),
      );
    calls.once('message', (answer: Answer) => {
      if (answer.name === 'joined') resolve(answer);
      else cannot(answer.name === 'failed' ? answer.why : 'no rank answers');
    });
    worker.once('error', (error: Error) => cannot(error.message));
  });
  worker.removeAllListeners('error');
  const world = new MpiWorld({ worker, calls, words, joined, onLost });
  if (world.count === 1 && launch.count !== 1) {
    await world.close();
    throw aloneInWorld(launch, world.library, shim.command);
  }
  await world.meet();
  return world;
}

function aloneInWorld({ launcher, count }: Launch, library: string, command: string): DcganError {
  const started = count > 1 ? `${launcher} started ${count} processes` : 'a run over MPI was asked for';
  return new DcganError({
    what: `${started}, but MPI knows of one only`,
    got: `the MPI of ${command}, which is ${library}`,
    todo:
      launcher === SRUN
        ? 'Start it by srun --mpi=pmix, or set MPICC to the compiler of the MPI that Slurm supports'
        : "Set MPICC to the compiler of the launcher's own MPI, or start it by the mpirun of this one",
  });
}

interface Parts {
  readonly worker: Worker;
  readonly calls: MessageChannel['port1'];
  readonly words: Int32Array;
  readonly joined: Answer & { readonly name: 'joined' };
  readonly onLost: (error: DcganError) => void;
}

class MpiWorld implements World {
  readonly rank: number;
  readonly count: number;
  readonly library: string;
  hosts: readonly string[] = [hostname()];
  cores = usableCores();
  readonly #calls: Parts['calls'];
  readonly #words: Int32Array;
  readonly #onLost: (error: DcganError) => void;
  readonly #waiting: Waiting[] = [];
  #processes: readonly ProcessIdentity[] = [];
  #memory = new SharedArrayBuffer(0);
  #lost: DcganError | null = null;

  constructor({ worker, calls, words, joined, onLost }: Parts) {
    this.rank = joined.rank;
    this.count = joined.count;
    this.library = shortName(joined.library);
    this.#calls = calls;
    this.#words = words;
    this.#onLost = onLost;
    calls.on('message', (answer: Answer) => this.#heard(answer));
    worker.on('error', (error) => this.#lose(`its thread of MPI ended: ${error.message}`, this.rank));
  }

  /** Learns who the others are. */
  async meet(): Promise<void> {
    const own = { process: ownIdentity(), affinity: affinity() };
    const all = (await this.gather(JSON.stringify(own))).map((text) => JSON.parse(text) as typeof own);
    this.#processes = all.map(({ process }) => process);
    this.hosts = this.#processes.map(({ host }) => host);
    // Ranks that are bound to cores of their own do not share them.
    const same = (other: typeof own): boolean =>
      other.process.host === own.process.host && other.affinity === own.affinity;
    const beside = all.filter(same).length;
    this.cores = Math.max(1, Math.floor(usableCores() / beside));
    Object.assign(process.env, choiceOfCard(this, cardsOfHost(), process.env));
  }

  async sum(part: Float32Array): Promise<Float32Array> {
    if (this.#memory.byteLength < part.byteLength) this.#memory = new SharedArrayBuffer(part.byteLength);
    const memory = this.#memory;
    const shared = new Float32Array(memory, 0, part.length);
    shared.set(part);
    await this.#call({ name: 'sum', memory, floats: part.length });
    return shared;
  }

  async broadcast(bytes: Uint8Array | null): Promise<Uint8Array> {
    const first = new SharedArrayBuffer(FIRST_BYTES);
    const [count, text] = [new Float64Array(first, 0, 1), new Uint8Array(first, COUNT_BYTES)];
    if (bytes) {
      count[0] = bytes.length;
      if (bytes.length <= text.length) text.set(bytes);
    }
    await this.#call({ name: 'broadcast', memory: first, bytes: FIRST_BYTES });
    const length = count[0]!;
    if (length <= text.length) return bytes ?? text.slice(0, length);
    const memory = new SharedArrayBuffer(length);
    const all = new Uint8Array(memory);
    if (bytes) all.set(bytes);
    await this.#call({ name: 'broadcast', memory, bytes: length });
    return bytes ?? all;
  }

  async gather(text: string): Promise<string[]> {
    const own = new TextEncoder().encode(text);
    const counts = await this.#gather(new Uint8Array(Float64Array.of(own.length).buffer), COUNT_BYTES);
    const lengths = counts.map((bytes) => new Float64Array(bytes.buffer)[0]!);
    const all = await this.#gather(own, Math.max(...lengths));
    return all.map((bytes, rank) => new TextDecoder().decode(bytes.subarray(0, lengths[rank])));
  }

  async #gather(own: Uint8Array, each: number): Promise<Uint8Array[]> {
    const memory = new SharedArrayBuffer((this.count + 1) * each);
    const bytes = new Uint8Array(memory);
    bytes.set(own);
    await this.#call({ name: 'gather', memory, bytes: each });
    return Array.from({ length: this.count }, (_, rank) => bytes.slice((rank + 1) * each, (rank + 2) * each));
  }

  get stopping(): boolean {
    return Atomics.load(this.#words, WORD.stopping) !== 0;
  }

  wishToStop(): void {
    Atomics.store(this.#words, WORD.wish, 1);
  }

  get lost(): boolean {
    return this.#lost !== null;
  }

  get first(): boolean {
    return this.#processes.slice(0, this.rank).every((one) => stateOf(one) === 'gone');
  }

  async close(): Promise<void> {
    await this.#call({ name: 'close' });
    this.#calls.close();
  }

  async abort(code: number): Promise<never> {
    Atomics.store(this.#words, WORD.abort, code);
    Atomics.notify(this.#words, WORD.calls);
    await new Promise((resolve) => setTimeout(resolve, ABORT_MS));
    process.exit(code);
  }

  #call(call: Call): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#lost) return failed(this.#lost);
      this.#waiting.push({ done, failed });
      this.#calls.postMessage(call);
      Atomics.add(this.#words, WORD.calls, 1);
      Atomics.notify(this.#words, WORD.calls);
    });
  }

  #heard(answer: Answer): void {
    if (answer.name === 'done') this.#waiting.shift()?.done();
    else if (answer.name === 'silent')
      this.#lose(`it was not heard for ${SILENCE_SECONDS} seconds`, (this.rank + this.count - 1) % this.count);
    else if (answer.name === 'failed') this.#lose(answer.why, this.rank);
  }

  #lose(why: string, rank: number): void {
    if (this.#lost) return;
    this.#lost = new DcganError({ what: `${rankIn(this, rank)} is lost: ${why}` });
    this.#onLost(this.#lost);
    for (const { failed } of this.#waiting.splice(0)) failed(this.#lost);
  }
}

/** Shortens what a library says about itself to `Open MPI 4.1.4` or `MPICH 4.0.2`. */
function shortName(text: string): string {
  const words = text.replace(/\s+/g, ' ');
  const open = /Open MPI v?(\d[\w.]*)/.exec(words);
  const mpich = /MPICH Version: ?(\d[\w.]*)/.exec(words);
  return open ? `Open MPI ${open[1]}` : mpich ? `MPICH ${mpich[1]}` : words.slice(0, 60);
}

/** The cores that this process may run on, as Linux writes them; empty elsewhere. */
function affinity(): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
