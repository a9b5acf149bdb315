// Records in config.json by which command, on which machine and when a run was trained, one sitting
// for each process that worked on it. The end is written when the run is done, stopped or failed. A
// process that was killed has none.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { newestCheckpoint } from '../checkpoint/files.ts';
import type { MachineInfo } from '../gan/machine.ts';
import { ownCommandLine } from '../platform/command.ts';
import { sha256OfFile } from '../platform/file-bytes.ts';
import { hostFacts } from '../platform/host.ts';
import { VERSION } from '../platform/version.ts';
import { BEST_NAME, type Evaluations } from './best.ts';
import type { RunLock } from './lock.ts';
import { checkpointsOf, writeRunConfig } from './run.ts';
import type { RunConfig, Sitting } from './run-schema.ts';

type How = NonNullable<Sitting['end']>['how'];

/** A run that is resumed more often keeps its newest sittings. */
const MOST = 100;

/** Returns the record's sittings and the one that begins now. */
export function withSitting(
  before: readonly Sitting[],
  info: MachineInfo,
  fromStep: number,
  evaluations: Evaluations,
): Sitting[] {
  const { device, variant, threads } = info;
  const begins = { start: Date.now(), fromStep, evaluations, command: ownCommandLine(), version: VERSION };
  return [...before, { ...begins, device, variant, threads, host: hostFacts() }].slice(-MOST);
}

/** Writes the end of a run's sitting, once. */
export class SittingEnd {
  readonly #folder: string;
  readonly #record: RunConfig;
  readonly #lock: RunLock;
  #written = false;

  /** @param run its newest sitting is the one that ends */
  constructor(run: { readonly folder: string; readonly record: RunConfig; readonly lock: RunLock }) {
    this.#folder = run.folder;
    this.#record = run.record;
    this.#lock = run.lock;
    this.#written = run.record.sittings?.at(-1)?.end !== undefined;
  }

  /** @throws DcganError when the disk or another holder of the run does not let it write */
  write(how: How): void {
    if (this.#written) return;
    const newest = newestCheckpoint(checkpointsOf(this.#folder));
    const last = this.#record.sittings?.at(-1);
    if (!newest || !last) return;
    const best = join(checkpointsOf(this.#folder), BEST_NAME);
    const end = {
      ...{ time: Date.now(), how, checkpoint: basename(newest.path), sha256: sha256OfFile(newest.path) },
      ...(this.#record.keepBest && existsSync(best) && { best: sha256OfFile(best) }),
    };
    this.#lock.check();
    const sittings = [...this.#record.sittings!.slice(0, -1), { ...last, end }];
    writeRunConfig(this.#folder, { ...this.#record, sittings });
    this.#written = true;
  }
}
