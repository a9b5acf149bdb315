// The native device runs the C kernels on a pool of threads. They come from a package of prebuilt
// kernels where one is installed, else this machine's own compiler builds them.
// State and scratch are two blocks of the library's memory, which JavaScript sees without copying.
// Calls queue in the order in which they are made. A failed one ends the backend, because the
// arena's contents are then unknown.
import { isMainThread } from 'node:worker_threads';
import { DcganError } from '../../../platform/errors.ts';
import { encode } from '../../encode.ts';
import type { Address, Plan } from '../../plan.ts';
import { freeWhenCollected, isDisposed, whileInUse } from '../abandoned.ts';
import { type Backend, type BackendInfo, type Executable, type OpenBackend, refuseOtherState } from '../backend.ts';
import { CallQueue } from '../call-queue.ts';
import { unknownToKernels } from '../unknown.ts';
import { bf16Kernels } from './bf16.ts';
import { KeptAnswers } from './kept.ts';
import { type Library, library } from './library.ts';
import { loadLibrary, type NativeKernels } from './load.ts';
import { Block, checkPlan } from './memory.ts';
import { NoLibrary } from './no-library.ts';
import { chooseSet, PREBUILT, prebuilt } from './prebuilt.ts';

export type NativeAvailability =
  | {
      readonly ok: true;
      readonly variant: string;
      /** The package of prebuilt kernels in use; without one, `compiler` and `cache` say more. */
      readonly prebuilt?: string;
      /** The compiler's description of itself. */
      readonly compiler?: string;
      /** The folder that keeps built kernels, and why it was chosen. */
      readonly cache?: Library['cache'];
    }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

interface Native {
  readonly kernels: NativeKernels;
  readonly prebuilt?: string;
  readonly library?: Library;
}

/** By the variant that is to be taken again. */
const opened = new KeptAnswers(open);

async function open(kept: string): Promise<Native> {
  const again = await compiledAgain(kept);
  if (again) return again;
  const chosen = await chooseSet('float32', kept);
  return chosen ? { kernels: await loadLibrary(chosen.set), prebuilt: chosen.title } : compiled();
}

async function compiled(): Promise<Native> {
  const built = await library();
  return { kernels: await loadLibrary(built), library: built };
}

/**
 * Returns the kernels of a run that compiled its own, where this machine still makes the same ones.
 */
async function compiledAgain(kept: string): Promise<Native | null> {
  if (kept === '' || kept.includes(PREBUILT) || !(await prebuilt())) return null;
  try {
    const again = await compiled();
    return kept.split(' + ').includes(again.kernels.variant) ? again : null;
  } catch (error) {
    if (error instanceof NoLibrary) return null;
    throw error;
  }
}

/**
 * Says whether this machine can run the native kernels, which are built now if need be, or why not
 * and what to do.
 */
export async function nativeAvailability(): Promise<NativeAvailability> {
  try {
    const { kernels, prebuilt: title, library: built } = await opened.get('');
    const { variant } = kernels;
    if (!built) return { ok: true, variant, ...(title && { prebuilt: title }) };
    return { ok: true, variant, compiler: built.compiler.banner, cache: built.cache };
  } catch (error) {
    if (!(error instanceof NoLibrary)) throw error;
    return { ok: false, reason: error.message, todo: error.todo };
  }
}

export const openNative: OpenBackend = async ({ stateFloats, threads, variant }) => {
  try {
    const { kernels } = await opened.get(variant ?? '');
    return new NativeBackend(kernels, stateFloats, threads, variant);
  } catch (error) {
    if (!(error instanceof NoLibrary)) throw error;
    throw new DcganError({ what: 'native cannot run here', got: error.message, todo: error.todo, cause: error });
  }
};

/** Kernels of one precision, and threads that run them. */
interface Engine {
  readonly kernels: NativeKernels;
  readonly pool: bigint;
}

function startEngine(kernels: NativeKernels, threads: number): Engine {
  const pool = kernels.poolOpen(threads);
  if (pool !== null) return { kernels, pool };
  throw new DcganError({ what: `native: the system refuses ${threads} threads`, todo: 'Ask for fewer threads' });
}

/**
 * What the backends of a Worker hold. Memory and threads of C belong to the process, and the
 * garbage collector of a Worker that ends no longer runs, so its end frees them. There is no time
 * for that where the Worker is terminated from outside.
 */
const heldByWorker = new Set<NativeHoldings>();
if (!isMainThread)
  process.once('exit', () => {
    for (const holdings of heldByWorker) if (!holdings.running) holdings.free();
  });

/** The blocks and engines of one backend. */
class NativeHoldings {
  readonly blocks: Block[] = [];
  readonly engines: Engine[] = [];
  /** Whether kernels are at work, which then must not lose their memory. */
  running = false;

  constructor() {
    if (!isMainThread) heldByWorker.add(this);
  }

  /** Ends the threads, then frees the memory. No run may be under way. */
  free(): void {
    heldByWorker.delete(this);
    for (const { kernels, pool } of this.engines.splice(0)) kernels.poolClose(pool);
    for (const block of this.blocks.splice(0)) block.free();
  }
}

