// What a run's configuration claims of its result: the SHA-256 of its last checkpoint, and on which
// device it was computed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointName } from '../../checkpoint/names.ts';
import { DCGAN } from '../../gan/dcgan.ts';
import type { MachineOptions } from '../../gan/machine.ts';
import { DcganError } from '../../platform/errors.ts';
import { sha256OfFile } from '../../platform/file-bytes.ts';
import { machinesOf, type StepMachine } from '../../train/machines.ts';
import { checkpointsOf } from '../../train/run.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import { describe, Incomparable, refuseOther } from './audit.ts';

export interface Claim {
  /** The name of the last checkpoint, and the SHA-256 of its file. */
  readonly checkpoint: string;
  readonly sha256: string;
  /**
   * The SHA-256 of the best checkpoint, where the run keeps it and has evaluated in one way from
   * its first step on.
   */
  readonly best: string | null;
  /** Why the best checkpoint is not compared although there is one, or null. */
  readonly whyNoBest: string | null;
  readonly machine: StepMachine;
}

/**
 * Returns what a run claims.
 * @param folder the run's folder, or null for a configuration alone
 * @throws DcganError when the run is not done, and `Incomparable` when several devices computed it
 */
export function claimOf(record: RunConfig, folder: string | null): Claim {
  const { config, sittings = [] } = record;
  const checkpoint = checkpointName(config.epochs);
  const path = folder === null ? null : join(checkpointsOf(folder), checkpoint);
  const end = sittings.at(-1)?.end;
  const told = end?.checkpoint === checkpoint ? end : undefined;
  const own = path !== null && existsSync(path) ? sha256OfFile(path) : undefined;
  const sha256 = told?.sha256 ?? own;
  if (sha256 === undefined)
    throw new DcganError({
      what: 'the configuration claims no result',
      expected: `the SHA-256 of ${checkpoint}, which a run writes when it is done`,
      got: end ? `an end at ${end.checkpoint}` : 'no end',
      todo: 'Finish the run first, or give its folder',
    });
  if (own !== undefined && own !== sha256)
    throw new DcganError({
      what: `${path} is not what its run claims`,
      expected: `SHA-256 ${sha256}`,
      got: own,
      todo: 'It was damaged or changed. Bring the file of the run back',
    });
  const machines = machinesOf(record, 0, Number.POSITIVE_INFINITY);
  if (machines.length > 1)
    throw new Incomparable({
      what: 'the run was computed by several devices, whose bits no device alone gives',
      got: machines.map(describe).join(' and '),
    });
  const ways = new Set(sittings.map(({ evaluations }) => JSON.stringify(evaluations)));
  const changed = told?.best !== undefined && ways.size > 1;
  return {
    ...{ checkpoint, sha256, machine: machines[0]! },
    best: changed ? null : (told?.best ?? null),
    whyNoBest: changed ? 'its evaluations were changed when it was resumed' : null,
  };
}

/** @throws Incomparable when this machine gives other bits than the claim's */
export async function refuseOtherMachine(
  { config, seed }: RunConfig,
  { machine }: Claim,
  { threads }: MachineOptions,
): Promise<void> {
  const gan = await DCGAN.create({ ...config, seed, ...machine, threads });
  try {
    refuseOther(machine, gan);
  } finally {
    await gan.dispose();
  }
}
