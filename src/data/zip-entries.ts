// Lists the entries of a .zip with a way to read each of them, for archives of pictures (zip.ts)
// and of arrays (forms/npz.ts). Names, sizes, ratios and overlaps are checked before anything is
// unpacked. What an entry unpacks to is compared with the size and the CRC-32 that it claims.

import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl, { type Entry } from 'yauzl';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { faultOfName, faultOfSize, MOST_ENTRIES, refusedArchive } from './archive-limits.ts';
import { BrokenPicture, broken } from './broken.ts';
import type { FormFile } from './form-file.ts';
import { OpenZip } from './zip-reader.ts';

export interface ZipEntry {
  /** In the archive, parts joined by `/`. */
  readonly path: string;
  /** Bytes that it claims to unpack to. */
  readonly size: number;
  /** Why it must not be read; null for an honest one. */
  readonly fault: string | null;
  /** Its bytes. @throws DcganError that names it */
  read(): Promise<Uint8Array>;
}

/** An archive that is open, and what it lists: files only. */
export interface ZipList {
  readonly entries: readonly ZipEntry[];
  close(): void;
}

/** An entry's bytes as data of another form, which can't be left out as a picture can. */
export async function readData(entry: ZipEntry): Promise<Uint8Array> {
  try {
    return await entry.read();
  } catch (error) {
    if (!(error instanceof BrokenPicture)) throw error;
    throw new DcganError({ what: error.complaint.what, todo: 'Copy or download the archive again', cause: error });
  }
}

type Archive = Pick<FormFile, 'name' | 'path' | 'size' | 'read'>;

/**
 * Opens an archive and lists it.
 * @param largest bytes that one entry may unpack to
 * @throws DcganError for what is no whole .zip, or is refused
 */
export async function listZip(archive: Archive, largest: number): Promise<ZipList> {
  const { name, path, size } = archive;
  const zip = await openZip(archive, path ?? (await archive.read()));
  const entries: ZipEntry[] = [];
  let packed = 0;
  try {
    for await (const entry of zip.entries()) {
      if (entries.length === MOST_ENTRIES)
        throw refusedArchive(name, `it lists more than ${MOST_ENTRIES} entries, which is the most that is read`);
      const path = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
      packed += entry.compressedSize;
      // A folder has no bytes; a file called like one is a file that is not read.
      if (path.endsWith('/') && entry.uncompressedSize === 0) continue;
      const fault = faultOf(path, entry, largest);
      const read = (): Promise<Uint8Array> => readEntry(zip, entry, `${name}: ${path}`, fault);
      entries.push({ path, size: entry.uncompressedSize, fault, read });
    }
    // Honest entries lie one after another.
    if (packed > size) throw refusedArchive(name, `its entries overlap: they claim ${packed} bytes of its ${size}`);
  } catch (error) {
    zip.close();
    throw damaged(name, error as Error);
  }
  return { entries, close: () => zip.close() };
}

async function openZip({ name }: Archive, where: string | Uint8Array): Promise<OpenZip> {
  try {
    return await OpenZip.open(where);
  } catch (error) {
    throw damaged(name, error as Error);
  }
}

const [UNIX, FILE_TYPE, LINK] = [3, 0xf000, 0xa000];

function faultOf(path: string, entry: Entry, largest: number): string | null {
  const { versionMadeBy, externalFileAttributes, compressedSize, uncompressedSize, compressionMethod } = entry;
  if (entry.isEncrypted()) return faultOfName(path) ?? 'it is encrypted';
  const isLink = versionMadeBy >> 8 === UNIX && ((externalFileAttributes >>> 16) & FILE_TYPE) === LINK;
  if (isLink) return faultOfName(path) ?? 'it is a symbolic link, which is not followed in an archive';
  if (compressionMethod !== 0 && compressionMethod !== 8)
    return `it is packed by method ${compressionMethod}; only stored (0) and deflated (8) entries are read`;
  return faultOfName(path) ?? faultOfSize(uncompressedSize, compressedSize, largest);
}

async function readEntry(zip: OpenZip, entry: Entry, shown: string, fault: string | null): Promise<Uint8Array> {
  if (fault !== null) throw broken(shown, fault);
  let contents: Uint8Array;
  try {
    contents = await unpack(await zip.packed(entry), entry);
  } catch (error) {
    throw broken(shown, `it can't be unpacked (${(error as Error).message})`, error);
  }
  const got = crc32(contents);
  if (got === entry.crc32) return contents;
  throw broken(shown, `its CRC-32 is ${hex(got)}, and the archive says ${hex(entry.crc32)}`);
}

const inflate = promisify(inflateRaw) as (
  packed: Uint8Array,
  options: { readonly maxOutputLength: number },
) => Promise<Buffer>;

async function unpack(packed: Uint8Array, { compressionMethod, uncompressedSize }: Entry): Promise<Uint8Array> {
  if (compressionMethod === 0) return packed;
  // A limit of 0 is none.
  const contents = await inflate(packed, { maxOutputLength: uncompressedSize + 1 }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw cause;
    throw new Error(`it holds more than the ${uncompressedSize} bytes that it claims`, { cause });
  });
  if (contents.length !== uncompressedSize)
    throw new Error(`it holds ${contents.length} bytes and claims ${uncompressedSize}`);
  return contents;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function damaged(archive: string, cause: Error): DcganError {
  if (cause instanceof DcganError) return cause;
  if ('code' in cause && 'syscall' in cause) return fileError('read', archive, cause);
  return new DcganError({
    what: `${archive} is a damaged or truncated .zip`,
    got: cause.message,
    todo: 'Copy or download it again',
    cause,
  });
}
