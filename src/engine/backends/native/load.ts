// Loads a library of kernels and describes its functions to JavaScript.
import { NoLibrary } from './no-library.ts';

type Koffi = typeof import('koffi').default;

/** The library's functions (kernels/pool.c, kernels/dcgan.h); pointers are bigint. */
export interface NativeKernels {
  readonly koffi: Koffi;
  readonly variant: string;
  /**
   * Returns the floats of scratch that these kernels use for an instruction, given its kind and
   * body (dcgan_room).
   */
  room(kind: number, body: Int32Array): number;
  memory(bytes: number): bigint | null;
  memoryGrow(memory: bigint, bytes: number, wanted: number): bigint | null;
  memoryFree(memory: bigint, bytes: number): void;
  poolOpen(threads: number): bigint | null;
  poolClose(pool: bigint): void;
  /**
   * Returns dcgan_walk's result, which is computed outside the event loop. `words` must not change
   * meanwhile.
   */
  poolRun(
    pool: bigint,
    words: Int32Array,
    state: bigint,
    stateFloats: number,
    scratch: bigint,
    control: number,
  ): Promise<number>;
}

/** A library, and which of its sets of kernels to take. */
export interface Loadable {
  readonly path: string;
  /** Stands behind the name of every function: `_avx2` in a library of several sets, else empty. */
  readonly suffix: string;
  /** What made the library, in words without a path; a part of the variant. */
  readonly maker: string;
}

/** @throws NoLibrary when koffi has no build for this machine */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (cause) {
    throw new NoLibrary(
      'the koffi package cannot be loaded',
      'Install it again: "npm install --include=optional koffi"',
      cause,
    );
  }
}

/**
 * Loads a library. When koffi itself has no build for this machine, the error says so. @throws
 * NoLibrary
 */
export async function loadLibrary({ path, suffix, maker }: Loadable): Promise<NativeKernels> {
  const koffi = await loadKoffi();
  const lib = load(koffi, path);
  /** A function by its result, its name without `dcgan_`, and its parameters. */
  const func = (result: string, name: string, parameters: string): ReturnType<typeof lib.func> =>
    lib.func(`${result} dcgan_${name}${suffix}(${parameters})`);
  const run = func(
    'int32_t',
    'pool_run',
    'void *pool, void *code, int32_t words, void *state, uint32_t stateFloats, void *scratch, uint32_t control',
  );
  return {
    koffi,
    variant: `${func('const char *', 'variant', '')()} ${maker}`,
    room: func('int64_t', 'room', 'int32_t kind, const int32_t *words'),
    memory: func('void *', 'memory', 'uint64_t bytes'),
    memoryGrow: func('void *', 'memory_grow', 'void *memory, uint64_t bytes, uint64_t wanted'),
    memoryFree: func('void', 'memory_free', 'void *memory, uint64_t bytes'),
    poolOpen: func('void *', 'pool_open', 'int32_t threads'),
    poolClose: func('void', 'pool_close', 'void *pool'),
    poolRun: (pool, words, state, stateFloats, scratch, control) =>
      new Promise((resolve, reject) => {
        run.async(
          pool,
          words,
          words.length,
          state,
          stateFloats,
          scratch,
          control,
          (error: Error | null, result: number) => {
            if (error) reject(error);
            else resolve(result);
          },
        );
      }),
  };
}

/**
 * @throws NoLibrary when the system refuses the library, for example on a file system without
 * execute permission
 */
function load(koffi: Koffi, path: string): ReturnType<Koffi['load']> {
  try {
    return koffi.load(path);
  } catch (cause) {
    const todo = 'Set DCGAN_CACHE_DIR to a folder on another file system, or remove that file';
    throw new NoLibrary(`${path} cannot be loaded: ${(cause as Error).message}`, todo, cause);
  }
}
