// One hash for everything that is checked on disk: data sets, checkpoints, compiled kernels (FIPS 180-4).

import { createHash } from 'node:crypto';

/** SHA-256 of the parts one after another, as 64 lower-case hex digits. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
