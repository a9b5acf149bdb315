// A .tar of pictures, plain or gzipped, read from front to back, once to list it and again for each use; pictures come in the
// archive's order. Parsing is node-tar's. Links, devices and sparse files called like pictures are broken ones: nothing is
// written to disk, so that there is nothing to follow.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Parser, type ReadEntry } from 'tar';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { faultOfName, HARMLESS, MOST_ENTRIES, MOST_RATIO, refusedArchive } from './archive-limits.ts';
import { broken } from './broken.ts';
import { classesOf, emptySupply, isPictureName, LARGEST_FILE, type Supply } from './supply.ts';
import { UnreadTally } from './unread.ts';

/** @throws DcganError for what is no whole .tar, is refused, or holds no pictures */
export async function tarSupply(archive: string, name: string): Promise<Supply> {
  const { size, mtimeMs } = await stat(archive).catch((error: unknown) => {
    throw fileError('opened', archive, error);
  });
  const paths: string[] = [];
  const unread = new UnreadTally();
  let entries = 0;
  let unpacked = 0;
  for await (const { entry } of entriesOf(archive)) {
    entry.resume();
    if (++entries > MOST_ENTRIES) throw refusedArchive(archive, `it has more than ${MOST_ENTRIES} entries`);
    unpacked += entry.size;
    if (unpacked > HARMLESS && unpacked > MOST_RATIO * size)
      throw refusedArchive(archive, `its ${size} bytes unpack to more than ${MOST_RATIO} times as many`);
    if (isPicture(entry)) paths.push(entry.path);
    else if (entry.type !== 'Directory') unread.add(entry.path);
  }
  if (paths.length === 0) throw emptySupply(archive, unread.result());
  const nameOf = (path: string): string => `${archive}: ${path}`;
  return {
    name,
    form: 'tar archive',
    names: paths.map(nameOf),
    classes: classesOf(paths),
    fingerprint: sha256(new TextEncoder().encode(`${name}\0${size}\0${mtimeMs}`)),
    unread: unread.result(),
    async *pictures() {
      let index = 0;
      for await (const { entry, contents } of entriesOf(archive)) {
        if (!isPicture(entry)) {
          entry.resume();
          continue;
        }
        const shown = nameOf(entry.path);
        const tooLarge =
          entry.size > LARGEST_FILE ? `it has ${entry.size} bytes; at most ${LARGEST_FILE} are read` : null;
        const fault = faultOfName(entry.path) ?? faultOfType(entry) ?? tooLarge;
        if (fault !== null) entry.resume();
        const bytes = fault === null ? await contents() : new Uint8Array();
        const read = async (): Promise<Uint8Array> => {
          if (fault !== null) throw broken(shown, fault);
          return bytes;
        };
        yield { kind: 'encoded' as const, index: index++, name: shown, read };
      }
    },
  };
}

/** An unpacker would find a picture there, also where this program can't read it and says so. */
function isPicture({ type, path }: ReadEntry): boolean {
  return type !== 'Directory' && isPictureName(path);
}

function faultOfType({ type, linkpath, path }: ReadEntry): string | null {
  if (/(^|\/)GNUSparseFile\.\d+\//.test(path) || type === 'SparseFile') return 'it is a sparse file, which is not read';
  if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') return null;
  const links: Readonly<Record<string, string>> = { SymbolicLink: 'a symbolic link', Link: 'a hard link' };
  const link = links[type];
  if (link === undefined) return `it is a special entry (${type}), which is not read`;
  return `it is ${link} to ${linkpath}, which is not followed in an archive`;
}

interface Arrived {
  readonly entry: ReadEntry;
  /** All its bytes; instead of `entry.resume()`. */
  contents(): Promise<Uint8Array>;
}

/** Entries one after another; each has to be read or resumed before the next one comes. */
async function* entriesOf(archive: string): AsyncGenerator<Arrived> {
  const arrived: ReadEntry[] = [];
  let ended = false;
  let failure: DcganError | null = null;
  let wake = (): void => {};
  const fail = (error: unknown): void => {
    failure ??= damaged(archive, error as Error);
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
  // What the parser does not read, such as sparse files, is an entry all the same; without a header that it skips, the entry
  // behind it would get a wrong name.
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    if (entry.meta) fail(new Error(`it has a header of ${entry.size} bytes`));
    else arrived.push(entry);
    wake();
  });
  // Two empty blocks end every archive (POSIX pax, "ustar Interchange Format"): without them it may have lost entries.
  let closed = false;
  parser.on('eof', () => {
    closed = true;
  });
  parser.on('end', () => {
    if (closed) ended = true;
    else fail(new Error('it ends before the two empty blocks that close an archive'));
    wake();
  });
  const file = createReadStream(archive, { highWaterMark: 1 << 16 });
  file.on('error', fail);
  file.on('data', (chunk) => {
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
