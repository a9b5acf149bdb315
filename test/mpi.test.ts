// `dcgan train` under MPI, as processes: the checkpoint is that of one process, byte for byte, a run
// goes on with another number of ranks, only rank 0 speaks, and errors name the rank.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dcgan, sharedFolder } from './support/cli.ts';
import { MPIS, rankOf, startRanks, titleOf } from './support/mpi.ts';
import { newestBytes } from './support/training.ts';

/** Four steps an epoch, the last one with fewer images. */
const SHORT = '--preset tiny --limit 60 --batch-size 16 --epochs 2 --seed 7 --shards 4 --threads 1'.split(' ');
const folder = sharedFolder();
const here = { cwd: '' };

beforeAll(async () => {
  here.cwd = folder.path;
  for (const device of ['native', 'wasm'])
    expect((await dcgan(['train', ...SHORT, '--device', device, '--out', `one-${device}`], here)).code).toBe(0);
});

const newest = (run: string): Buffer => newestBytes(join(folder.path, run));

describe.each(MPIS)('$name', (mpi) => {
  const run = (name: string): string => `${name}-${mpi.name.replace(' ', '-')}`;

  it.skipIf(mpi.missing)(`trains to the bytes of one process (${titleOf(mpi)})`, async () => {
    const out = run('two');
    const { code, stdout, stderr } = await startRanks(mpi, 2, [...SHORT, '--out', out], here).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^Run: /gm)).toHaveLength(1);
    expect(stdout).toMatch(
      new RegExp(`^Note: 2 ranks on one host \\(${mpi.name} [\\d.]+\\) train this run; if they are cut off, any `, 'm'),
    );
    expect(stdout).not.toContain('\x1b');
    expect(newest(out).equals(newest('one-native'))).toBe(true);
    expect(readdirSync(join(folder.path, out))).not.toContain('run.lock');
  });

  it.skipIf(mpi.missing)(`goes on elsewhere on wasm with 4 ranks (${titleOf(mpi)})`, async () => {
    const out = run('four');
    const first = await dcgan(['train', ...SHORT, '--device', 'wasm', '--epochs', '1', '--out', out], here);
    expect(first.code).toBe(0);
    const go = ['--resume', out, '--device', 'wasm', '--epochs', '2', '--threads', '1'];
    const { code, stderr } = await startRanks(mpi, 4, go, here).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(newest(out).equals(newest('one-wasm'))).toBe(true);
  });

  it.skipIf(mpi.missing)(`says why there is one rank only (${titleOf(mpi)})`, async () => {
    const env = { PMI_RANK: undefined, OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2', MPICC: mpi.compiler };
    const { code, stderr } = await dcgan(['train', ...SHORT, '--out', run('none')], { ...here, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^dcgan: Open MPI's mpirun started 2 processes, but MPI knows of one only: got the MPI of ${mpi.compiler}, which is ${mpi.name} [\\d.]+\\. Set MPICC to `,
      ),
    );
    expect(readdirSync(folder.path)).not.toContain(run('none'));
  });

  it.skipIf(mpi.missing)(`reports wrong usage once (${titleOf(mpi)})`, async () => {
    const args = [...SHORT, '--shards', '1', '--out', run('none')];
    const { code, stderr } = await startRanks(mpi, 2, args, here).ended;
    expect(code).toBe(2);
    expect(stderr.match(/--shards 1 cannot be spread over 2 ranks/g)).toHaveLength(1);
  });

  it.skipIf(mpi.missing)(`ends promptly when a rank is killed (${titleOf(mpi)})`, async () => {
    const out = run('killed');
    const long = [...SHORT, '--limit', '6400', '--out', out];
    const running = startRanks(mpi, 2, long, here);
    await running.until(/^Note: 2 ranks/m);
    const began = performance.now();
    process.kill(rankOf(running.child.pid!, 1), 'SIGKILL');
    const { code, stdout } = await running.ended;
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(code).not.toBe(0);
    expect(stdout).toContain(`any number of ranks goes on with dcgan train --resume ${out}`);
  });
});

const OPEN_MPI = MPIS[0]!;

it.skipIf(OPEN_MPI.missing)(`verify-resume proves that ranks change nothing (${titleOf(OPEN_MPI)})`, async () => {
  const what = '--ranks 1,2 --device native --limit 60 --batch-size 16 --threads 1'.split(' ');
  const env = { MPIRUN: OPEN_MPI.mpirun.join(' ') };
  const { code, stdout, stderr } = await dcgan(['verify-resume', ...what], { ...here, env });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^native: 8 steps on 1, 2 ranks with 2 shards, and begun on 2 and ended on 1 \(.+ s\)\n {2}pass: [\d,]+ bytes in \d+ tensors are equal\n$/,
  );
});
