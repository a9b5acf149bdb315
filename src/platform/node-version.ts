// Checks the version of Node before anything else of the library is loaded. On an older Node, the
// program would fail later at something that only newer ones have.
import { DcganError } from './errors.ts';

/**
 * Checks a version such as `20.19.0`.
 * @throws DcganError when that Node is too old
 */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new DcganError({
    what: 'dcgan needs a newer Node',
    expected: '20.19 or newer',
    got: version,
    todo: 'Install a newer Node',
  });
}

checkNode(process.versions.node);
