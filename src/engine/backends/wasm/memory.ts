// The layout of the kernels' memory, and how it grows. From the lowest address:
//   the kernels' data and first stack | signals | job |
//   (thread-local data, stack, workspace) of each thread | arena | plan words
// Only the words of the running plan lie behind the arena, so the arena can grow in place. State
// comes first and scratch after it, as in the plan's addresses, so float `a` lies at arena + 4 a.
// The memory may have served another backend, so what must be zero is cleared. Pages cost nothing
// until they are touched. Growing makes older views too short, so views are created anew for each
// use.
import { DcganError } from '../../../platform/errors.ts';
import { SPACE_FLOATS, SPARE_BYTES } from '../../room.ts';
import { MOST_FLOATS, PlanTooLarge, planBytes } from '../too-large.ts';
import { type Kernels, PAGE } from './module.ts';
import { SIGNAL_WORDS } from './worker.ts';

const ALIGN = 64;
/**
 * The size of a worker's stack. scripts/build-wasm.mjs refuses kernels with a frame near a quarter
 * of it.
 */
const STACK = 256 * 1024;
/** The bytes of a worker's workspace. Pages that are never touched cost nothing. */
const SPACE = 4 * SPACE_FLOATS;

/** Enough bytes for the words of any step; this is used only to estimate what would fit. */
const ROOM_FOR_WORDS = 2 ** 20;

const roundUp = (bytes: number, unit = ALIGN): number => Math.ceil(bytes / unit) * unit;

/** The byte offsets of one thread's own places. */
export interface ThreadPlace {
  readonly tls: number;
  /** The upper end, because stacks grow downwards. */
  readonly stack: number;
  readonly space: number;
}

export class WasmArena {
  readonly signals: number;
  readonly job: number;
  readonly threads: readonly ThreadPlace[];
  readonly #kernels: Kernels;
  readonly #stateFloats: number;
  readonly #arena: number;
  #floats = 0;
  #words = 0;

  constructor(kernels: Kernels, stateFloats: number, threads: number) {
    const { exports } = kernels;
    this.#kernels = kernels;
    this.#stateFloats = stateFloats;
    this.signals = roundUp(exports.__heap_base.value);
    this.job = this.signals + roundUp(4 * SIGNAL_WORDS);
    const first = this.job + roundUp(exports.dcgan_job_bytes());
    const tls = roundUp(exports.__tls_size.value);
    const place = (thread: number): number => first + thread * (tls + STACK + SPACE);
    this.threads = Array.from({ length: threads }, (_, i) => {
      const stack = place(i) + tls + STACK;
      return { tls: place(i), stack, space: stack };
    });
    this.#arena = place(threads);
    this.reserve(0, 0, 'the state');
    this.signalWords().fill(0);
    this.floats(0, stateFloats).fill(0);
  }

  /** Makes sure that `scratchFloats` of scratch and a plan of `words` words fit. */
  reserve(scratchFloats: number, words: number, who: string): void {
    const floats = Math.max(this.#floats, this.#stateFloats + scratchFloats);
    // The longest plan must still fit after a later one has pushed the words further up.
    const most = Math.max(this.#words, words);
    const bytes = this.#arena + roundUp(4 * floats) + 4 * most + SPARE_BYTES;
    const { memory, limit } = this.#kernels;
    const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
    const tooLarge = (most: number, cause?: unknown): PlanTooLarge =>
      new PlanTooLarge(
        `${who} does not fit into WebAssembly's memory`,
        bytes,
        most,
        (plan) => this.#arena + planBytes(plan) + ROOM_FOR_WORDS + SPARE_BYTES <= most,
        { elsewhere: floats <= MOST_FLOATS ? ', or in Node device native' : '', cause },
      );
    if (bytes > limit) throw tooLarge(limit);
    try {
      if (missing > 0) memory.grow(missing);
    } catch (cause) {
      throw tooLarge(memory.buffer.byteLength, cause);
    }
    this.#floats = floats;
    this.#words = most;
  }

  /** Puts a plan's words behind the arena and makes the job that runs it. */
  prepare(words: Int32Array, control: number): void {
    const { exports, memory } = this.#kernels;
    const code = this.#arena + roundUp(4 * this.#floats);
    const scratch = this.#arena + 4 * this.#stateFloats;
    new Int32Array(memory.buffer, code, words.length).set(words);
    new Uint8Array(memory.buffer, this.job, exports.dcgan_job_bytes()).fill(0);
    const { job, threads } = this;
    exports.dcgan_job_init(job, code, words.length, this.#arena, this.#stateFloats, scratch, control, threads.length);
  }

  /** Returns the words that wake and count workers. */
  signalWords(): Int32Array {
    return new Int32Array(this.#kernels.memory.buffer, this.signals, SIGNAL_WORDS);
  }

  /** Returns a view of `length` floats at `address`, which is valid until the memory grows. */
  floats(address: number, length: number): Float32Array<SharedArrayBuffer> {
    const whole = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
    if (!whole || address + length > this.#floats) {
      throw new DcganError({
        what: 'wasm: an access outside the arena',
        expected: `addresses below ${this.#floats}`,
        got: `${length} floats at ${address}`,
      });
    }
    return new Float32Array(this.#kernels.memory.buffer, this.#arena + 4 * address, length);
  }
}
