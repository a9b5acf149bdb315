// Looks at files of a folder or an archive that are no pictures and that may be data of another
// form: arrays beside their labels, batches, or an archive in an archive.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { fileError } from '../platform/durable.ts';
import type { FormFile } from './form-file.ts';

/** The bytes that are read to tell what a file is. They also suffice to unpack some of a .gz. */
const HEAD = 4096;
/** Endings of files that never hold data. */
const NEVER =
  /\.(txt|md|rst|html?|xml|ya?ml|py|pyc|ipynb|m|mat|log|pdf|docx?|hei[cf]|svg|mp4|mov|avi|ini|db|sh|exe|js|ts|css|sig|sha256|md5)$/i;

/** Whether a file that is no picture may be data, by its name. */
export function isCandidate(path: string): boolean {
  if (path.split('/').some((part) => /^\.[^./]|^__MACOSX$/.test(part))) return false;
  return !NEVER.test(path) || /label_names\.txt$/.test(path);
}

export function fileInMemory(name: string, below: string, bytes: Uint8Array): FormFile {
  return { name, below, size: bytes.length, head: bytes.subarray(0, HEAD), path: null, read: async () => bytes };
}

/** @param file its path as the file system has it, which need not be UTF-8 */
export function fileOnDisk(name: string, below: string, file: Buffer | string, size: number): FormFile {
  const path = typeof file === 'string' ? file : file.toString('utf8');
  const isText = typeof file === 'string' || Buffer.from(path).equals(file);
  let head: Uint8Array | undefined;
  return {
    ...{ name, below, size, path: isText ? path : null },
    get head() {
      head ??= headOf(file, name);
      return head;
    },
    read: async () => {
      try {
        return readFileSync(file);
      } catch (error) {
        throw fileError('read', name, error);
      }
    },
  };
}

/** The first 4096 bytes of a file, or all. */
export function headOf(file: Buffer | string, name = String(file)): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const head = new Uint8Array(HEAD);
    return head.subarray(0, readSync(fd, head));
  } catch (error) {
    throw fileError('read', name, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
