// Frees what backends hold when nobody disposes of them. A training whose iterator is dropped in
// the middle leaves its model to the garbage collector, which knows nothing of threads and of
// memory outside of JavaScript. This file gives both back once their backend is collected. Memory
// that kernels work on is never collected meanwhile.

/**
 * Threads and memory. It must not refer to the backend that holds it, which would then never be
 * collected.
 */
export interface Holdings {
  free(): void | Promise<void>;
}

const registry = new FinalizationRegistry<Holdings>((holdings) => void holdings.free());
const inUse = new Set<readonly unknown[]>();

/** Frees `holdings` once `backend` is collected, unless it is disposed of before. */
export function freeWhenCollected(backend: object, holdings: Holdings): void {
  registry.register(backend, holdings, backend);
}

/** Must be called when a backend frees what it holds by itself. */
export function isDisposed(backend: object): void {
  registry.unregister(backend);
}

/**
 * Keeps `used` from being collected until `work` has ended: a backend, and the arrays that its
 * kernels read.
 */
export async function whileInUse<T>(used: readonly unknown[], work: () => Promise<T>): Promise<T> {
  inUse.add(used);
  try {
    return await work();
  } finally {
    inUse.delete(used);
  }
}
