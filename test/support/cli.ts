// Runs the command line as a process: the built program, as a person runs it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

export const BIN = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
if (!existsSync(fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))))
  throw new Error('these tests run the built program: npm run build');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves to the match once the output has one; rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Shortens the commands in a program's messages, which call it by the long path that the tests call it by. */
const short = (text: string): string => text.replaceAll(`node ${BIN} `, 'dcgan ');

/** Starts a program and collects its output. */
export function startProgram(program: string, args: readonly string[], { cwd, env }: Options): Running {
  const { NO_COLOR: _, npm_command: __, ...inherited } = process.env;
  const child = spawn(program, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  let watch = (): void => {};
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
      watch();
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: short(text.stdout), stderr: short(text.stderr) }),
    );
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      watch = () => {
        const found = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
        if (found) resolve(found);
      };
      watch();
      ended.then(() => reject(new Error(`ended before ${pattern}: ${text.stdout}${text.stderr}`)), reject);
    });
  return { child, ended, until };
}

export function start(args: readonly string[], options: Options): Running {
  return startProgram(process.execPath, [BIN, ...args], options);
}

/** Starts the studio at this port, or the next free one; resolves to the link that it prints. */
export async function startStudio(
  cwd: string,
  port: number,
  program: string = BIN,
): Promise<{ readonly running: Running; readonly link: string }> {
  const args = [program, 'studio', '--no-open', '--port', String(port)];
  const running = startProgram(process.execPath, args, { cwd });
  const [link] = await running.until(/http:\S+token=\S+(?=\s)/);
  return { running, link };
}

/** Runs one command line to its end. */
export function dcgan(args: readonly string[], options: Options): Promise<Ended> {
  return start(args, options).ended;
}

/** Makes a folder for all tests of a file. */
export function sharedFolder(): { readonly path: string } {
  const shared = { path: '' };
  beforeAll(() => {
    shared.path = mkdtempSync(join(tmpdir(), 'dcgan-cli-'));
  });
  afterAll(() => rmSync(shared.path, { recursive: true, force: true }));
  return shared;
}

/** A training of two steps. */
export const SMALLEST = ['--preset', 'tiny', '--limit', '128', '--epochs', '1', '--seed', '7'] as const;

/** Permissions do not bind root. */
export const IS_ROOT = process.getuid?.() === 0;

/** The arguments of `unshare` that let a file system be mounted here, or null. */
export const UNSHARE: readonly string[] | null =
  [['-m'], ['-rm']].find(
    (flags) => spawnSync('unshare', [...flags, 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0,
  ) ?? null;
