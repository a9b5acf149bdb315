// Keeps a page's models by name in its own files (opfs.ts). This file replaces places.ts in the
// page's build (package.json, "browser").
import type { ByteSource } from './bytes.ts';
import { DcganError } from './errors.ts';
import { readKept, writeKept } from './opfs.ts';

const FOLDER = ['dcgan', 'models'];

/**
 * Reads the bytes that `writePlace` wrote under a name, and returns what `decode` makes of them.
 * @throws DcganError when there are none
 */
export async function readPlace<T>(place: string | URL, decode: (bytes: ByteSource, name: string) => T): Promise<T> {
  const name = String(place);
  const file = await readKept(FOLDER, name);
  if (!file)
    throw new DcganError({
      what: `${name} is not among the files of this page`,
      todo: 'Give the name it was saved under, a URL object, a Blob or its bytes',
    });
  return decode(new Uint8Array(await file.arrayBuffer()), name);
}

/** Writes the parts one after another under a name, whole or not at all. */
export async function writePlace(name: string, parts: readonly Uint8Array[]): Promise<void> {
  const bytes = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  await writeKept(FOLDER, name, bytes);
}
