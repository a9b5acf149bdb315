// Finds how many cores this process may use: the cores that the scheduler allows (affinity),
// limited by the quota of its container. With a quota of 2 cores on a 64-core machine, 64 threads
// would wait for each other at every barrier.
// Sources: Linux Documentation/admin-guide/cgroup-v2.rst (cpu.max), scheduler/sched-bwc.rst
// (cpu.cfs_quota_us).

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Reads a small text file; returns null where there is none. */
export type ReadText = (path: string) => string | null;

/**
 * Returns how many cores this process may use, at least 1. It is the affinity, limited by the
 * cgroup's quota, which is rounded up to whole cores.
 */
export function usableCores(): number {
  const quota = process.platform === 'linux' ? cgroupCores(readText) : null;
  return Math.max(1, Math.min(availableParallelism(), quota === null ? Number.POSITIVE_INFINITY : Math.ceil(quota)));
}

/**
 * Returns the smallest CPU quota of this process' cgroup and of those above it, in cores (it may be
 * fractional). Returns null when there is no quota.
 */
export function cgroupCores(read: ReadText): number | null {
  const quotas: number[] = [];
  // Lines of /proc/self/cgroup look like `0::/path` (version 2) or `4:cpu,cpuacct:/path` (version
  // 1).
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
  // "max" and absent files are NaN here. Version 1 writes -1 for no quota.
  const real = quotas.filter((cores) => cores > 0 && Number.isFinite(cores));
  return real.length > 0 ? Math.min(...real) : null;
}

/**
 * Returns the mount and every folder from it down to the cgroup's own. In a container, the path in
 * /proc/self/cgroup is often the host's and does not exist below the mount. Then the files of the
 * mount itself hold the quota.
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
    return null; // there are no cgroups here, or they can't be read: no quota is known
  }
}
