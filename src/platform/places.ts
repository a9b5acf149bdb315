// Where a model is kept, by the name a person gives: in Node a path or a file URL. places-page.ts is the same for pages.
import { fileURLToPath } from 'node:url';
import { readFile, writeFileDurably } from './durable.ts';

/**
 * All bytes of a place, and its name for errors.
 * @throws DcganError that names the place and the cause in words
 */
export async function readPlace(place: string | URL): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  const path = place instanceof URL ? fileURLToPath(place) : place;
  return { bytes: readFile(path), name: path };
}

/** Writes a place, whole or not at all. */
export async function writePlace(path: string, bytes: Uint8Array): Promise<void> {
  writeFileDurably(path, bytes);
}
