// An output never replaces a file that it is made from.
import { usage } from '../platform/errors.ts';
import { isOneOf } from '../platform/outputs.ts';

/** @throws a usage error for an output that is one of the files it is made from */
export function refuseSources(output: string, sources: readonly string[]): void {
  if (isOneOf(output, sources))
    throw usage({ what: `${output} would be written over itself`, todo: 'Choose another name' });
}
