// Keeps models in Node under the path or file URL that a person gives. places-page.ts does the same
// for pages.
import { fileURLToPath } from 'node:url';
import type { ByteSource } from './bytes.ts';
import { writeFileDurably } from './durable.ts';
import { withFile } from './file-bytes.ts';

/**
 * Reads the bytes of a place, and returns what `decode` makes of them. `decode` also gets the
 * place's name for its errors.
 * @throws DcganError that names the place and the cause in words
 */
export async function readPlace<T>(place: string | URL, decode: (bytes: ByteSource, name: string) => T): Promise<T> {
  const path = place instanceof URL ? fileURLToPath(place) : place;
  return withFile(path, (bytes) => decode(bytes, path));
}

/** Writes the parts one after another into a file, whole or not at all. */
export async function writePlace(path: string, parts: readonly Uint8Array[]): Promise<void> {
  writeFileDurably(path, parts);
}
