// How many cores this process may use: what the scheduler allows it (affinity), and no more than
// its container pays for. A quota of 2 cores on a 64-core machine makes 64 threads wait for each
// other at every barrier, so it has to be read. Sources: Linux
// Documentation/admin-guide/cgroup-v2.rst (cpu.max), scheduler/sched-bwc.rst (cpu.cfs_quota_us).

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Reads a small text file; null where there is none. */
export type ReadText = (path: string) => string | null;

/**
 * Cores this process may use, at least 1: affinity, cut by the cgroup's quota rounded up to whole
 * cores.
 */
export function usableCores(): number {
  const quota = process.platform === 'linux' ? cgroupCores(readText) : null;
  return Math.max(1, Math.min(availableParallelism(), quota === null ? Number.POSITIVE_INFINITY : Math.ceil(quota)));
}

/**
 * The tightest CPU quota of this process' cgroup and of those above it, in cores (may be
 * fractional); null for none.
 */
export function cgroupCores(read: ReadText): number | null {
  const quotas: number[] = [];
  // Lines of /proc/self/cgroup: `0::/path` (version 2), `4:cpu,cpuacct:/path` (version 1).
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') {
      for (const folder of upwards('/sys/fs/cgroup', path)) {
        const [quota, period] = (read(posix.join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
        quotas.push(Number(quota) / Number(period));
      }
    } else if (controllers.split(',').includes('cpu')) {
      for (const folder of upwards('/sys/fs/cgroup/cpu', path)) {
        const quota = read(posix.join(folder, 'cpu.cfs_quota_us'));
        const period = read(posix.join(folder, 'cpu.cfs_period_us'));
        quotas.push(Number(quota ?? Number.NaN) / Number(period ?? Number.NaN));
      }
    }
  }
  // "max" and absent files are NaN here, version 1 writes -1 for no quota.
  const real = quotas.filter((cores) => cores > 0 && Number.isFinite(cores));
  return real.length > 0 ? Math.min(...real) : null;
}

/**
 * The cgroup's folder and all above it up to the mount, the mount included: in a container the path
 * of /proc/self/cgroup is often the host's and does not exist below the mount, whose own files then
 * hold the quota.
 */
function upwards(mount: string, path: string): string[] {
  const folders = [mount];
  for (const part of path.split('/').filter((name) => name !== '' && name !== '..')) {
    folders.push(posix.join(folders.at(-1)!, part));
  }
  return folders;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // no cgroups here, or not ours to read: no quota known
  }
}
