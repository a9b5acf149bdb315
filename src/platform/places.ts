// Where a model is kept, by the name a person gives: in Node a path or a file URL. places-page.ts
// is the same for pages.
import { fileURLToPath } from 'node:url';
import type { ByteSource } from './bytes.ts';
import { writeFileDurably } from './durable.ts';
import { withFile } from './file-bytes.ts';

/**
 * What `decode` makes of the bytes of a place; `name` is for its errors.
 * @throws DcganError that names the place and the cause in words
 */
export async function readPlace<T>(place: string | URL, decode: (bytes: ByteSource, name: string) => T): Promise<T> {
  const path = place instanceof URL ? fileURLToPath(place) : place;
  return withFile(path, (bytes) => decode(bytes, path));
}

/** Writes a place, parts one after another, whole or not at all. */
export async function writePlace(path: string, parts: readonly Uint8Array[]): Promise<void> {
  writeFileDurably(path, parts);
}
