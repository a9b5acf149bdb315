// Decides by files which process holds a run, so that exactly one of several processes gets it,
// wherever each of them pauses or is killed. run.lock names a holder. When that holder has ended,
// the next holder is whoever first creates the file "run.lock.after-ID", where ID is the ended
// holder's. It can be followed in the same way: a chain of such files leads from run.lock to the
// present holder. Files appear whole and never replace another one (a hard link). A new holder then
// moves its file onto run.lock, which ends the chain before it.
//
// Exactly one process gets the run because an ID is never used twice. So run.lock changes once from
// an ID to another one, and only the holder at the end of the chain changes it. A process that
// looked before that change and creates its file after it finds that no chain leads to its file,
// and begins again. A file to which no chain leads never counts, so it can be removed at any time.
//
// Every step is a generator that stops before each system call. The program runs it through. Tests
// interleave the steps of several processes in any order, and end some in the middle.
import { linkSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { shellWord } from '../platform/command.ts';
import { fileError, writeOwnFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { readJsonFile } from '../platform/file-bytes.ts';
import { keepsOpen, type ProcessState, processSchema } from '../platform/process.ts';
import { temporaryPath } from '../platform/temporary.ts';

export const LOCK_NAME = 'run.lock';
const AFTER = `${LOCK_NAME}.after-`;

const holderSchema = z.strictObject({
  ...processSchema.shape,
  /** The time at which the training began, by its machine's clock. */
  since: z.string().max(40),
  command: z.string().max(300),
  /** Tells several locks of one process apart; it becomes part of a file's name. */
  id: z.string().regex(/^[A-Za-z0-9-]{1,60}$/),
});
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/** A computation that stops before each system call. */
export type LockSteps<T> = Generator<void, T, void>;

/** Runs all steps at once. */
export function runThrough<T>(steps: LockSteps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Other processes may interfere this often. In practice it happens once or twice. */
const TURNS = 20;
/** Each link of a chain is a process that was killed within a few system calls. */
const LONGEST_CHAIN = 1000;

/**
 * Makes `own` the holder of a run.
 * @param stateOf whether a holder is still at work
 * @throws DcganError that names who holds it, or why nothing can be written there
 */
export function* takeRun(run: string, own: Holder, stateOf: (holder: Holder) => ProcessState): LockSteps<void> {
  const path = join(run, LOCK_NAME);
  const temporary = temporaryPath(run, LOCK_NAME);
  try {
    yield;
    writeOwnFile(temporary, new TextEncoder().encode(`${JSON.stringify(own)}\n`));
    for (let turn = 0; turn < TURNS; turn++) {
      if (yield* tryOnce(run, own, temporary, stateOf)) {
        yield* removeWhatCountsNoMore(run);
        return;
      }
    }
  } catch (error) {
    // The error names the lock, not its temporary file.
    throw fileError('written', path, (error as Error).cause ?? error);
  } finally {
    removeQuietly(temporary);
  }
  throw new DcganError({ what: `${path} cannot be taken: other processes take it again and again`, todo: 'Try again' });
}

/** Returns false when another process interfered. */
function* tryOnce(
  run: string,
  own: Holder,
  temporary: string,
  stateOf: (holder: Holder) => ProcessState,
): LockSteps<boolean> {
  const path = join(run, LOCK_NAME);
  const holder = yield* findHolder(run);
  if (holder === null) {
    yield;
    return putInPlace(temporary, path);
  }
  const state = stateOf(holder);
  if (state !== 'gone') throw refused(run, path, holder, state === 'elsewhere');
  const next = nextPath(run, holder);
  yield;
  if (!putInPlace(temporary, next)) return false;
  if ((yield* findHolder(run))?.id !== own.id) {
    yield;
    removeQuietly(next);
    return false;
  }
  yield;
  renameSync(next, path);
  return true;
}

/**
 * Returns the holder of a run, which is the end of the chain of its lock, whether it still works or
 * not; null without a lock. It only reads.
 * @throws DcganError for a lock that cannot be understood
 */
export function* findHolder(run: string): LockSteps<Holder | null> {
  const path = join(run, LOCK_NAME);
  for (let turn = 0; turn < TURNS; turn++) {
    yield;
    const first = readHolder(path);
    if (first === null) return null;
    const last = yield* endOfChain(run, first);
    // What was read belongs together when the beginning is still the same.
    yield;
    if (readHolder(path)?.id === first.id) return last;
  }
  throw new DcganError({ what: `${path} changes again and again`, todo: 'Try again' });
}

function* endOfChain(run: string, first: Holder): LockSteps<Holder> {
  let last = first;
  for (let length = 0; length < LONGEST_CHAIN; length++) {
    yield;
    const next = readHolder(nextPath(run, last));
    if (next === null) return last;
    last = next;
  }
  throw notUnderstood(join(run, LOCK_NAME), `more than ${LONGEST_CHAIN} files that follow it`);
}

function nextPath(run: string, { id }: Holder): string {
  return join(run, `${AFTER}${id}`);
}

/**
 * Removes all files of chains. Only the holder whose own lock is run.lock may call it, because then
 * no chain leads to any of them.
 */
function* removeWhatCountsNoMore(run: string): LockSteps<void> {
  yield;
  for (const name of readdirSync(run)) {
    if (!name.startsWith(AFTER)) continue;
    yield;
    removeQuietly(join(run, name));
  }
}

/** Gives a whole file a name that is not in use. Returns false when the name is in use. */
function putInPlace(file: string, path: string): boolean {
  try {
    linkSync(file, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems have no hard links.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(code ?? '')) throw error;
  }
  try {
    writeFileSync(path, readFileSync(file), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}

/**
 * Returns null when there is no such lock (any more). @throws DcganError for one that cannot be
 * understood
 */
export function readHolder(path: string): Holder | null {
  let data: unknown;
  try {
    data = readJsonFile(path, (got) => notUnderstood(path, got));
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    if (cause?.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = holderSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw notUnderstood(path, [at.join('.'), message].filter(Boolean).join(': '));
}

function notUnderstood(path: string, got: string): DcganError {
  return new DcganError({
    what: `${path} cannot be understood`,
    got,
    todo: `If nobody trains there: rm ${shellWord(path)}`,
  });
}

function refused(run: string, path: string, holder: Holder, elsewhere: boolean): DcganError {
  const { pid, host, since, command } = holder;
  const where = elsewhere ? ` on ${host}, another machine or container,` : '';
  return new DcganError({
    what: `${run} is being trained by process ${pid}${where} since ${since}: ${command}`,
    todo: elsewhere
      ? `Wait for it, or stop it there; if that machine or container is gone: rm ${shellWord(path)}`
      : keepsOpen(holder, path)
        ? `Wait for it, or stop it: kill -INT ${pid}`
        : `Wait for it; if that process does not train there: rm ${shellWord(path)}`,
  });
}
