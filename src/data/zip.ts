// Reads a .zip of pictures in place. The list of its entries comes first (it stands at the end of
// the file); then each picture is read straight into memory (zip-entries.ts).

import { stat } from 'node:fs/promises';
import { fileError } from '../platform/durable.ts';
import { sha256 } from '../platform/sha256.ts';
import { MOST_UNPACKED, refusedArchive } from './archive-limits.ts';
import type { FormFile } from './form-file.ts';
import { fileInMemory, isCandidate } from './loose.ts';
import { formatOf } from './picture-format.ts';
import { byName, byPath, type Container, classesOf, LARGEST_FILE, LARGEST_UNNAMED } from './supply.ts';
import { UnreadTally } from './unread.ts';
import { listZip, readData, type ZipEntry } from './zip-entries.ts';

/** @throws DcganError for what is no whole .zip, or is refused */
export async function zipSupply(archive: FormFile, name: string, svg = false): Promise<Container> {
  const shown = archive.name;
  const unread = new UnreadTally();
  // By their places, since an archive may hold a name twice.
  const places = new Set<number>();
  const paths: string[] = [];
  const { entries, close } = await listZip(archive, LARGEST_FILE);
  try {
    for (const [place, entry] of entries.entries()) {
      if (await isPicture(entry, svg)) {
        places.add(place);
        paths.push(entry.path);
      } else unread.add(entry.path);
    }
  } finally {
    close();
  }
  paths.sort(byPath);
  const nameOf = (path: string): string => `${shown}: ${path}`;
  return {
    name,
    form: 'zip archive',
    names: paths.map(nameOf),
    paths,
    ...classesOf(paths),
    fingerprint: await fingerprintOf(archive, name),
    unread: unread.result(),
    async *pictures() {
      const { entries, close } = await listZip(archive, LARGEST_FILE);
      try {
        const sorted = entries.filter((_, place) => places.has(place)).sort((a, b) => byPath(a.path, b.path));
        for (const [index, entry] of sorted.entries()) {
          // The file is read here, so that nothing is read once the archive is closed. Decoding
          // may end later.
          const contents = await entry.read().catch((error: unknown) => error);
          const read = async (): Promise<Uint8Array> => {
            if (contents instanceof Uint8Array) return contents;
            throw contents;
          };
          const size = contents instanceof Uint8Array ? contents.length : 0;
          yield { kind: 'encoded' as const, index, name: nameOf(entry.path), size, read };
        }
      } finally {
        close();
      }
    },
    others: async (isWanted = isCandidate) => {
      const { entries, close } = await listZip(archive, MOST_UNPACKED);
      try {
        const wanted = entries.filter(({ path }) => isWanted(path));
        const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
        if (bytes > MOST_UNPACKED) throw refusedArchive(shown, `its files unpack to more than ${MOST_UNPACKED} bytes`);
        const files: FormFile[] = [];
        for (const entry of wanted) files.push(fileInMemory(nameOf(entry.path), entry.path, await readData(entry)));
        return files;
      } finally {
        close();
      }
    },
  };
}

/** By its name, else by its first bytes. */
async function isPicture({ path, size, fault, read }: ZipEntry, svg: boolean): Promise<boolean> {
  const named = byName(path, svg);
  if (named !== 'unknown' || fault !== null || size > LARGEST_UNNAMED) return named === 'picture';
  return formatOf(await read().catch(() => new Uint8Array())) !== null;
}

/**
 * What an archive is known again by: name, size and time of change where it is a file, else its
 * bytes.
 */
export async function fingerprintOf(archive: FormFile, name: string): Promise<string> {
  if (archive.path === null) return sha256(await archive.read());
  const { size, mtimeMs } = await stat(archive.path).catch((error: unknown) => {
    throw fileError('opened', archive.name, error);
  });
  return sha256(new TextEncoder().encode(`${name}\0${size}\0${mtimeMs}`));
}
