// run.lock: who trains in a run's folder. Two trainings in one folder would write each step twice, so the second is refused, and
// told who holds it. A lock whose process is gone (kill -9, a power cut) is taken over. Commands that only read ask for none.
// The file appears whole, by a hard link, which fails where there is one already; that holds on network file systems too.
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { shellWord } from '../platform/command.ts';
import { fileError, writeFileDurably } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { readJsonFile } from '../platform/file-bytes.ts';
import { ownIdentity, processSchema, stateOf } from '../platform/process.ts';
import { temporaryPath } from '../platform/temporary.ts';

export const LOCK_NAME = 'run.lock';

const lockSchema = z.strictObject({
  ...processSchema.shape,
  /** When the training began, by its machine's clock. */
  since: z.string().max(40),
  command: z.string().max(300),
  /** Tells locks of one process apart. */
  id: z.string().max(60),
});
type Holder = Readonly<z.infer<typeof lockSchema>>;

const held = new Set<RunLock>();
let watching = false;

export class RunLock {
  readonly #run: string;
  readonly #path: string;
  readonly #own: Holder;
  /** How the system tells our file from another by this name. */
  #mark = '';

  private constructor(run: string) {
    this.#run = run;
    this.#path = join(run, LOCK_NAME);
    this.#own = {
      ...ownIdentity(),
      since: new Date().toISOString(),
      command: commandOf(process.argv),
      id: randomUUID(),
    };
  }

  /**
   * Makes a run's folder this training's own until `release`, or the end of the process.
   * @throws DcganError that names who holds it, and what to do
   */
  static acquire(run: string): RunLock {
    const lock = new RunLock(run);
    lock.#take();
    held.add(lock);
    if (!watching) process.on('exit', releaseAll);
    watching = true;
    return lock;
  }

  /**
   * To be asked before the run is written to: where somebody has taken the lock away, nothing more may be written.
   * @throws DcganError when another training holds the run now
   */
  check(): void {
    if (markOf(this.#path) !== this.#mark) this.#take();
  }

  release(): void {
    held.delete(this);
    if (idIn(this.#path) !== this.#own.id) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // It is taken over when this process is gone.
    }
  }

  #take(): void {
    const temporary = temporaryPath(this.#run, LOCK_NAME);
    try {
      writeFileDurably(temporary, new TextEncoder().encode(`${JSON.stringify(this.#own)}\n`));
      // Each turn somebody else has come between, which happens once or twice, not for ever.
      for (let turn = 0; turn < 10; turn++) {
        if (putInPlace(temporary, this.#path)) {
          this.#mark = markOf(this.#path);
          return;
        }
        this.#removeWhatIsLeft();
      }
    } catch (error) {
      // Of the lock, not of its temporary file.
      throw fileError('written', this.#path, (error as Error).cause ?? error);
    } finally {
      removeQuietly(temporary);
    }
    throw new DcganError({ what: `${this.#path} cannot be had: others take it again and again`, todo: 'Try again' });
  }

  /** @throws DcganError unless the lock that is there was left behind */
  #removeWhatIsLeft(): void {
    const holder = readLock(this.#path);
    if (holder === null) return;
    const state = stateOf(holder, this.#own);
    if (state !== 'gone') throw refused(this.#run, this.#path, holder, state === 'elsewhere');
    // By another name first: meanwhile another may have taken it over, whose new lock then goes back to its place.
    const aside = temporaryPath(this.#run, LOCK_NAME);
    try {
      renameSync(this.#path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (idIn(aside) !== holder.id) putInPlace(aside, this.#path);
    removeQuietly(aside);
  }
}

function releaseAll(): void {
  for (const lock of held) lock.release();
}

/** Changes with every file that takes the name; empty when there is none. */
function markOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs}` : '';
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

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}

/** The id in a lock's file; null when there is none to be read. */
function idIn(path: string): string | null {
  try {
    return readLock(path)?.id ?? null;
  } catch {
    return null;
  }
}

/** Null when there is no lock (any more). @throws DcganError for one that cannot be understood */
function readLock(path: string): Holder | null {
  const wrong = (got: string): DcganError =>
    new DcganError({
      what: `${path} cannot be understood`,
      got,
      todo: `If nobody trains there: rm ${shellWord(path)}`,
    });
  let data: unknown;
  try {
    data = readJsonFile(path, wrong);
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    if (cause?.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = lockSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw wrong([at.join('.'), message].filter(Boolean).join(': '));
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

const LONGEST_COMMAND = 200;

function commandOf([, program = 'node', ...words]: readonly string[]): string {
  const text = [basename(program, '.js'), ...words].join(' ');
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)} ...` : text;
}
