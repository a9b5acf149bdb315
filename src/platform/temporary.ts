// Names of files and folders that are still being written, and which of them nobody writes any
// more. A name says which process writes it. A process number means something only where it was
// given: other containers and hosts that share the folder have numbers of their own, so theirs are
// left alone until their time of change is a day old. Sources: pid_namespaces(7), proc(5) (boot_id,
// /proc/PID/stat).
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ownIdentity, type ProcessIdentity, stateOf } from './process.ts';
import { sha256 } from './sha256.ts';

/** Whoever writes for longer than this without a change is taken for ended. */
const LEASE_MS = 86_400_000;

/**
 * `.tmp-DOMAIN.PID.STARTED-RANDOM-NAME`; earlier versions wrote the number alone before the random
 * part.
 */
const PATTERN = /^\.(?:tmp|build)-(?:([0-9a-f]{8})\.)?(\d+)(?:\.(\d+))?-[0-9a-f]{8}(?:-(.+))?$/;
/** Build folders of earlier versions. */
const OLD_BUILD = /^\.build-[A-Za-z0-9]{6}$/;

/** A name nobody uses yet in `folder`, which says that this process writes it. */
export function temporaryPath(folder: string, name: string): string {
  return join(folder, `.tmp-${tag()}-${name}`);
}

/** The same for a folder to compile in. */
export function buildPath(folder: string): string {
  return join(folder, `.build-${tag()}`);
}

/** What will be called so; null for a name that `temporaryPath` did not give. */
export function temporaryFor(name: string): string | null {
  return PATTERN.exec(name)?.[4] ?? null;
}

/**
 * Whether what lies at `path` was left behind by a writer that ended. False for any other name.
 * @param leaseMs how long writers of other containers and hosts are believed
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
 * Removes from a folder what ended writers left, and returns the names. Whatever can't be removed
 * stays.
 */
export function sweepLeft(folder: string, spared = (_: string): boolean => false): string[] {
  return namesIn(folder).filter((name) => {
    const path = join(folder, name);
    if (spared(name) || !isLeft(path)) return false;
    try {
      rmSync(path, { recursive: true });
      return true;
    } catch {
      return false; // somebody else was faster, or may and we may not
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // whoever writes there next says why
  }
}

function tag(): string {
  const { domain, identity } = self();
  const started = identity.started === null ? '' : `.${identity.started}`;
  return `${domain}.${identity.pid}${started}-${randomBytes(4).toString('hex')}`;
}

let known: { readonly identity: ProcessIdentity; readonly domain: string } | undefined;

/**
 * This process, and 8 hex digits of where numbers mean the same as here: this boot of this host,
 * and this container.
 */
function self(): NonNullable<typeof known> {
  if (known?.identity.pid !== process.pid) {
    const identity = ownIdentity();
    const { boot, space, host } = identity;
    known = { identity, domain: sha256(new TextEncoder().encode(JSON.stringify([boot, space, host]))).slice(0, 8) };
  }
  return known;
}
