// Reads a .tar of pictures, plain or gzipped, from front to back: once to list it, and again for
// each use. Pictures come in the archive's order. node-tar parses the archive. Links, devices and
// sparse files that are named like pictures count as broken. Nothing is written to disk, so that
// there is nothing to follow.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Parser, type ReadEntry } from 'tar';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { faultOfName, HARMLESS, MOST_ENTRIES, MOST_RATIO, MOST_UNPACKED, refusedArchive } from './archive-limits.ts';
import { broken } from './broken.ts';
import type { FormFile } from './form-file.ts';
import { fileInMemory, isCandidate } from './loose.ts';
import { formatOf } from './picture-format.ts';
import { byName, type ClassesOrWhy, type Container, classesOf, LARGEST_FILE, LARGEST_UNNAMED } from './supply.ts';
import { UnreadTally } from './unread.ts';
import { fingerprintOf } from './zip.ts';

/** @throws DcganError for what is no whole .tar, or is refused */
export async function tarSupply(archive: FormFile, name: string, svg = false): Promise<Container> {
  const { name: shown, size } = archive;
  const paths: string[] = [];
  const unread = new UnreadTally();
  let entries = 0;
  let unpacked = 0;
  // By their places, since an archive may hold a name twice.
  const places = new Set<number>();
  for await (const { entry, contents } of entriesOf(archive)) {
    const picture = await isPicture(entry, contents, svg);
    if (++entries > MOST_ENTRIES) throw refusedArchive(shown, `it has more than ${MOST_ENTRIES} entries`);
    unpacked += entry.size;
    if (unpacked > HARMLESS && unpacked > MOST_RATIO * size)
      throw refusedArchive(shown, `its ${size} bytes unpack to more than ${MOST_RATIO} times as many`);
    if (picture) {
      places.add(entries);
      paths.push(entry.path);
    } else if (entry.type !== 'Directory') unread.add(entry.path);
  }
  const nameOf = (path: string): string => `${shown}: ${path}`;
  return {
    name,
    form: 'tar archive',
    names: paths.map(nameOf),
    paths,
    ...tellable(classesOf(paths)),
    fingerprint: await fingerprintOf(archive, name),
    unread: unread.result(),
    async *pictures() {
      let [index, place] = [0, 0];
      for await (const { entry, contents } of entriesOf(archive)) {
        if (!places.has(++place)) {
          entry.resume();
          continue;
        }
        const picture = nameOf(entry.path);
        const tooLarge =
          entry.size > LARGEST_FILE ? `it has ${entry.size} bytes; at most ${LARGEST_FILE} are read` : null;
        const fault = faultOfName(entry.path) ?? faultOfType(entry) ?? tooLarge;
        if (fault !== null) entry.resume();
        const bytes = fault === null ? await contents() : new Uint8Array();
        const read = async (): Promise<Uint8Array> => {
          if (fault !== null) throw broken(picture, fault);
          return bytes;
        };
        yield { kind: 'encoded' as const, index: index++, name: picture, size: bytes.length, read };
      }
    },
    others: (wanted = isCandidate) => othersIn(archive, wanted),
  };
}

/**
 * No classes where a folder's name is not UTF-8: the parser puts one mark for all other bytes, so
 * that two folders may have become one.
 */
function tellable(found: ClassesOrWhy): ClassesOrWhy {
  const telling = found.classes?.names ?? [found.whyNoClasses ?? ''];
  if (!telling.some((name) => name.includes('\ufffd'))) return found;
  const whyNoClasses =
    "names of folders are not UTF-8, and such names can't be told apart in a .tar: unpack it and give the folder";
  return { classes: null, whyNoClasses };
}

async function othersIn(archive: FormFile, wanted: (path: string) => boolean): Promise<FormFile[]> {
  const files: FormFile[] = [];
  let bytes = 0;
  for await (const { entry, contents } of entriesOf(archive)) {
    if (!wanted(entry.path) || faultOfName(entry.path) !== null || faultOfType(entry) !== null) {
      entry.resume();
      continue;
    }
    bytes += entry.size;
    if (bytes > MOST_UNPACKED)
      throw refusedArchive(archive.name, `its files unpack to more than ${MOST_UNPACKED} bytes`);
    files.push(fileInMemory(`${archive.name}: ${entry.path}`, entry.path, await contents()));
  }
  return files;
}

/**
 * By its name, else by its first bytes; reads the entry or passes it over. An unpacker would find a
 * picture there, also where this program can't read it and says so.
 */
