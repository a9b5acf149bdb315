// SHA-256 (FIPS 180-4) for datasets and checkpoints, which pages check too. sha256-page.ts is the
// same for pages.

import { createHash } from 'node:crypto';

/** Node's hash takes less than 2 GiB at once. */
const AT_ONCE = 2 ** 30;

/** A hash that takes its bytes piece by piece. */
export class Sha256 {
  readonly #hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += AT_ONCE) this.#hash.update(bytes.subarray(at, at + AT_ONCE));
  }

  /** Returns 64 lower-case hex digits. Nothing may be added afterwards. */
  hex(): string {
    return this.#hash.digest('hex');
  }
}

/** Returns the SHA-256 of the parts one after another, as 64 lower-case hex digits. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = new Sha256();
  for (const part of parts) hash.update(part);
  return hash.hex();
}
