// Where a page keeps a model: by a name in its own files (opfs.ts). Takes the place of places.ts in the page's build
// (package.json, "browser").
import { DcganError } from './errors.ts';
import { readKept, writeKept } from './opfs.ts';

const FOLDER = ['dcgan', 'models'];

/**
 * All bytes that `writePlace` wrote under a name.
 * @throws DcganError when there are none
 */
export async function readPlace(place: string | URL): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  const name = String(place);
  const file = await readKept(FOLDER, name);
  if (!file)
    throw new DcganError({
      what: `${name} is not among the files of this page`,
      todo: 'Give the name it was saved under, a URL object, a Blob or its bytes',
    });
  return { bytes: new Uint8Array(await file.arrayBuffer()), name };
}

/** Writes a place, whole or not at all. */
export function writePlace(name: string, bytes: Uint8Array): Promise<void> {
  return writeKept(FOLDER, name, bytes);
}
