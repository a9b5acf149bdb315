// Which process holds a run, by files, so that one of any number that want it gets it, wherever
// each of them pauses or is killed. run.lock names a holder. Where that holder has ended, whoever
// makes the file "run.lock.after-ID" first, ID being the ended one's, is the next holder, and may
// be followed in the same way: from run.lock a chain of such files leads to who holds the run now.
// Files appear whole and only where there is none (a hard link). A new holder then moves its file
// onto run.lock, which ends the chain before it.
//
// Why one gets it: an ID is never used twice, so run.lock changes once from an ID to another one,
// and only a holder at the end of the chain changes it. Who looked before that and makes its file
// afterwards finds that no chain leads to it, and begins again. A file to which no chain leads
// never counts, so it can be removed at any time.
//
// Every step is a generator that stops before each call of the system. The program runs it
// through; tests put the steps of several in any order, and end some in the middle.
import { linkSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { shellWord } from '../platform/command.ts';
import { fileError, writeFileDurably } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { readJsonFile } from '../platform/file-bytes.ts';
import { type ProcessState, processSchema } from '../platform/process.ts';
import { temporaryPath } from '../platform/temporary.ts';

export const LOCK_NAME = 'run.lock';
const AFTER = `${LOCK_NAME}.after-`;

const holderSchema = z.strictObject({
  ...processSchema.shape,
  /** When the training began, by its machine's clock. */
  since: z.string().max(40),
  command: z.string().max(300),
  /** Tells locks of one process apart; it becomes a part of a file's name. */
  id: z.string().regex(/^[A-Za-z0-9-]{1,60}$/),
});
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/** A computation that stops before each call of the system. */
export type Steps<T> = Generator<void, T, void>;

/** Runs all steps at once. */
export function runThrough<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** How often another may come between; it happens once or twice, not for ever. */
const TURNS = 20;
/** Each link of a chain is a process that was killed within a few calls of the system. */
const LONGEST_CHAIN = 1000;

/**
 * Makes `own` the holder of a run.
 * @param stateOf whether a holder is still at work
 * @throws DcganError that names who holds it, or why nothing can be written there
 */
export function* takeRun(run: string, own: Holder, stateOf: (holder: Holder) => ProcessState): Steps<void> {
  const path = join(run, LOCK_NAME);
  const temporary = temporaryPath(run, LOCK_NAME);
  try {
    yield;
    writeFileDurably(temporary, new TextEncoder().encode(`${JSON.stringify(own)}\n`));
    for (let turn = 0; turn < TURNS; turn++) {
      if (yield* tryOnce(run, own, temporary, stateOf)) {
        yield* removeWhatCountsNoMore(run);
        return;
      }
    }
  } catch (error) {
    // Of the lock, not of its temporary file.
    throw fileError('written', path, (error as Error).cause ?? error);
  } finally {
    removeQuietly(temporary);
  }
  throw new DcganError({ what: `${path} cannot be had: others take it again and again`, todo: 'Try again' });
}

/** False where another came between. */
function* tryOnce(
  run: string,
  own: Holder,
  temporary: string,
  stateOf: (holder: Holder) => ProcessState,
): Steps<boolean> {
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
 * Who holds a run: the end of the chain of its lock, at work or not; null without a lock. It only
 * reads.
 * @throws DcganError for a lock that cannot be understood
 */
export function* findHolder(run: string): Steps<Holder | null> {
  const path = join(run, LOCK_NAME);
  for (let turn = 0; turn < TURNS; turn++) {
    yield;
    const first = readHolder(path);
    if (first === null) return null;
    const last = yield* endOfChain(run, first);
    // What was read belongs together where the beginning is still the same.
    yield;
    if (readHolder(path)?.id === first.id) return last;
  }
  throw new DcganError({ what: `${path} changes again and again`, todo: 'Try again' });
}

function* endOfChain(run: string, first: Holder): Steps<Holder> {
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

/** To be called by the holder, whose own lock is run.lock: no chain leads to any other file. */
function* removeWhatCountsNoMore(run: string): Steps<void> {
  yield;
  for (const name of readdirSync(run)) {
    if (!name.startsWith(AFTER)) continue;
    yield;
    removeQuietly(join(run, name));
  }
}

/** Gives a whole file a name that is not in use; false when it is. */
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

/** Null when there is no such lock (any more). @throws DcganError for one that cannot be understood */
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

function refused(run: string, path: string, { pid, host, since, command }: Holder, elsewhere: boolean): DcganError {
  const where = elsewhere ? ` on ${host}, another machine or container,` : '';
  return new DcganError({
    what: `${run} is being trained by process ${pid}${where} since ${since}: ${command}`,
    todo: elsewhere
      ? `Wait for it, or stop it there; if that machine or container is gone: rm ${shellWord(path)}`
      : `Wait for it, or stop it: kill -INT ${pid}`,
  });
}
