// Finds out which process wrote something on a shared disk, and whether that process still runs. A
// process number alone is not enough: later processes get the same number, and it means another
// process in another container or on another machine. So a process is identified by its number, its
// start time, the boot of its system and its PID namespace.
// Sources: proc(5): /proc/PID/stat (fields 3 and 22), /proc/PID/fd,
// /proc/sys/kernel/random/boot_id; namespaces(7); machine-id(5).
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const known = z.string().max(100).nullable();

export const processSchema = z.strictObject({
  pid: z.int().positive(),
  /** The start time in ticks since the system's boot; null where the system does not report it. */
  started: known,
  /** The boot of the system that the process runs on; null where the system does not report it. */
  boot: known,
  /** The namespace in which the process number counts; null where there is only one. */
  space: known,
  machine: known,
  host: z.string().max(300),
});

export type ProcessIdentity = Readonly<z.infer<typeof processSchema>>;

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    started: statOf(process.pid)?.started ?? null,
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    space: spaceOf(),
    machine: textOf('/etc/machine-id'),
    host: hostname(),
  };
}

/**
 * `running` and `gone` are certain. `elsewhere` means another machine or container, whose processes
 * can't be seen from here.
 */
export type ProcessState = 'running' | 'gone' | 'elsewhere';

export function stateOf(other: ProcessIdentity, own: ProcessIdentity = ownIdentity()): ProcessState {
  if (other.boot !== own.boot) {
    // Is it the same machine, booted again since?
    const same = other.machine !== null && other.machine === own.machine && other.host === own.host;
    return same && other.boot !== null && own.boot !== null ? 'gone' : 'elsewhere';
  }
  if (other.space !== own.space || (own.boot === null && other.host !== own.host)) return 'elsewhere';
  if (!answers(other.pid)) return 'gone';
  const stat = statOf(other.pid);
  // Where the process' state is hidden, its answer to the signal has to do.
  if (!stat) return 'running';
  return stat.over || (other.started !== null && stat.started !== other.started) ? 'gone' : 'running';
}

/**
 * Tells whether a process runs here and itself keeps the file at `path` open. Whatever a file from
 * somebody else says of a process, only one that works with that file is sent a signal. A system
 * that reports no start times shows no open files either, and the identity has to do there.
 */
export function keepsOpen(other: ProcessIdentity, path: string, own: ProcessIdentity = ownIdentity()): boolean {
  if (stateOf(other, own) !== 'running') return false;
  if (own.started === null) return true;
  if (other.started === null) return false;
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!file) return false;
  const folder = `/proc/${other.pid}/fd`;
  return namesIn(folder).some((name) => {
    try {
      const opened = statSync(`${folder}/${name}`, { bigint: true });
      return opened.ino === file.ino && opened.dev === file.dev;
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** Returns no names where the process is gone, or is somebody else's. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // the process belongs to somebody else
  }
}

/**
 * Returns a process' start time and whether it is over. A killed process whose parent has not
 * collected it still answers, but is over.
 */
function statOf(pid: number): { readonly started: string | null; readonly over: boolean } | null {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is a name in parentheses, which may itself hold spaces and parentheses.
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { started: fields[18] ?? null, over: state === 'Z' || state === 'X' };
}

function spaceOf(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