class NativeBackend implements Backend {
  readonly #threads: number;
  readonly #stateFloats: number;
  /** The variant to take again for bf16 too. */
  readonly #kept: string | undefined;
  readonly #state: Block;
  readonly #scratch: Block;
  readonly #float32: Engine;
  /** Started by the first plan in bf16. Both engines work on the same memory, one run at a time. */
  #bf16: Engine | undefined;
  readonly #holdings = new NativeHoldings();
  readonly #ready = new WeakMap<Executable, { readonly words: Int32Array; readonly engine: Engine }>();
  readonly #queue = new CallQueue('native');

  constructor(kernels: NativeKernels, stateFloats: number, threads: number, kept?: string) {
    this.#threads = threads;
    this.#kept = kept;
    this.#stateFloats = stateFloats;
    const { blocks, engines } = this.#holdings;
    try {
      this.#state = new Block(kernels, stateFloats, 'the state');
      blocks.push(this.#state);
      this.#scratch = new Block(kernels, 0, 'scratch');
      blocks.push(this.#scratch);
      this.#float32 = startEngine(kernels, threads);
      engines.push(this.#float32);
    } catch (error) {
      this.#holdings.free();
      throw error;
    }
    freeWhenCollected(this, this.#holdings);
  }

  get info(): BackendInfo {
    const kernels = [this.#float32, ...(this.#bf16 ? [this.#bf16] : [])].map((engine) => engine.kernels.variant);
    return { device: 'native', variant: kernels.join(' + '), threads: this.#threads, stepsAtOnce: 1 };
  }

  /**
   * When bf16 cannot run, a plan in it is refused before it is queued, so no other call fails with
   * it.
   */
  async compile(plan: Plan): Promise<Executable> {
    const engine = plan.precision === 'bf16' ? await this.#startBf16() : this.#float32;
    return this.#queue.ask(() => {
      refuseOtherState(plan, 'native', this.#stateFloats);
      checkPlan(plan, this.#scratch.floats);
      this.#scratch.grow(plan.scratchFloats, `plan "${plan.name}"`);
      const executable: Executable = { plan };
      this.#ready.set(executable, { words: encode(plan), engine });
      return executable;
    });
  }

  write(address: Address, data: Float32Array | Uint32Array): Promise<void> {
    const { buffer, byteOffset, length } = data.slice();
    return this.#queue.ask(() => {
      const from = new Float32Array(buffer, byteOffset, length);
      for (const { floats, offset } of this.#pieces(address, length))
        floats.set(from.subarray(offset, offset + floats.length));
    });
  }

  read(address: Address, length: number): Promise<Float32Array> {
    return this.#queue.ask(() => {
      const result = new Float32Array(length);
      for (const { floats, offset } of this.#pieces(address, length)) result.set(floats, offset);
      return result;
    });
  }

  run(executable: Executable): Promise<void> {
    return this.#queue.ask(async () => {
      const { plan } = executable;
      const ready = this.#ready.get(executable);
      if (!ready) throw new DcganError({ what: `plan "${plan.name}" was compiled by another backend` });
      const { kernels, pool } = ready.engine;
      const [state, scratch] = [this.#state.pointer, this.#scratch.pointer];
      this.#holdings.running = true;
      let code: number;
      try {
        code = await whileInUse([this, ready.words], () =>
          kernels.poolRun(pool, ready.words, state, this.#stateFloats, scratch, plan.control),
        );
      } finally {
        this.#holdings.running = false;
      }
      if (code !== 0) throw unknownToKernels('native', plan, code, 'Build the program again: "npm run build"');
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close(() => {
      isDisposed(this);
      this.#holdings.free();
    });
  }

  async #startBf16(): Promise<Engine> {
    try {
      const kernels = await bf16Kernels(this.#kept);
      if (!this.#bf16) {
        this.#bf16 = startEngine(kernels, this.#threads);
        this.#holdings.engines.push(this.#bf16);
      }
      return this.#bf16;
    } catch (error) {
      if (!(error instanceof NoLibrary)) throw error;
      throw new DcganError({
        what: `precision bf16 cannot run here: ${error.message}`,
        todo: error.todo,
        cause: error,
      });
    }
  }

  /**
   * Returns the parts of an address range in state and scratch, and where each begins in the range.
   */
  #pieces(address: Address, length: number): { floats: Float32Array; offset: number }[] {
    const split = this.#stateFloats;
    const whole = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
    if (!whole || address + length > split + this.#scratch.floats)
      throw new DcganError({
        what: 'native: an access outside the arena',
        expected: `addresses below ${split + this.#scratch.floats}`,
        got: `${length} floats at ${address}`,
      });
    const inState = Math.max(0, Math.min(length, split - address));
    const pieces: { floats: Float32Array; offset: number }[] = [];
    let offset = 0;
    const add = (parts: Iterable<Float32Array>): void => {
      for (const floats of parts) {
        pieces.push({ floats, offset });
        offset += floats.length;
      }
    };
    add(this.#state.at(address, inState));
    add(this.#scratch.at(address + inState - split, length - inState));
    return pieces;
  }
}
