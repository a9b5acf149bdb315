// Types for the parts of pages and Workers that this library uses and that Node's definitions leave
// out.
// Source: WHATWG HTML (Worker, crossOriginIsolated, hardwareConcurrency), WHATWG File System
// (OPFS), W3C Web Locks.

/** A Worker as its creator sees it. */
export interface PageWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault(): void }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): void;
}

export interface PageFile {
  getFile(): Promise<Blob>;
  /** Writes into a separate file, which replaces the old one when it is closed. */
  createWritable(): Promise<{ write(bytes: Uint8Array): Promise<void>; close(): Promise<void> }>;
}

export interface PageFolder {
  getDirectoryHandle(name: string, options?: { readonly create?: boolean }): Promise<PageFolder>;
  getFileHandle(name: string, options?: { readonly create?: boolean }): Promise<PageFile>;
  removeEntry(name: string, options?: { readonly recursive?: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** The global object of a page or a Worker. */
export interface PageGlobal {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: {
    readonly hardwareConcurrency?: number;
    readonly storage?: { getDirectory?(): Promise<PageFolder> };
    readonly locks?: {
      request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<void>;
    };
  };
  readonly Worker?: new (url: string, options?: { readonly name?: string }) => PageWorker;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
}

export const page = globalThis as unknown as PageGlobal;

/**
 * Returns whether memory may be shared with Workers. The existence of SharedArrayBuffer does not
 * show it, because the browser refuses only to post one.
 */
export function mayShareMemory(): boolean {
  return page.crossOriginIsolated === true;
}

/**
 * Starts a classic Worker from the text of its program. This works in every bundle, because no file
 * has to be found.
 */
export function startWorker(source: string, name: string): PageWorker {
  if (!page.Worker) throw new Error('there are no Workers here');
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new page.Worker(url, { name });
  // A Worker fetches its program before it runs, so the URL is not needed after the Worker's end.
  const terminate = worker.terminate.bind(worker);
  worker.terminate = () => {
    terminate();
    URL.revokeObjectURL(url);
  };
  return worker;
}
