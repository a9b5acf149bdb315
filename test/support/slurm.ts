// A Slurm cluster of one node for tests. Its three daemons (munged, slurmctld and slurmd) run without
// systemd, on a configuration and in a folder of their own.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DAEMONS = ['munged', 'slurmctld', 'slurmd'] as const;
const pathOf = (name: string): string => join('/usr/sbin', name);
const lacking = DAEMONS.find((name) => !existsSync(pathOf(name)));

/** Why the tests of Slurm cannot run here, or null. */
export const noSlurm = lacking ? `there is no ${lacking}. Install Debian's: "apt-get install slurm-wlm munge"` : null;

export interface Slurm {
  /** The environment that the commands of Slurm need. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Starts Slurm, and resolves once its node takes jobs. */
export async function startSlurm(): Promise<Slurm> {
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
  const at = (name: string): string => join(folder, name);
  for (const name of ['state', 'spool']) mkdirSync(at(name));
  writeFileSync(at('key'), randomBytes(128), { mode: 0o600 });
  const host = hostname().split('.')[0]!;
  const user = userInfo().username;
  writeFileSync(
    at('slurm.conf'),
    [
      ...['ClusterName=test', `SlurmctldHost=${host}(127.0.0.1)`, `SlurmUser=${user}`, `SlurmdUser=${user}`],
      ...['SlurmctldPort=26817', 'SlurmdPort=26818', 'AuthType=auth/munge', `AuthInfo=socket=${at('munge')}`],
      ...[`StateSaveLocation=${at('state')}`, `SlurmdSpoolDir=${at('spool')}`, 'MpiDefault=none'],
      ...[`SlurmctldPidFile=${at('slurmctld.pid')}`, `SlurmctldLogFile=${at('slurmctld.log')}`],
      ...[`SlurmdPidFile=${at('slurmd.pid')}`, `SlurmdLogFile=${at('slurmd.log')}`],
      ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'SlurmdParameters=config_overrides'],
      ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_CPU', 'KillWait=60', 'ReturnToService=2'],
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN`,
      `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
    ].join('\n'),
  );
  const env = { ...process.env, SLURM_CONF: at('slurm.conf') };
  const run = (name: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8', env });
    if (status !== 0) throw new Error(`${name}: ${stderr || stdout}`);
    return stdout;
  };
  const files = ['key-file=key', 'socket=munge', 'pid-file=munged.pid', 'log-file=munged.log', 'seed-file=seed'];
  const stop = async (): Promise<void> => {
    for (const name of [...DAEMONS].reverse())
      if (existsSync(at(`${name}.pid`))) {
        const pid = Number(readFileSync(at(`${name}.pid`), 'utf8'));
        process.kill(pid, 'SIGTERM');
        while (existsSync(`/proc/${pid}`)) await sleep(20);
      }
    rmSync(folder, { recursive: true });
  };
  try {
    run(pathOf('munged'), ['--force', ...files.map((file) => `--${file.replace('=', `=${folder}/`)}`)]);
    run(pathOf('slurmctld'), ['-f', at('slurm.conf')]);
    run(pathOf('slurmd'), ['-f', at('slurm.conf')]);
    const deadline = Date.now() + 60_000;
    while (!run('sinfo', ['--noheader', '--format=%T']).includes('idle')) {
      if (Date.now() > deadline) throw new Error(readFileSync(at('slurmctld.log'), 'utf8'));
      await sleep(200);
    }
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
