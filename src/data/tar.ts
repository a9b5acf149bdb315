// A .tar of pictures, plain or gzipped, read from front to back, once to list it and again for each use; pictures come in the
// archive's order. Parsing is node-tar's. Links and devices in it are ignored: nothing is written to disk.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Parser, type ReadEntry } from 'tar';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { faultOfName, HARMLESS, MOST_ENTRIES, MOST_RATIO, refusedArchive } from './archive-limits.ts';
import { broken, classesOf, emptySupply, isPictureName, LARGEST_FILE, type Supply } from './supply.ts';

/** @throws DcganError for what is no whole .tar, is refused, or holds no pictures */
export async function tarSupply(archive: string, name: string): Promise<Supply> {
  const { size, mtimeMs } = await stat(archive).catch((error: unknown) => {
    throw fileError('opened', archive, error);
  });
  const paths: string[] = [];
  let entries = 0;
  let folders = 0;
  let unpacked = 0;
  for await (const { entry } of entriesOf(archive)) {
    entry.resume();
    if (++entries > MOST_ENTRIES) throw refusedArchive(archive, `it has more than ${MOST_ENTRIES} entries`);
    unpacked += entry.size;
    if (unpacked > HARMLESS && unpacked > MOST_RATIO * size)
      throw refusedArchive(archive, `its ${size} bytes unpack to more than ${MOST_RATIO} times as many`);
    if (isPicture(entry)) paths.push(entry.path);
    if (entry.type === 'Directory') folders++;
  }
  const ignored = entries - folders - paths.length;
  if (paths.length === 0) throw emptySupply(archive, ignored);
  const nameOf = (path: string): string => `${archive}: ${path}`;
  return {
    name,
    form: 'tar archive',
    names: paths.map(nameOf),
    classes: classesOf(paths),
    fingerprint: sha256(new TextEncoder().encode(`${name}\0${size}\0${mtimeMs}`)),
    ignored,
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
        const fault = faultOfName(entry.path) ?? tooLarge;
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

function isPicture({ type, path }: ReadEntry): boolean {
  const file = type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
  return file && isPictureName(path);
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
    if (failure === null && !parser.write(chunk as Buffer)) file.pause();
  });
  parser.on('drain', () => file.resume());
  file.on('end', () => {
    if (failure === null) parser.end();
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
