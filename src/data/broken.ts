// Pictures that cannot be used: an error names each with its reason and says what to do. Several
// are named together, so that nobody mends a folder one file at a time.
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import { firstOf } from '../platform/text.ts';

/** One picture that cannot be used; others beside it can. */
export class BrokenPicture extends DcganError {
  /** Its name, and why it cannot be used, as two parts. */
  readonly picture: string;
  readonly why: string;

  constructor(picture: string, why: string, mend: string, cause: unknown) {
    super({
      what: `${picture} can't be used: ${why}`,
      todo: `${mend}, or leave all such files out: --skip-broken`,
      ...(cause !== undefined && { cause }),
    });
    this.picture = picture;
    this.why = why;
  }
}

/** Returns the error for one picture, with its name, the reason, and what to do. */
export function broken(name: string, why: string, cause?: unknown, mend = 'Mend or remove it'): BrokenPicture {
  return new BrokenPicture(name, why, mend, cause);
}

/** Pictures of which a refusal gives the names and reasons. */
const NAMED = 5;

/**
 * One error for all pictures that cannot be used.
 * @param all one at least, in their order
 * @param total pictures of the dataset, usable ones included
 */
export function brokenTogether(all: readonly BrokenPicture[], total: number, dataset: string): DcganError {
  const [first] = all;
  if (all.length === 1) return first!;
  const named = all.map(({ picture, why }) => `${picture} (${why})`);
  // The same way to mend all of them, such as one command for a whole folder.
  const ways = new Set(all.map(({ complaint }) => complaint.todo));
  const todo =
    ways.size === 1 && !first!.complaint.todo!.startsWith('Mend ')
      ? first!.complaint.todo!
      : 'Mend or remove them, or leave all such files out: --skip-broken';
  return new DcganError({
    what: `${all.length} of ${total} pictures of ${dataset} can't be used: ${firstOf(named, NAMED).join(', ')}`,
    todo: all.length > NAMED ? `${todo}; ${commandLine(['data', 'inspect'])} lists them` : todo,
    cause: first,
  });
}

export function noneLeft(skipped: readonly BrokenPicture[], dataset: string): DcganError {
  return new DcganError({
    what: `no picture of ${dataset} can be used`,
    ...(skipped[0] && { got: `${skipped.length} broken; the first: ${skipped[0].complaint.what}` }),
    todo: `Check them with ${commandLine(['data', 'inspect'])}`,
  });
}
