// The page's side of the connection to its Workers. Each model and each training has a Worker, so
// that the page itself never computes.
import { DcganError } from '../platform/errors.ts';
import { type PageWorker, startWorker } from '../platform/page.ts';
import type { Face } from './face.ts';
import { errorOf, type Reply } from './wire.ts';

/**
 * The Worker's whole program as text. The page's build inserts it, so that every bundler includes
 * it.
 */
declare const __DCGAN_WORKER__: string;

type Method = keyof Face;

export class Host {
  readonly #worker: PageWorker;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #failure: Error | undefined;
  #calls = 0;

  constructor() {
    this.#worker = startWorker(__DCGAN_WORKER__, 'dcgan');
    this.#worker.onmessage = ({ data }) => this.#hear(data as Reply);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(
        new DcganError({
          what: 'the Worker that trains has failed',
          got: event.message || 'no reason',
          todo: 'Allow Workers from blob: and WebAssembly in the Content-Security-Policy, or go on from the last checkpoint',
        }),
      );
    };
  }

  call<M extends Method>(method: M, ...args: Parameters<Face[M]>): Promise<Awaited<ReturnType<Face[M]>>> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#calls++;
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  /** Ends the Worker and rejects the calls that have no answer yet. */
  end(): void {
    this.#fail(new DcganError({ what: 'the model was disposed' }));
    this.#worker.terminate();
  }

  #hear(reply: Reply): void {
    const asked = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.ok) asked?.resolve(reply.value);
    else asked?.reject(errorOf(reply.fault));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
