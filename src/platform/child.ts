// Runs other programs. Each one ends within a time limit, and ends when this process ends, however
// that happens. A shell watches a pipe that only this process holds open. When the pipe closes,
// because this process exited or died, the shell kills the program and everything that it started.
// Sources: POSIX.1-2017 kill() (process 0 means the own group), setsid(); sh -c.
import { spawn } from 'node:child_process';

export interface ChildEnd {
  /** The exit status was 0. */
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly signal: NodeJS.Signals | null;
  /** The program was killed because its time was over. */
  readonly late: boolean;
  /** The reason why the program could not be started, or null. */
  readonly failure: string | null;
}

export interface ChildOptions {
  readonly limitMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Most characters kept of each output stream; the rest is dropped. */
const MOST_TEXT = 2 ** 20;

/** The reader of the pipe is in the process group that it kills. The program replaces the shell. */
const WATCHED = '(read -r _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 & exec "$@" 3<&-';

/** Runs a program to its end. It never throws. */
export function runChild(
  command: readonly [program: string, ...args: string[]],
  { limitMs, cwd, env = process.env }: ChildOptions,
): Promise<ChildEnd> {
  const watched = process.platform !== 'win32';
  const [program, ...args] = watched ? (['/bin/sh', '-c', WATCHED, 'sh', ...command] as const) : command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      detached: watched,
      stdio: ['ignore', 'pipe', 'pipe', ...(watched ? (['pipe'] as const) : [])],
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (part: string) => {
        text[name] += part.slice(0, MOST_TEXT - text[name].length);
      });
    const lifeline = child.stdio[3];
    lifeline?.on('error', () => {}); // the other side closed it first
    let late = false;
    let failure: string | null = null;
    const timer = setTimeout(() => {
      late = true;
      try {
        if (watched) process.kill(-child.pid!, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {} // the program has just ended
    }, limitMs);
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      resolve({ ok: code === 0, ...text, signal, late, failure });
    };
    child.on('error', (error) => {
      failure = error.message;
      if (child.pid === undefined) end(null, null);
    });
    child.on('exit', () => lifeline?.destroy());
    child.on('close', end);
  });
}
