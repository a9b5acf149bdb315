// One class of error serves everything that a person can cause or mend. It says what is wrong and
// where, what was expected, what came, and what to do. The parts are data. The sentence is made
// only here, so every error of the program reads alike and tests can match it whole. The parts may
// quote names from strangers, so they are cleaned here (text.ts).
import { clean } from './text.ts';

/** The parts of an error that a person can act on. */
export interface Complaint {
  /**
   * Says what is wrong and where, and names the file, option or tensor. One clause, no full stop.
   */
  readonly what: string;
  /** Says what would have been right. */
  readonly expected?: string;
  /** Says what came instead. */
  readonly got?: string;
  /**
   * Says what to do: one imperative sentence without a full stop, or a question. It holds a command
   * to type where there is one.
   */
  readonly todo?: string;
  /**
   * The options that `what` and `got` name, under the library's names. The command line replaces
   * them by what the person typed.
   */
  readonly options?: readonly string[];
  /** The process' exit code: 1 for a failure (default), 2 for wrong usage. */
  readonly exitCode?: 1 | 2;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** An error whose message says what is wrong and what to do. */
export class DcganError extends Error {
  override readonly name = 'DcganError';
  /** The parts of the sentence, as data. */
  readonly complaint: Complaint;

  constructor(complaint: Complaint) {
    const fit = cleaned(complaint);
    super(sentence(fit), complaint.cause === undefined ? {} : { cause: complaint.cause });
    this.complaint = fit;
  }

  /**
   * Each entry of the package is a bundle with a class of its own; `instanceof` of either knows the
   * errors of both.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: classes that extend this one are asked by it too
    if (!Object.is(this, DcganError)) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof Error && value.name === 'DcganError' && 'complaint' in value;
  }

  /** The exit code of the command line: 2 for wrong usage, else 1. */
  get exitCode(): 1 | 2 {
    return this.complaint.exitCode ?? 1;
  }
}

function cleaned({ what, expected, got, todo, ...rest }: Complaint): Complaint {
  return {
    ...rest,
    what: clean(what),
    ...(expected !== undefined && { expected: clean(expected) }),
    ...(got !== undefined && { got: clean(got) }),
    ...(todo !== undefined && { todo: clean(todo) }),
  };
}

/** Returns the whole message: `what: expected E, got G. Todo.` */
function sentence(complaint: Complaint): string {
  const { todo } = complaint;
  return `${complaintText(complaint)}.${todo ? ` ${todo}${todo.endsWith('?') ? '' : '.'}` : ''}`;
}

/** Returns what is wrong without what to do: `what: expected E, got G`, no full stop. */
export function complaintText({ what, expected, got }: Complaint): string {
  const detail = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  return `${what}${detail ? `: ${detail}` : ''}`;
}

/** Makes (does not throw) a usage error; its exit code is 2. */
export function usage(complaint: Omit<Complaint, 'exitCode'>): DcganError {
  return new DcganError({ ...complaint, exitCode: 2 });
}
