// What a page and its Workers offer, as far as this library uses it: the types that Node's
// definitions leave out. Source: WHATWG HTML (Worker, crossOriginIsolated, hardwareConcurrency),
// WHATWG File System (OPFS), W3C Web Locks.

/** A Worker as its creator sees it. */
export interface PageWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault(): void }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): void;
}

export interface PageFile {
  getFile(): Promise<Blob>;
  /** Bytes go to a file of its own, which takes the old one's place when it is closed. */
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
 * Whether memory may be shared with Workers. SharedArrayBuffer says nothing of it: posting one is
 * what is refused.
 */
export function mayShareMemory(): boolean {
  return page.crossOriginIsolated === true;
}

/**
 * A classic Worker from its program's text: the same in every bundle, since no file has to be
 * found.
 */
export function startWorker(source: string, name: string): PageWorker {
  if (!page.Worker) throw new Error('there are no Workers here');
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new page.Worker(url, { name });
  // A Worker fetches its program before it runs a line: at its end at the latest nobody needs the
  // URL.
  const terminate = worker.terminate.bind(worker);
  worker.terminate = () => {
    terminate();
    URL.revokeObjectURL(url);
  };
  return worker;
}
