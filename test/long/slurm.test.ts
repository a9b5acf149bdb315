// examples/distributed/slurm.sh on a Slurm cluster of one node. The signal before the time limit ends
// the job with a saved state, and the same command goes on to the bytes of one process. srun starts
// ranks by PMIx and by PMI2, and an error tells how when it was given neither.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, dcgan, type Ended, sharedFolder, startProgram } from '../support/cli.ts';
import { MPIS } from '../support/mpi.ts';
import { noSlurm, type Slurm, startSlurm } from '../support/slurm.ts';
import { newestBytes } from '../support/training.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/distributed/slurm.sh', import.meta.url));
const missing = noSlurm ?? MPIS.find((mpi) => mpi.missing)?.missing ?? null;
const TRAINING = '--preset tiny --batch-size 16 --limit 640 --epochs 5 --seed 7 --shards 2'.split(' ');
const folder = sharedFolder();

describe.skipIf(missing)(`Slurm${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm();
    const one = await dcgan(['train', ...TRAINING, '--threads', '1', '--out', 'one'], { cwd: folder.path });
    expect(one.code).toBe(0);
  }, 600_000);
  afterAll(() => slurm.stop());

  const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    startProgram(program, args, { cwd: folder.path, env: { ...slurm.env, ...env } }).ended;
  const bytesOf = (out: string): Buffer => newestBytes(join(folder.path, out));

  it('ends with a saved state when its signal comes, and goes on by the same command', async () => {
    const env = { RUN: 'batch', DCGAN: `${process.execPath} ${BIN}`, DCGAN_CACHE_DIR: process.env.DCGAN_CACHE_DIR };
    const submit = (log: string): Promise<Ended> => {
      const job = ['--wait', '--ntasks=2', '--cpus-per-task=1', '--job-name=batch', `--output=${log}`];
      return run('sbatch', [...job, EXAMPLE, ...TRAINING], env);
    };
    let over = false;
    const ended = submit('first.log').finally(() => {
      over = true;
    });
    while (!over && !existsSync(join(folder.path, 'batch/checkpoints/epoch-0001.safetensors'))) await sleep(50);
    // Slurm does the same at --signal's time before the limit: the steps of the job get the signal.
    expect((await run('scancel', ['--signal=TERM', '--name=batch'])).code).toBe(0);
    expect((await ended).code).not.toBe(0);
    const log = readFileSync(join(folder.path, 'first.log'), 'utf8');
    expect(log).toMatch(/^Stopped after step \d+, saved to batch\/checkpoints\/\S+\. To go on:/m);
    expect(await submit('second.log').then(({ code }) => code)).toBe(0);
    expect(bytesOf('batch').equals(bytesOf('one'))).toBe(true);
  });

  it('starts ranks of MPICH by PMI2', async () => {
    const train = [process.execPath, BIN, 'train', ...TRAINING, '--threads', '1', '--out', 'pmi2'];
    const { code, stdout } = await run('srun', ['--ntasks=2', '--mpi=pmi2', ...train]);
    expect(code).toBe(0);
    expect(stdout).toContain('2 ranks on one host (MPICH');
    expect(bytesOf('pmi2').equals(bytesOf('one'))).toBe(true);
  });

  it('says how srun starts ranks when a bare srun started them', async () => {
    const { code, stderr } = await run('srun', ['--ntasks=2', process.execPath, BIN, 'train', ...TRAINING]);
    expect(code).toBe(1);
    expect(stderr).toContain("dcgan: Slurm's srun started 2 processes, but nothing lets MPI join them");
  });
});
