// Files of a run, opened so that nothing outside the run can be read: no part of the way below the
// folder of runs may be a link, and what is opened must be a plain file.
import { constants, lstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Opens a file below `root` for reading; null when it does not exist, is no plain file, or is
 * reached through a link. `parts` are single names, given out by the server itself.
 */
export async function openInside(root: string, ...parts: readonly string[]): Promise<FileHandle | null> {
  let path = root;
  for (const [i, part] of parts.entries()) {
    path = join(path, part);
    const status = lstatSync(path, { throwIfNoEntry: false });
    const last = i === parts.length - 1;
    if (!status || (last ? !status.isFile() : !status.isDirectory())) return null;
  }
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return null;
  } catch (error) {
    // It may be replaced or removed between the look and the opening.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** At most `most` bytes of a file's end. */
export async function readTail(
  file: FileHandle,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly from: number }> {
  const { size } = await file.stat();
  const from = Math.max(0, size - most);
  const bytes = Buffer.alloc(size - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  return { bytes: bytes.subarray(0, bytesRead), from };
}
