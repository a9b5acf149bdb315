// The workers of one wasm backend, as one object that can run a prepared job. The main thread only
// wakes them, and gets a message when the last one has finished, so its event loop stays free. The
// first failure of any worker ends the whole team, because the others may be waiting for it at a
// barrier, and the memory is in an unknown state.
import { DcganError } from '../../../platform/errors.ts';
import { DONE, GO, type WorkerMessage, type WorkerStart } from './worker.ts';

/** A running worker, as its platform provides it. */
export interface WorkerHandle {
  /** Whether the worker keeps the process alive. */
  keepAlive(yes: boolean): void;
  terminate(): Promise<unknown>;
}

/**
 * Starts a worker that calls `serve` (worker.ts). `died` is called when the worker ends
 * unexpectedly.
 */
export type SpawnWorker = (
  start: WorkerStart,
  heard: (message: WorkerMessage) => void,
  died: (reason: string) => void,
) => WorkerHandle;

/** Runs prepared jobs: a team of workers, or the calling thread alone (alone.ts). */
export interface Team {
  /** Called once, with the first failure outside a run. */
  onFailure: (error: DcganError) => void;
  /** Runs the prepared job and resolves with dcgan_walk's result. Only one run may be under way. */
  run(): Promise<number>;
  close(): Promise<void>;
}

interface Pending<T> {
  resolve(value: T): void;
  reject(error: DcganError): void;
}

export class WasmTeam implements Team {
  onFailure: (error: DcganError) => void = () => {};
  #failure: DcganError | undefined;
  #closed: Promise<unknown> | undefined;
  readonly #signals: () => Int32Array;
  readonly #workers: WorkerHandle[] = [];
  #pending: Pending<number> | undefined;
  #opening: Pending<void> | undefined;
  #ready = 0;

  private constructor(signals: () => Int32Array) {
    this.#signals = signals;
  }

  /**
   * Starts one worker for each element of `starts`. Resolves when all of them sleep and wait for
   * work.
   */
  static async open(spawn: SpawnWorker, starts: readonly WorkerStart[], signals: () => Int32Array): Promise<WasmTeam> {
    const team = new WasmTeam(signals);
    await new Promise<void>((resolve, reject) => {
      team.#opening = { resolve, reject };
      for (const start of starts) team.#spawn(spawn, start);
    });
    team.#opening = undefined;
    for (const worker of team.#workers) worker.keepAlive(false);
    return team;
  }

  /**
   * Wakes all workers for the prepared job and resolves with dcgan_walk's result. Only one run may
   * be under way.
   */
  run(): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      for (const worker of this.#workers) worker.keepAlive(true);
      const words = this.#signals();
      Atomics.store(words, DONE, 0);
      Atomics.add(words, GO, 1);
      Atomics.notify(words, GO);
    });
  }

  /** Ends the workers, whatever they are doing. */
  async close(): Promise<void> {
    this.#closed ??= Promise.all(this.#workers.map((worker) => worker.terminate()));
    await this.#closed;
  }

  #spawn(spawn: SpawnWorker, start: WorkerStart): void {
    if (this.#failure) return;
    const failed = (reason: string): void => this.#fail(start.thread, reason);
    try {
      this.#workers.push(spawn(start, (message) => this.#hear(start, message), failed));
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
  }

  #hear(start: WorkerStart, message: WorkerMessage): void {
    if (message.kind === 'failed') this.#fail(start.thread, message.reason);
    if (message.kind === 'ready' && ++this.#ready === start.threads) this.#opening?.resolve();
    if (message.kind !== 'done') return;
    const pending = this.#pending;
    this.#pending = undefined;
    for (const worker of this.#workers) worker.keepAlive(false);
    pending?.resolve(message.code);
  }

  #fail(thread: number, reason: string): void {
    if (this.#closed || this.#failure) return;
    const failure = new DcganError({
      what: `wasm: thread ${thread} ${this.#opening ? 'did not start' : 'died'}`,
      got: reason,
      todo: 'Open the device again; what the arena held is lost',
    });
    this.#failure = failure;
    (this.#opening ?? this.#pending)?.reject(failure);
    this.#pending = undefined;
    this.onFailure(failure);
    void this.close();
  }
}
