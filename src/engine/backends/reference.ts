// Runs plans in plain TypeScript. It is slow and simple, and it defines the meaning of each
// instruction. Convolutions and sums run in double precision, so that other backends are compared
// with something more exact than themselves. It works on the calling thread; its calls are
// asynchronous in form only.
import { DcganError } from '../../platform/errors.ts';
import { CONTROL_WORDS } from '../control.ts';
import { recordOf } from '../instructions/index.ts';
import type { Memory } from '../instructions/record.ts';
import type { Address, Plan } from '../plan.ts';
import { type Backend, type Executable, type OpenBackend, refuseBf16, refuseOtherState } from './backend.ts';
import { PlanTooLarge, planBytes } from './too-large.ts';

export const REFERENCE_VARIANT = 'plain TypeScript, sums in double precision';

class ReferenceBackend implements Backend {
  readonly info = {
    device: 'reference',
    variant: REFERENCE_VARIANT,
    threads: 1,
    stepsAtOnce: 1,
  } as const;
  readonly #stateFloats: number;
  #arena: Float32Array;
  #disposed = false;

  constructor(stateFloats: number) {
    this.#stateFloats = stateFloats;
    this.#arena = new Float32Array(stateFloats);
  }

  async compile(plan: Plan): Promise<Executable> {
    this.#check();
    refuseBf16(plan, 'reference');
    refuseOtherState(plan, 'reference', this.#stateFloats);
    const floats = plan.stateFloats + plan.scratchFloats;
    if (floats > this.#arena.length) {
      const larger = memoryFor(plan);
      larger.set(this.#arena.subarray(0, this.#stateFloats));
      this.#arena = larger;
    }
    return { plan };
  }

  async write(address: Address, data: Float32Array | Uint32Array): Promise<void> {
    this.#check();
    this.#arena.set(new Float32Array(data.buffer, data.byteOffset, data.length), address);
  }

  async read(address: Address, length: number): Promise<Float32Array> {
    this.#check();
    return this.#arena.slice(address, address + length);
  }

  async run({ plan }: Executable): Promise<void> {
    this.#check();
    const words = new Uint32Array(this.#arena.buffer, 4 * plan.control, CONTROL_WORDS);
    const memory: Memory = {
      arena: this.#arena,
      key: { seed: words[0]! + words[1]! * 2 ** 32, step: words[2]! + words[3]! * 2 ** 32 },
      injected: words[4]!,
    };
    for (const instruction of plan.instructions) recordOf(instruction).run(instruction, memory);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#arena = new Float32Array(0);
  }

  #check(): void {
    if (this.#disposed) throw new DcganError({ what: 'reference: the backend was disposed', todo: 'Open another' });
  }
}

export const openReference: OpenBackend = async ({ stateFloats }) => new ReferenceBackend(stateFloats);

/**
 * A JavaScript array holds less than other devices' memory, and the machine may not even have that
 * much.
 */
function memoryFor(plan: Plan): Float32Array {
  const limit = 4 * MOST_IN_ARRAY;
  const fits = (other: Plan): boolean => planBytes(other) <= limit;
  try {
    if (fits(plan)) return new Float32Array(plan.stateFloats + plan.scratchFloats);
    throw new RangeError('too long');
  } catch (cause) {
    throw new PlanTooLarge(`reference: plan "${plan.name}" is too large`, planBytes(plan), limit, fits, { cause });
  }
}

const MOST_IN_ARRAY = 2 ** 30;
