// run.lock says who trains in a run's folder. Two trainings in one folder would write each step
// twice, so the second one is refused, and its error names the first. A lock whose process is gone
// (kill -9, a power cut) is taken over (lock-file.ts). Commands that only read need no lock. A
// training that is dropped in the middle gives its lock back when it is garbage-collected.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ownCommandLine } from '../platform/command.ts';
import { ownIdentity, stateOf } from '../platform/process.ts';
import { findHolder, type Holder, LOCK_NAME, readHolder, runThrough, takeRun } from './lock-file.ts';

export { LOCK_NAME } from './lock-file.ts';

/** What is given back. It has no reference to the training, so the training can be collected. */
interface Held {
  readonly path: string;
  own: Holder;
  /** The lock's file, kept open so that others see that this process holds it (`keepsOpen`). */
  file: number | null;
}

const held = new Set<Held>();
const dropped = new FinalizationRegistry<Held>(giveBack);
let watching = false;

export class RunLock {
  readonly #run: string;
  readonly #held: Held;
  /** The file system's mark of our file; another file with this name has another mark. */
  #mark = '';

  private constructor(run: string) {
    this.#run = run;
    this.#held = { path: join(run, LOCK_NAME), own: newHolder(), file: null };
  }

  /**
   * Locks a run's folder for this training until `release`, the end of the process, or the
   * collection of this object.
   * @throws DcganError that names the holder and what to do
   */
  static acquire(run: string): RunLock {
    const lock = new RunLock(run);
    lock.#take();
    held.add(lock.#held);
    dropped.register(lock, lock.#held, lock);
    if (!watching) process.on('exit', giveAllBack);
    watching = true;
    return lock;
  }

  /**
   * Must be called before the run is written to: once the lock was taken away, nothing more may be
   * written.
   * @throws DcganError when another training holds the run now
   */
  check(): void {
    if (markOf(this.#held.path) !== this.#mark) this.#take();
  }

  release(): void {
    dropped.unregister(this);
    giveBack(this.#held);
  }

  #take(): void {
    const own = newHolder();
    runThrough(takeRun(this.#run, own, (holder) => stateOf(holder, own)));
    this.#held.own = own;
    close(this.#held);
    this.#held.file = opened(this.#held.path);
    this.#mark = markOf(this.#held.path);
  }
}

/**
 * Returns the process that trains in a run's folder, here or elsewhere; null when none does. It
 * only reads.
 * @throws DcganError for a lock that cannot be understood
 */
export function whoTrains(run: string): Holder | null {
  const holder = runThrough(findHolder(run));
  return holder === null || stateOf(holder) === 'gone' ? null : holder;
}

/** A disk that fails for a moment leaves no lock behind. */
const ATTEMPTS = 3;

function giveBack(one: Held): void {
  held.delete(one);
  close(one);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      if (readHolder(one.path)?.id === one.own.id) unlinkSync(one.path);
      return;
    } catch {
      // The file that lies there now is not ours, or the disk failed. A lock that stays is taken
      // over by whoever trains next.
    }
  }
}

function giveAllBack(): void {
  for (const one of held) giveBack(one);
}

/** Open files can be seen on Linux alone; Windows would not let others replace an open one. */
function opened(path: string): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return openSync(path, 'r');
  } catch {
    return null; // taken away already, which `check` finds
  }
}

function close(one: Held): void {
  if (one.file !== null) closeSync(one.file);
  one.file = null;
}

function newHolder(): Holder {
  return {
    ...ownIdentity(),
    since: new Date().toISOString(),
    command: shortCommand(),
    id: randomUUID(),
  };
}

/** Returns a value that changes with every file that takes the name; empty when there is none. */
function markOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs}` : '';
}

const LONGEST_COMMAND = 200;

function shortCommand(): string {
  const text = ownCommandLine();
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)} ...` : text;
}
