// One model on one backend: a state, the plans that work on it, and their runs. A run receives its
// inputs, the key of its random draws, and values to inject in place of draws. It returns the
// outputs that were asked for. The backend orders all calls; a session adds names and checks.
import { floats } from '../platform/arrays.ts';
import { DcganError } from '../platform/errors.ts';
import { didYouMean } from '../platform/suggest.ts';
import type { Backend, Executable } from './backends/backend.ts';
import { controlWords } from './control.ts';
import { showShape, size } from './graph.ts';
import type { StateLayout } from './layout.ts';
import type { Address, Plan, Slot } from './plan.ts';
import type { DrawKey } from './random.ts';

export type Feeds = Readonly<Record<string, Float32Array>>;

export interface RunOptions {
  readonly key: DrawKey;
  readonly inputs?: Feeds;
  /** Values that replace draws, by the draws' names. */
  readonly injected?: Feeds;
  /** Names of the outputs to read. */
  readonly outputs: readonly string[];
}

/** The result of calls that were all handed to the backend, but need not have ended. */
export interface Handed<T> {
  readonly done: Promise<T>;
}

const NOTHING = Promise.resolve();

export class Session {
  readonly backend: Backend;
  readonly layout: StateLayout;
  readonly #ready: Map<Plan, Promise<Executable>>;
  /** Settles when all calls so far were handed to the backend. */
  #handed: Promise<unknown> = Promise.resolve();

  constructor(backend: Backend, layout: StateLayout, ready = new Map<Plan, Promise<Executable>>()) {
    this.backend = backend;
    this.layout = layout;
    this.#ready = ready;
  }

  /** Prepares a plan before its first run. */
  prepare(plan: Plan): Promise<Executable> {
    let ready = this.#ready.get(plan);
    if (!ready) {
      ready = this.backend.compile(plan);
      this.#ready.set(plan, ready);
    }
    return ready;
  }

  /**
   * Runs a plan once and returns fresh copies of the outputs asked for, in their order. Inputs must
   * not change until it has run.
   */
  async run(plan: Plan, options: RunOptions): Promise<Float32Array[]> {
    const writes = writesOf(plan, options);
    const wanted = options.outputs.map((name) => find(plan, 'outputs', name));
    const { backend } = this;
    return this.#inTurn(this.prepare(plan), async (executable) => {
      const asked: Promise<unknown>[] = writes.map(({ address, data }) => backend.write(address, data));
      asked.push(backend.run(executable));
      const reads = wanted.map(({ address, shape }) => backend.read(address, size(shape)));
      await Promise.all([...asked, ...reads]);
      return Promise.all(reads);
    });
  }

  /** Writes what a run of the plan is given, for one whose parts are run singly (shards.ts). */
  async feed(plan: Plan, options: RunOptions): Promise<void> {
    const writes = writesOf(plan, options);
    await this.#inTurn(NOTHING, () =>
      Promise.all(writes.map(({ address, data }) => this.backend.write(address, data))),
    );
  }

  /** Returns fresh copies of outputs of the plan that was run last. */
  outputs(plan: Plan, names: readonly string[]): Promise<Float32Array[]> {
    const slots = names.map((name) => find(plan, 'outputs', name));
    return Promise.all(slots.map(({ address, shape }) => this.#read(address, size(shape))));
  }

  /**
   * Hands a call to the backend once it is ready and all earlier calls were handed over, however
   * long their plans take to prepare.
   */
  #inTurn<R, T>(ready: Promise<R>, call: (ready: R) => Promise<T>): Promise<T> {
    // Its failure may come before its turn.
    ready.catch(() => {});
    return this.#handOver(async () => ({ done: call(await ready) }));
  }

  /**
   * Makes several calls that count as one: every other call is handed over before or after all of
   * them. `calls` makes them on the session that it is given. Later calls are handed over once its
   * promise has settled, whether or not the result is done by then.
   */
  together<T>(calls: (session: Session) => Promise<Handed<T>>): Promise<T> {
    const inner = new Session(this.backend, this.layout, this.#ready);
    return this.#handOver(async () => {
      try {
        const made = await calls(inner);
        // Its failure may come before it is waited for.
        made.done.catch(() => {});
        return made;
      } finally {
        await inner.#handed;
      }
    });
  }

  async #handOver<T>(call: () => Promise<Handed<T>>): Promise<T> {
    const before = this.#handed;
    const handing = (async () => {
      await before;
      return call();
    })();
    this.#handed = handing.catch(() => {});
    return (await handing).done;
  }

  /** Returns a fresh copy of one variable's values. */
  readVariable(name: string): Promise<Float32Array> {
    const { address, shape } = this.layout.slots.get(name)!;
    return this.#read(address, size(shape));
  }

  /** Returns the values of every variable, by name. */
  async readState(): Promise<Map<string, Float32Array>> {
    const all = await this.#read(0, this.layout.floats);
    return new Map(
      [...this.layout.slots].map(([name, { address, shape }]) => [name, all.slice(address, address + size(shape))]),
    );
  }

  /** Sets variables; names and sizes must be the layout's. */
  async writeState(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    const writes = [...values].map(([name, data]) => {
      const slot = this.layout.slots.get(name);
      if (!slot)
        throw new DcganError({ what: `tensor ${name} is not part of this model`, ...hint(name, this.layout.slots) });
      checkSize(`tensor ${name}`, slot, data);
      return { address: slot.address, data };
    });
    await this.#inTurn(NOTHING, () =>
      Promise.all(writes.map(({ address, data }) => this.backend.write(address, data))),
    );
  }

  dispose(): Promise<void> {
    return this.#inTurn(NOTHING, () => this.backend.dispose());
  }

  #read(address: number, length: number): Promise<Float32Array> {
    return this.#inTurn(NOTHING, () => this.backend.read(address, length));
  }
}

