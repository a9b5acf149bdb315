// Opens files of a run so that nothing outside the run can be read. No part of the way below the
// folder of runs may be a link, and what is opened must be a plain file.
import { closeSync, constants, lstatSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../platform/durable.ts';
import { DcganError } from '../../platform/errors.ts';
import { READ_AT_ONCE } from '../../platform/plain-file.ts';

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
    const file = await open(path, READ_AT_ONCE | (constants.O_NOFOLLOW ?? 0));
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

/**
 * Returns the folder `name` below `root` for the studio's own files; makes it when it is missing.
 * @throws DcganError when something else has that name: through a link, files of somebody else
 * would be written
 */
export function ownFolder(root: string, name: string): string {
  const path = join(root, name);
  try {
    mkdirSync(root, { recursive: true });
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('created', path, error);
  }
  if (lstatSync(path).isDirectory()) return path;
  throw new DcganError({
    what: `${path} is not a folder of the studio's own`,
    expected: 'a folder, or nothing',
    todo: 'Look what it is, and remove it',
  });
}

/**
 * Opens a new file for writing; what had its name is gone, and no link is followed.
 * @throws DcganError that names the file and the cause
 */
export function openNew(path: string): number {
  try {
    rmSync(path, { force: true });
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    throw fileError('created', path, error);
  }
}

/**
 * Writes a new file as `openNew` opens it, or leaves none behind.
 * @throws DcganError that names the file and the cause
 */
export function writeNew(path: string, text: string): void {
  const file = openNew(path);
  try {
    writeFileSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw fileError('written', path, error);
  } finally {
    closeSync(file);
  }
}

/** Reads at most `most` bytes of a file's end. */
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
