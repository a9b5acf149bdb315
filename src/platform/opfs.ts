// A page's own files lie in the Origin Private File System. No other origin and no person sees it,
// and it stays when the tab is closed. A file is written beside the old one and replaces it when it
// is whole, so a closed tab leaves one or the other.
// Source: WHATWG File System, sections "createWritable" and "close".
import { DcganError } from './errors.ts';
import { type PageFolder, page } from './page.ts';

/**
 * Opens a folder by the names on its path. Missing folders are created when `create` is set.
 * Returns null when the folder isn't there.
 */
export async function openFolder(path: readonly string[], create = false): Promise<PageFolder | null> {
  const { storage } = page.navigator ?? {};
  if (!storage?.getDirectory)
    throw new DcganError({
      what: 'this page has no files of its own',
      expected: 'the Origin Private File System, on https or localhost',
      todo: 'Keep the bytes of the checkpoint events instead, as a download',
    });
  try {
    let folder = await storage.getDirectory();
    for (const name of path) folder = await folder.getDirectoryHandle(name, { create });
    return folder;
  } catch (error) {
    if (!create && isMissing(error)) return null;
    throw refused(path.join('/'), 'opened', error);
  }
}

/** Returns a file's contents, or null when it isn't there. */
export async function readKept(folder: readonly string[], name: string): Promise<Blob | null> {
  const place = await openFolder(folder);
  if (!place) return null;
  try {
    return await (await place.getFileHandle(name)).getFile();
  } catch (error) {
    if (isMissing(error)) return null;
    throw refused(name, 'read', error);
  }
}

/** Writes a file whole. After an error, the file is as it was before. */
export async function writeKept(folder: readonly string[], name: string, bytes: Uint8Array): Promise<void> {
  const place = await openFolder(folder, true);
  try {
    const writable = await (await place!.getFileHandle(name, { create: true })).createWritable();
    await writable.write(bytes);
    await writable.close();
  } catch (error) {
    throw refused(name, 'written', error);
  }
}

/** Returns the names in a folder, sorted. Returns none when the folder isn't there. */
export async function listKept(folder: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (await openFolder(folder))?.keys() ?? []) names.push(name);
  return names.sort();
}

/** Removes a file, or a folder with all its contents. It is no error when it is gone already. */
export async function removeKept(folder: readonly string[], name: string): Promise<void> {
  try {
    await (await openFolder(folder))?.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw refused(name, 'removed', error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'NotFoundError';
}

function refused(name: string, action: string, cause: unknown): DcganError {
  if (cause instanceof DcganError) return cause;
  const { name: code, message } = cause as Error;
  const full = code === 'QuotaExceededError';
  return new DcganError({
    what: `${name || 'the files of this page'} can't be ${action}: ${full ? 'the page may store no more' : message}`,
    todo: full
      ? 'Remove kept runs, or free some disk space'
      : 'Choose another name, or download the checkpoint instead',
    cause,
  });
}
