// A folder of pictures: PNG, JPEG, WebP and GIF files in it and below it, in the order of their paths. Links are followed,
// but into each folder once, so that a circle of them ends. What is no regular file (a pipe would wait for ever) is broken.

import { readdir, readFile, stat } from 'node:fs/promises';
import { fileError } from '../platform/durable.ts';
import { sha256 } from '../platform/sha256.ts';
import { broken, byPath, classesOf, emptySupply, isPictureName, LARGEST_FILE, type Supply } from './supply.ts';

interface Found {
  /** Below the folder, parts joined by /. */
  readonly path: string;
  readonly size: number;
  readonly time: number;
  /** What keeps it from being read. */
  readonly fault: string | null;
}

/** Files asked for size and time at once. */
const STATS = 32;

/** @throws DcganError when it holds no pictures, or can't be listed */
export async function folderSupply(folder: string, name: string): Promise<Supply> {
  const root = folder.replace(/(?<=.)\/+$/, '');
  const found: Found[] = [];
  const visited = new Set<string>();
  let ignored = 0;

  async function walk(below: string): Promise<void> {
    const at = below === '' ? root : `${root}/${below}`;
    const { dev, ino } = await stat(at);
    if (ino !== 0 && visited.has(`${dev}:${ino}`)) return;
    visited.add(`${dev}:${ino}`);
    const entries = await readdir(at);
    for (let i = 0; i < entries.length; i += STATS) {
      const looked = await Promise.all(
        entries.slice(i, i + STATS).map(async (entry) => {
          const path = below === '' ? entry : `${below}/${entry}`;
          return { path, status: await stat(`${root}/${path}`).catch((error: unknown) => error as Error) };
        }),
      );
      for (const { path, status } of looked) {
        if (!(status instanceof Error) && status.isDirectory()) {
          if (!path.split('/').at(-1)!.startsWith('.')) await walk(path);
        } else if (!isPictureName(path)) ignored++;
        else if (status instanceof Error) found.push({ path, size: 0, time: 0, fault: faultOf(status) });
        else {
          const fault = !status.isFile()
            ? 'it is not a regular file'
            : status.size > LARGEST_FILE
              ? `it has ${status.size} bytes; at most ${LARGEST_FILE} are read`
              : null;
          found.push({ path, size: status.size, time: status.mtimeMs, fault });
        }
      }
    }
  }

  try {
    await walk('');
  } catch (error) {
    throw fileError('listed', (error as NodeJS.ErrnoException).path ?? folder, error);
  }
  if (found.length === 0) throw emptySupply(`the folder ${folder}`, ignored);
  found.sort((a, b) => byPath(a.path, b.path));
  const list = found.map(({ path, size, time }) => `${path}\0${size}\0${time}\n`).join('');
  return {
    name,
    form: 'folder',
    names: found.map(({ path }) => `${root}/${path}`),
    classes: classesOf(found.map(({ path }) => path)),
    fingerprint: sha256(new TextEncoder().encode(list)),
    ignored,
    async *pictures() {
      for (const [index, { path, fault }] of found.entries()) {
        const file = `${root}/${path}`;
        yield { kind: 'encoded' as const, index, name: file, read: () => readPicture(file, fault) };
      }
    },
  };
}

function faultOf(error: NodeJS.ErrnoException): string {
  return fileError('read', 'it', error).complaint.what.replace(/^it can't be read: /, '');
}

async function readPicture(file: string, fault: string | null): Promise<Uint8Array> {
  if (fault !== null) throw broken(file, fault);
  try {
    return await readFile(file);
  } catch (error) {
    throw broken(file, faultOf(error as NodeJS.ErrnoException), error);
  }
}
