// Starts trainings. Each is `dcgan train` in a process of its own, which outlives the studio. The
// studio keeps what it prints, and asks it to stop as Ctrl-C does.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, rmdirSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DEFAULT_PRESET } from '../../gan/presets.ts';
import { type DcganError, usage } from '../../platform/errors.ts';
import { whoTrains } from '../../train/lock.ts';
import { reserveFolder } from '../../train/run.ts';
import type { DataReport } from '../api.ts';
import { openInside, openNew, ownFolder, readTail, writeNew } from './files.ts';
import { epochPictures, folderOf, type RunPlace, readConfig } from './heads.ts';

/** Where the studio keeps its own files, below the folder of runs; no run has such a name. */
const OWN_FOLDER = '.studio';
const LAST_OUTPUT = 1 << 12;
const LOOK_MS = 50;
/** How often a training that was started here draws what its generator makes between epochs. */
const PREVIEW_SECONDS = '2';

/** How this very program is called: the command, and the arguments before those of a person. */
export type ProgramCommand = readonly [string, ...string[]];

/** Options of a training under the library's names, as `--config` reads them. */
export type TrainingOptions = Readonly<Record<string, unknown>>;

export class Trainings {
  readonly #root: string;
  readonly #program: ProgramCommand;
  /** Folders of runs that are being resumed and have not begun yet. */
  readonly #resuming = new Set<string>();

  constructor(root: string, program: ProgramCommand) {
    this.#root = root;
    this.#program = program;
  }

