// The compiled kernels (kernels/wasm/dcgan.wasm, built by scripts/build-wasm.mjs) as TypeScript
// sees them: what they export, how they start on a shared memory, and the few WebAssembly types
// that Node's type definitions lack. Nothing here knows Node or a page. The memory comes from
// outside and is shared with the workers. The instance that starts first places the module's data,
// once.
import { DcganError } from '../../../platform/errors.ts';

/** A compiled module, which is passed on without a look inside. */
export interface WasmModule {
  readonly __module: never;
}

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  /**
   * Adds pages. Throws RangeError past the maximum or when the machine has no more. Old buffers
   * stay valid, but are too short.
   */
  grow(pages: number): number;
}

interface WasmApi {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  validate(bytes: Uint8Array): boolean;
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  Instance: new (module: WasmModule, imports: { env: { memory: WasmMemory } }) => { readonly exports: unknown };
}

declare const WebAssembly: WasmApi | undefined;

function wasmApi(): WasmApi | undefined {
  return typeof WebAssembly === 'undefined' ? undefined : WebAssembly;
}

/**
 * The exports of the kernels (kernels/dcgan.h) and of their linker. Pointers are byte offsets in
 * the memory.
 */
export interface KernelExports {
  readonly __heap_base: { readonly value: number };
  readonly __tls_size: { readonly value: number };
  readonly __stack_pointer: { value: number };
  __wasm_init_tls(tls: number): void;
  dcgan_job_bytes(): number;
  dcgan_job_init(
    job: number,
    code: number,
    words: number,
    state: number,
    stateFloats: number,
    scratch: number,
    control: number,
    threads: number,
  ): void;
  dcgan_variant(): number;
  dcgan_walk(job: number, thread: number): number;
  dcgan_workspace(space: number): void;
}

/** The bytes of a WebAssembly page, in which memory grows. */
export const PAGE = 65536;

/** The kernels on a new shared memory. */
export interface Kernels {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** The most bytes that the memory can have. */
  readonly limit: number;
  readonly exports: KernelExports;
}

/** Returns whether this engine supports all that a build uses. */
export function isValid(bytes: Uint8Array): boolean {
  return wasmApi()?.validate(bytes) ?? false;
}

/** Compiles the kernels and starts them on a shared memory of their smallest size. */
export async function loadKernels(bytes: Uint8Array): Promise<Kernels> {
  const api = wasmApi();
  if (!api) throw unable('it is switched off here', 'Run without --jitless');
  if (!api.validate(bytes))
    throw unable('simd128 or threads are missing', 'Use Node 20 or newer, or a browser of 2023 or newer');
  try {
    const module = await api.compile(bytes);
    const { memory, limit } = reserve(api);
    const { exports } = new api.Instance(module, { env: { memory } });
    return { module, memory, limit, exports: exports as KernelExports };
  } catch (cause) {
    throw unable(
      `${cause instanceof Error ? cause.message : cause}`,
      'Free memory: close other programs or tabs, or lift its limit (ulimit -v)',
      cause,
    );
  }
}

function unable(got: string, todo: string, cause?: unknown): DcganError {
  return new DcganError({ what: 'WebAssembly cannot run the kernels', got, todo, cause });
}

/**
 * Reserves address space, which costs no memory: as much as 32 bits can address, and less where
 * that is refused.
 */
function reserve(api: WasmApi): { memory: WasmMemory; limit: number } {
  for (let maximum = 65536; ; maximum /= 2) {
    try {
      return { memory: new api.Memory({ initial: INITIAL_PAGES, maximum, shared: true }), limit: maximum * PAGE };
    } catch (error) {
      if (maximum <= 4096) throw error;
    }
  }
}

/**
 * Room for the kernels' own data and first stack. scripts/build-wasm.mjs links them for no more.
 */
const INITIAL_PAGES = 16;

/** Returns the kernels' name for their build (vector width, tile). */
export function kernelVariant({ exports, memory }: Kernels): string {
  const bytes = new Uint8Array(memory.buffer, exports.dcgan_variant());
  return String.fromCharCode(...bytes.slice(0, bytes.indexOf(0)));
}
