// Where a page keeps a model: by a name in its own files (opfs.ts). Takes the place of places.ts in
// the page's build (package.json, "browser").
import type { ByteSource } from './bytes.ts';
import { DcganError } from './errors.ts';
import { readKept, writeKept } from './opfs.ts';

const FOLDER = ['dcgan', 'models'];

/**
 * What `decode` makes of the bytes that `writePlace` wrote under a name.
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

/** Writes a place, parts one after another, whole or not at all. */
export async function writePlace(name: string, parts: readonly Uint8Array[]): Promise<void> {
  const bytes = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  await writeKept(FOLDER, name, bytes);
}
