// Blocks of the library's memory, and how much of it there is. JavaScript sees a block through
// windows, because one of its buffers holds at most 4 GiB (Node 20) and a block may hold 16 GiB.
import { freemem } from 'node:os';
import { DcganError } from '../../../platform/errors.ts';
import type { Plan } from '../../plan.ts';
import { gibibytes, MOST_FLOATS, MOST_TENSOR_BYTES, PlanTooLarge, planBytes, uncountable } from '../too-large.ts';
import type { NativeKernels } from './load.ts';

/** The floats of a window: 1 GiB. */
const WINDOW = 2 ** 28;

/** A block that can grow, and JavaScript's views of it. */
export class Block {
  pointer: bigint;
  floats: number;
  readonly #kernels: NativeKernels;
  #windows: (ArrayBuffer | undefined)[] = [];

  constructor(kernels: NativeKernels, floats: number, who: string) {
    this.#kernels = kernels;
    // A block is never empty, because an empty view cannot be made.
    this.floats = Math.max(floats, 16);
    checkMemory(4 * this.floats, who);
    this.pointer = kernels.memory(4 * this.floats) ?? noMemory(who, this.floats);
  }

  grow(floats: number, who: string): void {
    if (floats <= this.floats) return;
    this.pointer = this.#kernels.memoryGrow(this.pointer, 4 * this.floats, 4 * floats) ?? noMemory(who, floats);
    this.floats = floats;
    this.#windows = [];
  }

  /**
   * Yields the parts of `length` floats from `start`, in order. The views are valid until the block
   * grows.
   */
  *at(start: number, length: number): Generator<Float32Array, void, undefined> {
    for (let at = start; at < start + length; ) {
      const window = Math.floor(at / WINDOW);
      const within = at - window * WINDOW;
      const count = Math.min(start + length - at, WINDOW - within);
      yield new Float32Array(this.#window(window), 4 * within, count);
      at += count;
    }
  }

  free(): void {
    this.#kernels.memoryFree(this.pointer, 4 * this.floats);
  }

  #window(index: number): ArrayBuffer {
    const first = index * WINDOW;
    this.#windows[index] ??= this.#kernels.koffi.view(
      this.pointer + BigInt(4 * first),
      4 * Math.min(WINDOW, this.floats - first),
    );
    return this.#windows[index];
  }
}

/** Smaller amounts are allocated without a look at what is free. */
const UNCHECKED = 2 ** 30;

/**
 * Returns the bytes that this process could still use, within the machine and the container. Only
 * Linux tells them.
 */
function freeBytes(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(freemem(), limit - process.memoryUsage.rss());
}

function isThere(bytes: number): boolean {
  return bytes <= UNCHECKED || bytes <= freeBytes();
}

function checkMemory(bytes: number, who: string): void {
  if (isThere(bytes)) return;
  throw new DcganError({
    what: `native: no memory for ${who}`,
    expected: `${gibibytes(freeBytes())} at most, which are free`,
    got: gibibytes(bytes),
    todo: 'Use smaller networks or images, or close other programs',
  });
}

/**
 * @throws PlanTooLarge for a plan that the kernels cannot address, or that this machine now has no
 * memory for
 */
export function checkPlan(plan: Plan, scratchFloats: number): void {
  const bytes = planBytes(plan);
  const missing = 4 * (plan.scratchFloats - scratchFloats);
  const fits = (other: Plan): boolean =>
    planBytes(other) <= 4 * MOST_FLOATS &&
    uncountable(other) === null &&
    isThere(4 * (other.scratchFloats - scratchFloats));
  const tensor = uncountable(plan);
  const name = `native: plan "${plan.name}"`;
  if (bytes > 4 * MOST_FLOATS)
    throw new PlanTooLarge(`${name} is larger than its kernels can address`, bytes, 4 * MOST_FLOATS, fits);
  if (tensor !== null)
    throw new PlanTooLarge(`${name} has a tensor larger than its kernels can count`, tensor, MOST_TENSOR_BYTES, fits);
  if (!isThere(missing)) throw new PlanTooLarge(`${name} needs more memory than is free`, missing, freeBytes(), fits);
}

function noMemory(who: string, floats: number): never {
  throw new DcganError({
    what: `native: no memory for ${who}`,
    got: `a request for ${gibibytes(4 * floats)}`,
    todo: 'Use a smaller batch or image size',
  });
}
