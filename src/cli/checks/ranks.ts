// Proves that the number of processes changes nothing. The same training runs on one number of
// ranks after another, and once it begins on the last of them and goes on with the first. Then
// every byte of all states is compared with those of the first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '../../platform/child.ts';
import { DcganError } from '../../platform/errors.ts';
import type { TrainOptions } from '../../train/run-options.ts';
import { beforeEnd } from '../stop.ts';
import { bytesOf, firstDifference } from './difference.ts';
import { newestSnapshot } from './resume.ts';

export interface RanksCheck {
  readonly device: string;
  readonly ranks: readonly number[];
  readonly shards: number;
  readonly steps: number;
  readonly tensors: number;
  readonly bytes: number;
  /** The first difference in words, or null. */
  readonly difference: string | null;
  readonly seconds: number;
}

type Asked = Pick<TrainOptions, 'preset' | 'batchSize' | 'precision' | 'device' | 'threads' | 'seed' | 'limit'>;

const EPOCHS = 2;
const LIMIT_MS = 1_800_000;
/** Lets Open MPI (4, and 5 on) start more ranks than there are cores. */
const OVERSUBSCRIBE = {
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
};

export async function checkRanks(options: Asked, ranks: readonly number[]): Promise<RanksCheck> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-verify-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const stopListening = beforeEnd(remove);
  try {
    const shards = Math.max(...ranks);
    const { preset, batchSize, precision, device, threads, seed, limit } = options;
    const given = (name: string, value: unknown): string[] => (value === undefined ? [] : [name, String(value)]);
    const machine = [...given('--device', device), ...given('--threads', threads)];
    const training = [
      ...['--shards', `${shards}`, ...given('--preset', preset), ...given('--batch-size', batchSize)],
      ...[...given('--precision', precision), ...given('--seed', seed), ...given('--limit', limit), ...machine],
    ];
    const fresh = (count: number, out: string, epochs: number): Promise<void> =>
      trainOn(count, [...training, '--epochs', `${epochs}`, '--out', out]);

    const straight = ranks.map((count) => join(folder, `on-${count}`));
    for (const [i, count] of ranks.entries()) await fresh(count, straight[i]!, EPOCHS);
    const moved = join(folder, 'moved');
    await fresh(ranks.at(-1)!, moved, 1);
    await trainOn(ranks[0]!, ['--resume', moved, '--epochs', `${EPOCHS}`, ...machine]);

    const [expected, ...others] = [...straight, moved].map(newestSnapshot);
    const names = [...ranks.slice(1).map((n) => `on ${n}`), `begun on ${ranks.at(-1)} and ended on ${ranks[0]}`];
    const differences = others.map((other, i) =>
      firstDifference(expected!, other, { first: `on ${ranks[0]}`, second: names[i]! }),
    );
    return {
      device: device ?? 'auto',
      ranks,
      shards,
      steps: expected!.step,
      tensors: expected!.tensors.size,
      bytes: bytesOf(expected!.tensors),
      difference: differences.find((one) => one !== null) ?? null,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    stopListening();
    remove();
  }
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
