// Proves that the number of processes changes nothing. The same training runs on one number of
// ranks after another, and once it begins on the last of them and goes on with the first. Then
// every byte of all states is compared with those of the first.
import { join } from 'node:path';
import { runChild } from '../../platform/child.ts';
import { DcganError } from '../../platform/errors.ts';
import type { TrainOptions } from '../../train/run-options.ts';
import { type Compared, compareTrainings } from './trainings.ts';

export interface RanksCheck extends Compared {
  readonly device: string;
  readonly ranks: readonly number[];
  readonly shards: number;
}

type Asked = Pick<TrainOptions, 'preset' | 'batchSize' | 'precision' | 'device' | 'threads' | 'seed' | 'limit'>;

const EPOCHS = 2;
const LIMIT_MS = 1_800_000;
/** Lets Open MPI (4, and 5 on) start more ranks than there are cores. */
const OVERSUBSCRIBE = {
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
};

export function checkRanks(options: Asked, ranks: readonly number[]): Promise<RanksCheck> {
  return compareTrainings(async (folder) => {
    const shards = Math.max(...ranks);
    const { preset, batchSize, precision, device, threads, seed, limit } = options;
    const given = (name: string, value: unknown): string[] => (value === undefined ? [] : [name, String(value)]);
    const machine = [...given('--device', device), ...given('--threads', threads)];
    const training = [
      ...['--shards', `${shards}`, ...given('--preset', preset), ...given('--batch-size', batchSize)],
      ...[...given('--precision', precision), ...given('--seed', seed), ...given('--limit', limit), ...machine],
    ];
    const fresh = async (count: number, name: string, epochs: number): Promise<string> => {
      const out = join(folder, name);
      await trainOn(count, [...training, '--epochs', `${epochs}`, '--out', out]);
      return out;
    };

    const straight = [];
    for (const count of ranks) straight.push({ run: await fresh(count, `on-${count}`, EPOCHS), name: `on ${count}` });
    const moved = await fresh(ranks.at(-1)!, 'moved', 1);
    await trainOn(ranks[0]!, ['--resume', moved, '--epochs', `${EPOCHS}`, ...machine]);
    const [first, ...others] = straight;
    const last = { run: moved, name: `begun on ${ranks.at(-1)} and ended on ${ranks[0]}` };
    return { about: { device: device ?? 'auto', ranks, shards }, trained: [first!, ...others, last] };
  });
}

async function trainOn(count: number, args: readonly string[]): Promise<void> {
  const mpirun = (process.env.MPIRUN?.trim() || 'mpirun').split(/\s+/);
  const own = [process.execPath, process.argv[1]!, 'train', '--quiet', ...args];
  const command = (count === 1 ? own : [...mpirun, '-n', `${count}`, ...own]) as [string, ...string[]];
  const env = { ...process.env, ...OVERSUBSCRIBE };
  const { ok, stdout, stderr, failure, late } = await runChild(command, { limitMs: LIMIT_MS, env });
  if (ok) return;
  throw new DcganError({
    what: count === 1 ? 'the training failed' : `the training on ${count} ranks failed (${mpirun.join(' ')})`,
    got: late ? `it did not end in ${LIMIT_MS / 60_000} minutes` : failure || (stderr || stdout).trim().slice(0, 500),
    todo: 'Set MPIRUN to the command that starts ranks here',
  });
}