async function isPicture(entry: ReadEntry, contents: Arrived['contents'], svg: boolean): Promise<boolean> {
  const named = entry.type === 'Directory' ? 'other' : byName(entry.path, svg);
  if (named !== 'unknown' || faultOfType(entry) !== null || entry.size > LARGEST_UNNAMED) {
    entry.resume();
    return named === 'picture';
  }
  return formatOf(await contents()) !== null;
}

function faultOfType({ type, linkpath, path }: ReadEntry): string | null {
  if (/(^|\/)GNUSparseFile\.\d+\//.test(path) || type === 'SparseFile') return 'it is a sparse file, which is not read';
  if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') return null;
  const links: Readonly<Record<string, string>> = { SymbolicLink: 'a symbolic link', Link: 'a hard link' };
  const link = links[type];
  if (link === undefined) return `it is a special entry (${type}), which is not read`;
  return `it is ${link} to ${linkpath}, which is not followed in an archive`;
}

type Archive = Pick<FormFile, 'name' | 'path' | 'read'>;

/** Bytes that the parser gets at a time. */
const PIECE = 1 << 16;

function inPieces(bytes: Uint8Array): Readable {
  const count = Math.ceil(bytes.length / PIECE);
  return Readable.from(
    (function* pieces() {
      for (let i = 0; i < count; i++) yield Buffer.from(bytes.subarray(i * PIECE, (i + 1) * PIECE));
    })(),
  );
}

interface Arrived {
  readonly entry: ReadEntry;
  /** All its bytes; instead of `entry.resume()`. */
  contents(): Promise<Uint8Array>;
}

/** Entries one after another; each has to be read or resumed before the next one comes. */
async function* entriesOf({ name, path, read }: Archive): AsyncGenerator<Arrived> {
  const arrived: ReadEntry[] = [];
  let ended = false;
  let failure: DcganError | null = null;
  let wake = (): void => {};
  const fail = (error: unknown): void => {
    failure ??= damaged(name, error as Error);
    wake();
  };
  const parser = new Parser({
    strict: true,
    maxDecompressionRatio: MOST_RATIO,
    onReadEntry: (entry) => {
      arrived.push(entry);
      wake();
    },
  });
  parser.on('error', fail);
  // What the parser does not read, such as sparse files, is an entry all the same; without a header
  // that it skips, the entry behind it would get a wrong name.
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    if (entry.meta) fail(new Error(`it has a header of ${entry.size} bytes`));
    else arrived.push(entry);
    wake();
  });
  // Two empty blocks end every archive (POSIX pax, "ustar Interchange Format"): without them it may
  // have lost entries.
  let closed = false;
  parser.on('eof', () => {
    closed = true;
  });
  parser.on('end', () => {
    if (closed) ended = true;
    else fail(new Error('it ends before the two empty blocks that close an archive'));
    wake();
  });
  const file = path === null ? inPieces(await read()) : createReadStream(path, { highWaterMark: PIECE });
  file.on('error', fail);
  file.on('data', (chunk: Buffer | string) => {
    // What the parser throws here nobody could catch.
    try {
      if (failure === null && !parser.write(chunk as Buffer)) file.pause();
    } catch (error) {
      fail(error);
    }
  });
  parser.on('drain', () => file.resume());
  file.on('end', () => {
    try {
      if (failure === null) parser.end();
    } catch (error) {
      fail(error);
    }
  });
  /** Resolves when `ready` holds; rejects when the archive turns out damaged before. */
  const until = (ready: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      wake = () => {
        if (ready()) resolve();
        else if (failure !== null) reject(failure);
      };
      wake();
    });
  try {
    for (;;) {
      await until(() => arrived.length > 0 || ended);
      const entry = arrived.shift();
      if (!entry) return;
      yield {
        entry,
        contents: async () => {
          const chunks: Buffer[] = [];
          let whole = false;
          entry.on('end', () => {
            whole = true;
            wake();
          });
          entry.on('data', (chunk: Buffer) => chunks.push(chunk));
          await until(() => whole);
          return Buffer.concat(chunks);
        },
      };
    }
  } finally {
    file.destroy();
  }
}

function damaged(archive: string, cause: Error): DcganError {
  if ('code' in cause && 'syscall' in cause) return fileError('read', archive, cause);
  if (/decompression ratio/i.test(cause.message))
    return refusedArchive(archive, `its bytes unpack to more than ${MOST_RATIO} times as many`);
  return new DcganError({
    what: `${archive} is a damaged or truncated .tar`,
    got: cause.message.split('\n')[0] ?? 'no reason',
    todo: 'Copy or download it again',
    cause,
  });
}
