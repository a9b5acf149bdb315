// The C sources of the kernels, which ship with the package.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../../platform/sha256.ts';

/** The path is the same from src/engine/backends/native and from dist/engine/backends/native. */
export const KERNELS = fileURLToPath(new URL('../../../../kernels/', import.meta.url));

export interface KernelSources {
  /** The files to compile, sorted. */
  readonly units: readonly string[];
  /** Every file's name and text, headers included. */
  readonly texts: readonly (readonly [name: string, text: string])[];
  /** The start of the hash of all texts. Libraries of equal sources have equal hashes. */
  readonly hash: string;
}

export function kernelSources(): KernelSources {
  const names = readdirSync(KERNELS)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  const texts = names.map((name) => [name, readFileSync(join(KERNELS, name), 'utf8')] as const);
  const hash = sha256(new TextEncoder().encode(JSON.stringify(texts))).slice(0, 12);
  return { units: names.filter((name) => name.endsWith('.c')), texts, hash };
}
