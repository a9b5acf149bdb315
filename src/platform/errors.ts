// One kind of error for everything a person can cause or mend: what is wrong and where, what was
// expected, what came, and what to do about it. The parts are data; the sentence is made here and
// nowhere else, so that every error of the program reads alike and tests can match it whole. The
// parts may quote strangers' names: they are cleaned here (text.ts).
import { clean } from './text.ts';

/** The parts of an error a person can act on. */
export interface Complaint {
  /** What is wrong and where: file, option or tensor by name. One clause, no full stop. */
  readonly what: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What came instead. */
  readonly got?: string;
  /**
   * What to do: one imperative sentence, no full stop, or a question; a command to type where there
   * is one.
   */
  readonly todo?: string;
  /**
   * Options that `what` and `got` name, under the library's names: the command line shows them as
   * they were typed.
   */
  readonly options?: readonly string[];
  /** Process exit code: 1 failed (default), 2 wrong usage. */
  readonly exitCode?: 1 | 2;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** An error with a sentence of what is wrong and one of what to do. */
export class DcganError extends Error {
  override readonly name = 'DcganError';
  /** The parts of the sentence, as data. */
  readonly complaint: Complaint;

  constructor(complaint: Complaint) {
    const fit = cleaned(complaint);
    super(sentence(fit), complaint.cause === undefined ? {} : { cause: complaint.cause });
    this.complaint = fit;
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

/** `what: expected E, got G. Todo.` */
function sentence(complaint: Complaint): string {
  const { todo } = complaint;
  return `${complaintText(complaint)}.${todo ? ` ${todo}${todo.endsWith('?') ? '' : '.'}` : ''}`;
}

/** What is wrong, without what to do: `what: expected E, got G`, no full stop. */
export function complaintText({ what, expected, got }: Complaint): string {
  const detail = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  return `${what}${detail ? `: ${detail}` : ''}`;
}

/** Makes (does not throw) a usage error: exit code 2. */
export function usage(complaint: Omit<Complaint, 'exitCode'>): DcganError {
  return new DcganError({ ...complaint, exitCode: 2 });
}