/** What is written before a run: inputs, injected values, and the control words. */
function writesOf(
  plan: Plan,
  { key, inputs = {}, injected = {} }: RunOptions,
): { readonly address: Address; readonly data: Float32Array | Uint32Array }[] {
  for (const name of plan.inputs.keys())
    if (!(name in inputs)) throw new DcganError({ what: `plan ${plan.name}: input ${name} is missing` });
  const sites: number[] = [];
  const writes: { address: Address; data: Float32Array | Uint32Array }[] = [];
  for (const [name, data] of Object.entries(inputs))
    writes.push({ address: find(plan, 'inputs', name, data).address, data });
  for (const [name, data] of Object.entries(injected)) {
    writes.push({ address: find(plan, 'injections', name, data).address, data });
    sites.push(plan.injections.get(name)!.site);
  }
  writes.push({ address: plan.control, data: controlWords(key, sites) });
  return writes;
}

function find(plan: Plan, kind: 'inputs' | 'injections' | 'outputs', name: string, values?: Float32Array): Slot {
  const slots: ReadonlyMap<string, Slot> = plan[kind];
  const slot = slots.get(name);
  if (!slot)
    throw new DcganError({ what: `plan ${plan.name} has no ${kind.slice(0, -1)} ${name}`, ...hint(name, slots) });
  if (values) checkSize(`plan ${plan.name}, ${name}`, slot, values);
  return slot;
}

function checkSize(what: string, slot: Slot, values: Float32Array): void {
  floats(what, values);
  if (values.length === size(slot.shape)) return;
  throw new DcganError({
    what,
    expected: `${size(slot.shape)} values, shape ${showShape(slot.shape)}`,
    got: `${values.length}`,
  });
}

function hint(name: string, known: ReadonlyMap<string, unknown>): { todo: string } {
  const names = [...known.keys()];
  return { todo: didYouMean(name, names) ?? `Known: ${names.join(', ')}` };
}
