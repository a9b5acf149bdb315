// A .zip of pictures, read in place: the list of its entries first (it stands at the end of the file), then each picture
// straight into memory. yauzl parses the archive; what it unpacks to is checked against the size and the CRC-32 that it claims.

import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl, { type Entry } from 'yauzl';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { faultOfName, faultOfSize, MOST_ENTRIES, refusedArchive } from './archive-limits.ts';
import { broken } from './broken.ts';
import { byPath, classesOf, emptySupply, isPictureName, type Supply } from './supply.ts';
import { type Unread, UnreadTally } from './unread.ts';
import { OpenZip } from './zip-reader.ts';

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
  const { listed, unread } = await list(archive, status.size);
  if (listed.length === 0) throw emptySupply(archive, unread);
  listed.sort((a, b) => byPath(a.path, b.path));
  const paths = listed.map(({ path }) => path);
  const nameOf = (path: string): string => `${archive}: ${path}`;
  return {
    name,
    form: 'zip archive',
    names: paths.map(nameOf),
    classes: classesOf(paths),
    fingerprint: sha256(new TextEncoder().encode(`${name}\0${status.size}\0${status.mtimeMs}`)),
    unread,
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

async function list(archive: string, size: number): Promise<{ listed: Listed[]; unread: Unread }> {
  const listed: Listed[] = [];
  const unread = new UnreadTally();
  let packed = 0;
  let entries = 0;
  const zip = await openZip(archive);
  try {
    for await (const entry of zip.entries()) {
      if (++entries > MOST_ENTRIES)
        throw refusedArchive(archive, `it lists more than ${MOST_ENTRIES} entries, which is the most that is read`);
      const path = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
      packed += entry.compressedSize;
      // A folder has no bytes; a file called like one is a file that is not read.
      if (path.endsWith('/') && entry.uncompressedSize === 0) continue;
      if (isPictureName(path)) listed.push({ path, entry, fault: faultOf(path, entry) });
      else unread.add(path);
    }
  } catch (error) {
    throw damaged(archive, error as Error);
  } finally {
    zip.close();
  }
  // Honest entries lie one after another.
  if (packed > size) throw refusedArchive(archive, `its entries overlap: they claim ${packed} bytes of its ${size}`);
  return { listed, unread: unread.result() };
}

const [UNIX, FILE_TYPE, LINK] = [3, 0xf000, 0xa000];

function faultOf(path: string, entry: Entry): string | null {
  const { versionMadeBy, externalFileAttributes, compressedSize, uncompressedSize, compressionMethod } = entry;
  if (entry.isEncrypted()) return faultOfName(path) ?? 'it is encrypted';
  const isLink = versionMadeBy >> 8 === UNIX && ((externalFileAttributes >>> 16) & FILE_TYPE) === LINK;
  if (isLink) return faultOfName(path) ?? 'it is a symbolic link, which is not followed in an archive';
  if (compressionMethod !== 0 && compressionMethod !== 8)
    return `it is packed by method ${compressionMethod}; only stored (0) and deflated (8) entries are read`;
  return faultOfName(path) ?? faultOfSize(uncompressedSize, compressedSize);
}

async function openZip(archive: string): Promise<OpenZip> {
  try {
    return await OpenZip.open(archive);
  } catch (error) {
    throw damaged(archive, error as Error);
  }
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