  /**
   * Starts a training in a new folder among the runs; resolves to the folder's name once the run
   * has its first picture. A training whose disk is full removes its folder before that.
   * @throws DcganError with the training's own words when it ends before that
   */
  async start(options: TrainingOptions): Promise<string> {
    const own = this.#own();
    const { data = 'mnist', preset = DEFAULT_PRESET } = options;
    const folder = reserveFolder(this.#root, basename(String(data)), String(preset));
    const name = basename(folder);
    const config = join(own, `${name}.json`);
    try {
      writeNew(config, JSON.stringify(options));
      const child = this.#spawn(name, ['--config', config, '--out', folder]);
      const place = { root: this.#root, parts: [name] };
      await this.#until(child, name, () => epochPictures(place).length > 0);
      return name;
    } catch (error) {
      if (removeEmpty(folder)) await rm(join(own, `${name}.log`), { force: true });
      throw error;
    } finally {
      await rm(config, { force: true });
    }
  }

  /**
   * Goes on with a run; resolves once the training has noted in the run that it goes on. `epochs`
   * changes how many the run is to have.
   * @throws DcganError with the training's own words when it ends before that
   */
  async resume(place: RunPlace, epochs?: number): Promise<void> {
    const folder = folderOf(place);
    if (this.#resuming.has(folder)) throw usage({ what: 'this run is being resumed already' });
    this.#resuming.add(folder);
    try {
      await this.#resume(place, epochs);
    } finally {
      this.#resuming.delete(folder);
    }
  }

  /** The log is a new file until this training has the run, whose log may be that of another. */
  async #resume(place: RunPlace, epochs: number | undefined): Promise<void> {
    const more = epochs === undefined ? [] : ['--epochs', String(epochs)];
    const [log, old] = [randomUUID(), logName(place.parts.join('/'))];
    const [from, to] = [log, old].map((name) => join(this.#own(), `${name}.log`)) as [string, string];
    const before = await newestSitting(place);
    try {
      const child = this.#spawn(log, ['--resume', folderOf(place), ...more]);
      await this.#until(child, log, async () => (await newestSitting(place)) !== before);
      await rename(from, to);
    } catch (error) {
      if (isHeld(folderOf(place))) await rm(from, { force: true });
      else await rename(from, to).catch(() => {});
      throw error;
    }
  }

  /** Asks what a training would do and cost here, by `train --dry-run --json`. */
  async estimate(options: TrainingOptions, signal: AbortSignal): Promise<unknown> {
    const config = join(this.#own(), `${randomUUID()}.json`);
    writeNew(config, JSON.stringify(options));
    try {
      return JSON.parse(await this.#ask(['train', '--config', config, '--dry-run', '--json'], signal));
    } finally {
      await rm(config, { force: true });
    }
  }

  /** What `data inspect` finds in a folder or file of pictures, and its contact sheet. */
  async inspect(path: string, size: string | undefined, signal: AbortSignal): Promise<DataReport> {
    const sheet = join(this.#own(), `${randomUUID()}.png`);
    const options = ['--json', '-o', sheet, ...(size === undefined ? [] : ['--size', size])];
    try {
      const report = JSON.parse(await this.#ask(['data', 'inspect', ...options, '--', path], signal));
      return { report, sheet: existsSync(sheet) ? await readFile(sheet, 'base64') : null };
    } finally {
      await rm(sheet, { force: true });
    }
  }

  /**
   * Draws sixteen samples of a run's newest state, as a PNG in base64; `seed` decides the noise.
   * The same place is the same noise for every run: four samples a row, with classes in turn.
   */
  async sample(folder: string, seed: number, signal: AbortSignal): Promise<string> {
    const picture = join(this.#own(), `${randomUUID()}.png`);
    const options = [
      '--seed',
      String(seed),
      '--count',
      '16',
      '--columns',
      '4',
      '--threads',
      '1',
      '--no-pictures',
      '-o',
      picture,
    ];
    try {
      await this.#ask(['sample', folder, ...options], signal);
      return await readFile(picture, 'base64');
    } finally {
      await rm(picture, { force: true });
    }
  }

  /** Runs the program to its end for an answer; throws its own words where it fails. */
  async #ask(args: readonly string[], signal: AbortSignal): Promise<string> {
    const [command, ...before] = this.#program;
    const child = spawn(command, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal });
    const [out, complaints]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const ended = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    if (child.exitCode === 0) return Buffer.concat(out).toString('utf8');
    throw inItsWords(Buffer.concat(complaints).toString('utf8'), ended);
  }

  /** The last lines that a run's training printed; empty where the studio did not start it. */
  async lastWords(id: string): Promise<string> {
    const file = await openInside(this.#root, OWN_FOLDER, `${logName(id)}.log`);
    if (!file) return '';
    try {
      return (await readTail(file, LAST_OUTPUT)).bytes.toString('utf8').trim();
    } finally {
      await file.close();
    }
  }

  #own(): string {
    return ownFolder(this.#root, OWN_FOLDER);
  }

  #spawn(log: string, args: readonly string[]): ChildProcess {
    const [command, ...before] = this.#program;
    const output = openNew(join(this.#own(), `${log}.log`));
    try {
      return spawn(command, [...before, 'train', ...args, '--quiet', '--preview', PREVIEW_SECONDS], {
        detached: true,
        stdio: ['ignore', output, output],
      });
    } finally {
      closeSync(output);
    }
  }

  /** Waits until the training has begun, and lets it go; or throws what it said. */
  async #until(child: ChildProcess, log: string, begun: () => boolean | Promise<boolean>): Promise<void> {
    let ended: string | null = null;
    child.once('error', ({ message }) => {
      ended = message;
    });
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${code}`;
    });
    for (;;) {
      const over = ended;
      if (await begun()) break;
      if (over !== null) throw inItsWords(await this.lastWords(log), over);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    child.unref();
  }
}

/** The error that the program printed, as an error here; or how it ended, where it said nothing. */
function inItsWords(output: string, ended: string): DcganError {
  const said = output.match(/^dcgan: (.*)\.$/m)?.[1];
  if (said !== undefined) return usage({ what: said });
  return usage({ what: 'the program ended without an answer', got: output.trim() || ended });
}

/** When the newest sitting of a run began; undefined where its record does not tell. */
async function newestSitting(place: RunPlace): Promise<number | undefined> {
  const config = await readConfig(place);
  return typeof config === 'string' ? undefined : config.sittings?.at(-1)?.start;
}

function isHeld(folder: string): boolean {
  try {
    return whoTrains(folder) !== null;
  } catch {
    return false; // the training that was refused says what is wrong with the lock
  }
}

/** A run's place as the name of one file. */
const logName = (id: string): string => id.replaceAll('/', '~');

/** Removes a folder that was reserved and not used; with something in it, it stays. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
  } catch {}
  return !existsSync(folder);
}
