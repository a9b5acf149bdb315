// A .zip of pictures, read in place: the list of its entries first (it stands at the end of the file), then each picture
// straight into memory. Parsing and inflating are yauzl's, which also checks that an entry has the size it claims.

import { stat } from 'node:fs/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { faultOfName, faultOfSize, MOST_ENTRIES, refusedArchive } from './archive-limits.ts';
import { broken, byPath, classesOf, emptySupply, isPictureName, type Supply } from './supply.ts';

interface Listed {
  readonly path: string;
  readonly entry: Entry;
  readonly fault: string | null;
}

/** @throws DcganError for what is no whole .zip, is refused, or holds no pictures */
export async function zipSupply(archive: string, name: string): Promise<Supply> {
  const status = await stat(archive).catch((error: unknown) => {
    throw fileError('opened', archive, error);
  });
  const { listed, ignored } = await inZip(archive, (zip) => list(zip, archive, status.size));
  if (listed.length === 0) throw emptySupply(archive, ignored);
  listed.sort((a, b) => byPath(a.path, b.path));
  const paths = listed.map(({ path }) => path);
  const nameOf = (path: string): string => `${archive}: ${path}`;
  return {
    name,
    form: 'zip archive',
    names: paths.map(nameOf),
    classes: classesOf(paths),
    fingerprint: sha256(new TextEncoder().encode(`${name}\0${status.size}\0${status.mtimeMs}`)),
    ignored,
    async *pictures() {
      const zip = await openZip(archive);
      try {
        for (const [index, { path, entry, fault }] of listed.entries()) {
          const shown = nameOf(path);
          // Read here, so that nobody reads when the archive is closed; decoding goes on beside it.
          const contents = await readEntry(zip, entry, shown, fault).catch((error: unknown) => error);
          const read = async (): Promise<Uint8Array> => {
            if (contents instanceof Uint8Array) return contents;
            throw contents;
          };
          yield { kind: 'encoded' as const, index, name: shown, read };
        }
      } finally {
        zip.close();
      }
    },
  };
}

async function list(zip: ZipFile, archive: string, size: number): Promise<{ listed: Listed[]; ignored: number }> {
  if (zip.entryCount > MOST_ENTRIES)
    throw refusedArchive(archive, `it lists ${zip.entryCount} entries; at most ${MOST_ENTRIES} are read`);
  const listed: Listed[] = [];
  let ignored = 0;
  let packed = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      const raw: unknown = entry.fileName;
      const path = Buffer.isBuffer(raw)
        ? yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
        : entry.fileName;
      packed += entry.compressedSize;
      if (path.endsWith('/')) {
        // A folder.
      } else if (!isPictureName(path)) ignored++;
      else {
        const locked = entry.isEncrypted() ? 'it is encrypted' : null;
        const fault = faultOfName(path) ?? locked ?? faultOfSize(entry.uncompressedSize, entry.compressedSize);
        listed.push({ path, entry, fault });
      }
      zip.readEntry();
    });
    zip.on('end', () => resolve());
    zip.on('error', (error: Error) => reject(damaged(archive, error)));
    zip.readEntry();
  });
  // Honest entries lie one after another.
  if (packed > size) throw refusedArchive(archive, `its entries overlap: they claim ${packed} bytes of its ${size}`);
  return { listed, ignored };
}

function openZip(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
    yauzl.open(archive, options, (error, zip) => {
      if (error) reject(damaged(archive, error));
      else resolve(zip);
    });
  });
}

async function inZip<T>(archive: string, act: (zip: ZipFile) => Promise<T>): Promise<T> {
  const zip = await openZip(archive);
  try {
    return await act(zip);
  } finally {
    zip.close();
  }
}

async function readEntry(zip: ZipFile, entry: Entry, shown: string, fault: string | null): Promise<Uint8Array> {
  if (fault !== null) throw broken(shown, fault);
  try {
    const stream = await zip.openReadStreamPromise(entry);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    throw broken(shown, `it can't be unpacked (${(error as Error).message})`, error);
  }
}

function damaged(archive: string, cause: Error): DcganError {
  if ('code' in cause && 'syscall' in cause) return fileError('read', archive, cause);
  return new DcganError({
    what: `${archive} is a damaged or truncated .zip`,
    got: cause.message,
    todo: 'Copy or download it again',
    cause,
  });
}
