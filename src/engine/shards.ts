// A step in shards: fixed parts of its mini-batch, each computed by a plan of its own on a state of
// its own. Where the plans stop at sums over all shards, this adds the parts in one binary tree, so
// that the bits do not depend on how the shards are spread over processes. All states get the same
// new values. The shards of a process are run one after another.
import { DcganError } from '../platform/errors.ts';
import type { Executable } from './backends/backend.ts';
import { type Exchange, type Plan, partsOfPlan } from './plan.ts';
import type { RunOptions, Session } from './session.ts';

/** The processes that share the shards of a run. Each rank holds shards / count in a row. */
export interface Ranks {
  /** From 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly count: number;
  /**
   * Returns the sum of the parts of all ranks, value by value, added as `addInTree` adds. All ranks
   * call it equally often and with equally many values; it may overwrite `part`.
   * @throws DcganError when another rank is lost
   */
  sum(part: Float32Array): Promise<Float32Array>;
}

/** A process that holds all shards. */
export const ALONE: Ranks = { rank: 0, count: 1, sum: async (part) => part };

/**
 * Adds arrays of a power of two in number: neighbours first, then their sums, until one is left. It
 * overwrites the arrays and returns the first.
 */
export function addInTree(parts: readonly Float32Array[]): Float32Array {
  for (let apart = 1; apart < parts.length; apart *= 2)
    for (let i = 0; i < parts.length; i += 2 * apart) {
      const [a, b] = [parts[i]!, parts[i + apart]!];
      // The double-precision sum of two singles, rounded to single, is their single-precision sum.
      for (let k = 0; k < a.length; k++) a[k] = a[k]! + b[k]!;
    }
  return parts[0]!;
}

interface Part {
  readonly executable: Executable;
  readonly exchanges: readonly Exchange[];
}

/** The shards of a step that this process holds, each with its session. */
export class Shards {
  readonly sessions: readonly Session[];
  readonly #ranks: Ranks;
  readonly #parts = new Map<Plan, ReturnType<typeof partsOfPlan>>();
  /** Settles when everything asked so far is done. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(sessions: readonly Session[], ranks: Ranks) {
    this.sessions = sessions;
    this.#ranks = ranks;
  }

  /**
   * Runs a call after all that were asked before it. Where nothing is ever exchanged, the session
   * keeps that order itself.
   */
  inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.sessions.length === 1 && this.#ranks.count === 1) return call();
    const done = this.#last.then(call);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Prepares a plan on the session of shard `held`. */
  async prepare(held: number, plan: Plan): Promise<void> {
    await this.#prepared(held, plan);
  }

  /**
   * Runs one step: the plan of each held shard with its inputs. Returns the outputs of each shard.
   */
  run(plans: readonly Plan[], options: readonly RunOptions[]): Promise<Float32Array[][]> {
    return this.inTurn(async () => {
      // Preparing may move scratch, so all is prepared before anything is written there.
      const parts = await Promise.all(plans.map((plan, held) => this.#prepared(held, plan)));
      checkAlike(plans);
      for (const [held, plan] of plans.entries()) await this.sessions[held]!.feed(plan, options[held]!);
      for (let k = 0; k < parts[0]!.length; k++) {
        const given: Float32Array[] = [];
        for (const [held, { backend }] of this.sessions.entries()) {
          const { executable, exchanges } = parts[held]![k]!;
          await backend.run(executable);
          const values = await Promise.all(exchanges.map(({ from, floats }) => backend.read(from, floats)));
          given.push(joinFloats(values));
        }
        if (given[0]!.length === 0) continue;
        const total = await this.#ranks.sum(addInTree(given));
        for (const [held, { backend }] of this.sessions.entries()) {
          let at = 0;
          const writes: Promise<void>[] = [];
          for (const { to, floats } of parts[held]![k]!.exchanges) {
            writes.push(backend.write(to, total.subarray(at, at + floats)));
            at += floats;
          }
          await Promise.all(writes);
        }
      }
      return Promise.all(plans.map((plan, held) => this.sessions[held]!.outputs(plan, options[held]!.outputs)));
    });
  }

  /** Runs a plan that changes the state without a sum over shards, on every session. */
  runEverywhere(plan: Plan, options: RunOptions): Promise<void> {
    return this.inTurn(async () => {
      for (const session of this.sessions) await session.run(plan, options);
    });
  }

  /** Frees all sessions after what was asked before. */
  dispose(): Promise<void> {
    return this.inTurn(async () => {
      await Promise.all(this.sessions.map((session) => session.dispose()));
    });
  }

  #prepared(held: number, plan: Plan): Promise<Part[]> {
    let parts = this.#parts.get(plan);
    if (!parts) {
      parts = partsOfPlan(plan);
      this.#parts.set(plan, parts);
    }
    const session = this.sessions[held]!;
    return Promise.all(parts.map(async (part) => ({ ...part, executable: await session.prepare(part.plan) })));
  }
}

/** All values in a row. */
export function joinFloats(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const values of arrays) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}

/** Plans of one step stop at the same sums, whatever the numbers of their images. */
function checkAlike(plans: readonly Plan[]): void {
  const sums = plans.map(({ exchanges = [] }) => exchanges.map(({ index, floats }) => `${index}:${floats}`).join(' '));
  const cuts = plans.map((plan) =>
    partsOfPlan(plan)
      .map(({ exchanges }) => exchanges.length)
      .join(' '),
  );
  if (new Set(sums).size === 1 && new Set(cuts).size === 1) return;
  throw new DcganError({
    what: `plans ${plans.map(({ name }) => name).join(' and ')} exchange different sums`,
    todo: 'Report this: the compiler made shards of one step differ',
  });
}
