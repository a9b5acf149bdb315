// A network in a worker of its own (onnx-worker.ts): this thread stays free to hear Ctrl-C, and
// ends the worker when a question takes too long.
import { freemem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DcganError } from '../platform/errors.ts';
import { type Answer, type Fed, type Found, type NetworkStart, type Opened, WORKER_SOURCE } from './onnx-worker.ts';

/**
 * How long opening a network, and each mini-batch, may take: minutes where the largest take
 * seconds.
 */
const LIMIT_MS = 300_000;
/** The most pages of 64 KiB that WebAssembly addresses, which are 4 GiB. */
const MOST_PAGES = 65_536;
const PAGE = 65_536;

export interface RunnerOptions {
  /** The network's name, for errors. */
  readonly name: string;
  /** How long a mini-batch may take. */
  readonly limitMs?: number | undefined;
  readonly mostBytes?: number | undefined;
  /** Aborting ends the network, and fails the question under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns half of the free memory in bytes, but at least 256 MiB. */
function bytesHere(): number {
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const free = Math.min(freemem(), limit - process.memoryUsage.rss());
  return Math.max(2 ** 28, free / 2);
}

export class NetworkRunner {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #limitMs: number;
  readonly #signal: AbortSignal | undefined;
  #answer: ((answer: Answer) => void) | null = null;
  #ended: string | null = null;

  private constructor(
    start: Omit<NetworkStart, 'pages'>,
    { name, limitMs = LIMIT_MS, mostBytes = bytesHere(), signal }: RunnerOptions,
  ) {
    this.#name = name;
    this.#limitMs = limitMs;
    const workerData: NetworkStart = { ...start, pages: Math.min(MOST_PAGES, Math.floor(mostBytes / PAGE)) };
    this.#worker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [], name: 'dcgan-network', workerData });
    this.#worker.on('message', (answer: Answer) => this.#answer?.(answer));
    this.#worker.on('error', (error: Error) => this.#end(error.message));
    this.#worker.on('exit', (code) => this.#end(`its worker ended with code ${code}`));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop);
    if (signal?.aborted) this.#stop();
  }

  /**
   * @throws DcganError when it takes too long; an Error with the runtime's reason when it refuses
   * the network
   */
  static async open(
    start: Omit<NetworkStart, 'pages'>,
    options: RunnerOptions,
  ): Promise<{ readonly runner: NetworkRunner; readonly opened: Opened }> {
    const runner = new NetworkRunner(start, options);
    try {
      const answer = await runner.#next('opened', LIMIT_MS, () => {});
      return { runner, opened: answer.opened };
    } catch (error) {
      await runner.close();
      throw error;
    }
  }

  /** One at a time. @throws as `open` */
  async run(fed: Fed): Promise<Found> {
    return (await this.#next('found', this.#limitMs, () => this.#worker.postMessage(fed))).found;
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    await this.#worker.terminate();
  }

  readonly #stop = (): void => {
    this.#end('it was stopped');
    void this.#worker.terminate();
  };

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#answer?.({ kind: 'failed', reason: this.#ended });
  }

  async #next<K extends Answer['kind']>(
    kind: K,
    limitMs: number,
    ask: () => void,
  ): Promise<Extract<Answer, { kind: K }>> {
    let timer: NodeJS.Timeout | undefined;
    this.#worker.ref();
    const answer = await new Promise<Answer | null>((resolve) => {
      this.#answer = resolve;
      timer = setTimeout(() => resolve(null), limitMs);
      if (this.#ended !== null) resolve({ kind: 'failed', reason: this.#ended });
      else ask();
    });
    clearTimeout(timer);
    this.#answer = null;
    // Whoever forgets to dispose of it still ends.
    this.#worker.unref();
    if (answer === null) {
      await this.close();
      throw this.#late(kind, limitMs);
    }
    if (answer.kind !== kind) throw new Error(answer.kind === 'failed' ? answer.reason : `${answer.kind}, not ${kind}`);
    return answer as Extract<Answer, { kind: K }>;
  }

  #late(kind: Answer['kind'], limitMs: number): DcganError {
    const what = kind === 'opened' ? 'to be opened' : 'for a mini-batch';
    return new DcganError({
      what: `extractor ${this.#name} takes too long`,
      expected: `at most ${limitMs / 1000} seconds ${what}`,
      got: 'no answer',
      todo: 'Choose a smaller network; one that never ends is damaged or hostile',
    });
  }
}
