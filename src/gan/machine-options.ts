// Where a model computes: what is asked for, and what came of it.
import type { BackendInfo, DeviceName } from '../engine/backends/backend.ts';
import type { Ranks } from '../engine/shards.ts';
import { usage } from '../platform/errors.ts';
import type { AnyName } from './presets.ts';
import type { Config } from './schema.ts';

/** Options that choose where a model computes. */
export interface MachineOptions {
  /**
   * `auto` (default) chooses the fastest device here; `cpu` never uses a GPU; any other value names
   * a device.
   */
  readonly device?: DeviceName | 'auto' | 'cpu' | AnyName | undefined;
  /** The number of threads. The default is the number of cores that this process may use. */
  readonly threads?: number | undefined;
}

/** What a training adds: the machine may be one of several ranks, or go on with an earlier run. */
export interface RankedOptions extends MachineOptions {
  /**
   * The variant that a run has used (`BackendInfo.variant`). It is taken again where this machine
   * has it, so that the run's bits go on.
   */
  readonly variant?: string | undefined;
  /** The processes that share the shards of a configuration; this one holds all when not given. */
  readonly ranks?: Ranks | undefined;
}

/** What a machine runs on, and why. */
export interface MachineInfo extends BackendInfo {
  /** The reason for this device, as one clause. */
  readonly reason: string;
  /**
   * The value for `device` to continue with if this device fails: `cpu` when `auto` chose a GPU,
   * else null.
   */
  readonly fallback: 'cpu' | null;
}

/** How many shards of the configuration a rank holds. */
export function shardsHeld({ shards }: Config, { count }: Ranks): number {
  if (Number.isInteger(shards / count)) return shards / count;
  throw usage({
    what: `shards ${shards} cannot be spread over ${count} ranks`,
    expected: 'a number of ranks that divides the number of shards',
    todo: shards === 1 ? 'Start the run with --shards 4, for example' : `Start 1, 2 or up to ${shards} ranks`,
    options: ['shards'],
  });
}
