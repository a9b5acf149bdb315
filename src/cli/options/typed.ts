// Errors of the library name options as the library does (`learningRate`). Somebody who typed
// `--lr` should read `--lr`. An option from a config file keeps the library's name, which it has
// there too.
import { DcganError } from '../../platform/errors.ts';
import { NAMES } from './model.ts';

/**
 * Returns the error with its options named as they were typed. `flags` come from commander and hold
 * only the flags that were given.
 */
export function asTyped(error: unknown, flags: object): unknown {
  if (!(error instanceof DcganError) || !error.complaint.options) return error;
  const { options, ...complaint } = error.complaint;
  let { what, got } = complaint;
  for (const option of options) {
    // The size of images has one name where data are read and another where a model is made.
    const flag = Object.entries(flags).find(
      ([name]) => name === option || (NAMES as Record<string, string>)[name] === option,
    );
    if (!flag) continue;
    const [name, value] = flag;
    const typed = `--${value === false ? 'no-' : ''}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const word = new RegExp(`(?<![-\\w])${option}(?![-\\w])`);
    what = what.replace(word, typed);
    got = got?.replace(word, typed);
  }
  return new DcganError({ ...complaint, what, ...(got !== undefined && { got }) });
}
