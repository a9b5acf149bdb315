// Turns errors into text for people. The program's own errors say what to do, and those of the
// operating system are put into words. Any other error is our mistake, and its text says so. A
// stack trace is printed only when asked for.
import { commandLine } from '../platform/command.ts';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { synonym } from '../platform/suggest.ts';

/** A command writes its exit code here when that is not 0. */
export interface Outcome {
  code: number;
}

export interface Explanation {
  readonly text: string;
  readonly exitCode: 1 | 2;
}

export function explain(error: unknown, debug: boolean): Explanation {
  const known = inWords(error);
  if (known) return { text: debug ? traced(known, known.message) : known.message, exitCode: known.exitCode };
  const message = error instanceof Error ? error.message : String(error);
  const text = `internal error: ${message}. Please report it, with what --debug prints.`;
  return { text: debug ? traced(error, text) : text, exitCode: 1 };
}

/**
 * Returns the error as one of the program's own. Null if it is neither that nor one of the
 * operating system about a file.
 */
function inWords(error: unknown): DcganError | null {
  if (error instanceof DcganError) return error;
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code && path && syscall ? fileError('used', path, error) : null;
}

function traced(error: unknown, text: string): string {
  const lines = [text];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const stack = cause.stack ?? String(cause);
    lines.push(lines.length > 1 ? `caused by ${stack}` : stack);
  }
  return lines.join('\n');
}

/** Says how a run goes on; empty before it has a folder. */
export function wayOn(folder: string): string {
  return folder === '' ? '' : `To go on: ${commandLine(['train', '--resume', folder])}`;
}

/**
 * Adds to an error how the run goes on, where it does not say so itself. A training that fails in
 * the middle has checkpoints.
 */
export function withWayOn<E>(error: E, folder: string): E | DcganError {
  if (!(error instanceof DcganError) || folder === '' || error.complaint.todo?.includes('--resume')) return error;
  const { todo, ...complaint } = error.complaint;
  return new DcganError({ ...complaint, todo: todo === undefined ? wayOn(folder) : `${todo}. ${wayOn(folder)}` });
}

/** The command whose line was wrong, with its full name and everything that its line may hold. */
export interface Asked {
  /** For example `data build`. */
  readonly name: string;
  /** The names are without hyphens. */
  readonly options: readonly string[];
  readonly commands: readonly string[];
}

/**
 * Rewrites commander's `error: unknown option '--sed'\n(Did you mean --seed?)` as two sentences of
 * ours.
 */
export function usageSentence(message: string, { name, options, commands }: Asked): string {
  const [first = '', second = ''] = message.split('\n');
  const what = first.replace(/^error: /, '').replace(/\.$/, '');
  const option = /^unknown option '--?([^'=]+)/.exec(what)?.[1];
  const command = /^unknown command '([^']+)/.exec(what)?.[1];
  const meant =
    (option !== undefined && synonym(option, options)) || (command !== undefined && synonym(command, commands)) || null;
  if (meant !== null) return `${what}. Did you mean ${option === undefined ? '' : '--'}${meant}?`;
  const suggestion = /^\((.*)\)$/.exec(second)?.[1];
  return `${what}. ${suggestion ?? `See: ${commandLine([...name.split(' '), '--help'].filter(Boolean))}`}`;
}
