// Orders a backend's calls: each waits for all before it, a failed one ends the queue, and no call
// is accepted after the close. The backends that compute on other threads (native, wasm) keep the
// promises of their five calls with it.
import { DcganError } from '../../platform/errors.ts';
import type { DeviceName } from './backend.ts';

export class CallQueue {
  readonly #device: DeviceName;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: { readonly reason: unknown } | undefined;
  #closed: Promise<void> | undefined;

  constructor(device: DeviceName) {
    this.#device = device;
  }

  /** Queues one call behind all earlier calls. */
  ask<T>(act: () => T | Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new DcganError({ what: `${this.#device}: the backend was disposed` }));
    const result = this.#tail.then(async () => {
      try {
        if (this.#failure) throw this.#failure.reason;
        return await act();
      } catch (reason) {
        this.fail(reason);
        throw this.#failure!.reason;
      }
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** All later calls reject with the first reason given. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
  }

  /**
   * Frees what the backend holds once all earlier calls have ended. It does so once, however often
   * it is called.
   */
  close(free: () => void | Promise<void>): Promise<void> {
    this.#closed ??= this.#tail.then(free);
    return this.#closed;
  }
}
