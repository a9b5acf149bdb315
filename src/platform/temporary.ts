// Names files and folders that are still being written, and finds those that nobody writes any
// more. The name says which process writes it. A process number means something only where it was
// given out. Other containers and hosts that share the folder have their own numbers, so their
// files are left alone until their modification time is a day old.
// Sources: pid_namespaces(7), proc(5) (boot_id, /proc/PID/stat).
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ownIdentity, type ProcessIdentity, stateOf } from './process.ts';
import { sha256 } from './sha256.ts';

/** A writer that changed nothing for longer than this counts as ended (one day). */
const LEASE_MS = 86_400_000;

/**
 * The form is `.tmp-DOMAIN.PID.STARTED-RANDOM-NAME`. Earlier versions wrote only the process number
 * before the random part.
 */
const PATTERN = /^\.(?:tmp|build)-(?:([0-9a-f]{8})\.)?(\d+)(?:\.(\d+))?-[0-9a-f]{8}(?:-(.+))?$/;
/** Earlier versions named their build folders so. */
const OLD_BUILD = /^\.build-[A-Za-z0-9]{6}$/;

/** Returns an unused path in `folder` whose name says that this process writes it. */
export function temporaryPath(folder: string, name: string): string {
  return join(folder, `.tmp-${tag()}-${name}`);
}

/** Returns such a path for a folder to compile in. */
export function buildPath(folder: string): string {
  return join(folder, `.build-${tag()}`);
}

/**
 * Returns the final name of a file that has a temporary name. Returns null for a name that
 * `temporaryPath` did not give.
 */
export function temporaryFor(name: string): string | null {
  return PATTERN.exec(name)?.[4] ?? null;
}

/**
 * Returns whether the file or folder at `path` was left behind by a writer that ended. Returns
 * false for any name that is not temporary.
 * @param leaseMs how long writers of other containers and hosts count as running
 */
export function isLeft(path: string, leaseMs = LEASE_MS): boolean {
  const name = basename(path);
  const match = PATTERN.exec(name);
  if (!match && !OLD_BUILD.test(name)) return false;
  const [, domain, pid, started = null] = match ?? [];
  const own = self();
  if (domain === own.domain) return stateOf({ ...own.identity, pid: Number(pid), started }, own.identity) === 'gone';
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > leaseMs;
}

/**
 * Removes from a folder what ended writers left, and returns the removed names. Whatever can't be
 * removed stays.
 */
export function sweepLeft(folder: string, spared = (_: string): boolean => false): string[] {
  return namesIn(folder).filter((name) => {
    const path = join(folder, name);
    if (spared(name) || !isLeft(path)) return false;
    try {
      rmSync(path, { recursive: true });
      return true;
    } catch {
      return false; // somebody else was faster, or this user may not
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the next write there reports the reason
  }
}

function tag(): string {
  const { domain, identity } = self();
  const started = identity.started === null ? '' : `.${identity.started}`;
  return `${domain}.${identity.pid}${started}-${randomBytes(4).toString('hex')}`;
}

let known: { readonly identity: ProcessIdentity; readonly domain: string } | undefined;

/**
 * Returns the identity of this process and its domain. The domain is 8 hex digits for this boot,
 * host and container, where process numbers mean the same.
 */
function self(): NonNullable<typeof known> {
  if (known?.identity.pid !== process.pid) {
    const identity = ownIdentity();
    const { boot, space, host } = identity;
    known = { identity, domain: sha256(new TextEncoder().encode(JSON.stringify([boot, space, host]))).slice(0, 8) };
  }
  return known;
}
