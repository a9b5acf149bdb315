// Stands between yauzl and a file. yauzl reads at the positions that an archive names; they are
// checked here, before the operating system sees them. An error that yauzl or this program throws
// inside one of yauzl's callbacks would end the process, because nobody could catch it. Here it
// becomes an error of the archive.

import { type FileHandle, open } from 'node:fs/promises';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';

/** Bytes kept from the last read, since a directory is read in small steps. */
const BLOCK = 1 << 16;

/** Where an archive's bytes lie: in a file, or in memory where the archive lies in another one. */
type Handle = Pick<FileHandle, 'close'> & {
  read(out: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
};

function inMemory(bytes: Uint8Array): Handle {
  return {
    read: async (out, offset, length, position) => {
      const part = bytes.subarray(position, position + length);
      out.set(part, offset);
      return { bytesRead: part.length };
    },
    close: async () => {},
  };
}

class FileReader extends RandomAccessReader {
  readonly #handle: Handle;
  readonly #size: number;
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  constructor(handle: Handle, size: number) {
    super();
    this.#handle = handle;
    this.#size = size;
    // An 'error' without a listener would be thrown; the archive's own listener comes later.
    this.on('error', () => {});
  }

  /** @throws Error when they do not lie in the file */
  async bytes(position: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.#size)
      throw new Error(`it names bytes at ${position}, outside its ${this.#size} bytes`);
    if (length > BLOCK) return this.#fetch(position, length);
    const from = position - this.#blockAt;
    if (from < 0 || from + length > this.#block.length) {
      this.#block = await this.#fetch(position, Math.min(BLOCK, this.#size - position));
      this.#blockAt = position;
    }
    const start = position - this.#blockAt;
    return this.#block.subarray(start, start + length);
  }

  async #fetch(position: number, length: number): Promise<Buffer> {
    const out = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(out, done, length - done, position + done);
      if (bytesRead === 0) throw new Error('it has become shorter');
      done += bytesRead;
    }
    return out;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.bytes(position, length)
      .then(
        (bytes) => callback(null, bytes.copy(buffer, offset)),
        (error: Error) => callback(error),
      )
      .catch((thrown: unknown) => this.emit('error', thrown));
  }

  override close(callback: (error: Error | null) => void): void {
    this.#handle.close().then(() => callback(null), callback);
  }
}

/** What yauzl keeps of how far it has read; not among its types. */
interface Cursor {
  readEntryCursor: number;
  entriesRead: number;
  entryCount: number;
}

const ENTRY = 0x02014b50;
/** A count of entries has 16 bits where the archive is no zip64. */
const COUNT_WRAPS = 65_536;

async function fileAt(path: string): Promise<{ readonly handle: Handle; readonly size: number }> {
  const handle = await open(path, 'r');
  return { handle, size: (await handle.stat()).size };
}

function bytesAt(bytes: Uint8Array): { readonly handle: Handle; readonly size: number } {
  return { handle: inMemory(bytes), size: bytes.length };
}

/** A .zip that is open; all its methods reject with the library's error or an Error of ours. */
export class OpenZip {
  readonly #reader: FileReader;
  readonly #zip: ZipFile;

  private constructor(reader: FileReader, zip: ZipFile) {
    this.#reader = reader;
    this.#zip = zip;
  }

  /** @param archive its path, or its bytes */
  static async open(archive: string | Uint8Array): Promise<OpenZip> {
    const { handle, size } = typeof archive === 'string' ? await fileAt(archive) : bytesAt(archive);
    try {
      const reader = new FileReader(handle, size);
      const zip = await new Promise<ZipFile>((resolve, reject) => {
        reader.once('error', reject);
        const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
        fromRandomAccessReader(reader, size, options, (error, opened) => (error ? reject(error) : resolve(opened)));
      });
      return new OpenZip(reader, zip);
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
  }

  /** Every entry of the directory, also where their count has wrapped. */
  async *entries(): AsyncGenerator<Entry> {
    const cursor = this.#zip as unknown as Cursor;
    const said = cursor.entryCount;
    while ((await this.#signature(cursor.readEntryCursor)) === ENTRY) {
      cursor.entryCount = cursor.entriesRead + 1;
      yield await this.#next();
    }
    const found = cursor.entriesRead;
    if (found !== said && !(said < COUNT_WRAPS && found % COUNT_WRAPS === said))
      throw new Error(`it says that it has ${said} entries, and its directory lists ${found}`);
  }

  async #signature(position: number): Promise<number> {
    return (await this.#reader.bytes(position, 4)).readUInt32LE(0);
  }

  #next(): Promise<Entry> {
    return new Promise((resolve, reject) => {
      const found = (entry: Entry): void => {
        this.#zip.off('error', failed);
        resolve(entry);
      };
      const failed = (error: Error): void => {
        this.#zip.off('entry', found);
        reject(error);
      };
      this.#zip.once('entry', found);
      this.#zip.once('error', failed);
      this.#zip.readEntry();
    });
  }

  /** An entry's bytes as they are packed. */
  async packed(entry: Entry): Promise<Buffer> {
    const start = await new Promise<number>((resolve, reject) => {
      this.#zip.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
        error ? reject(error) : resolve(header.fileDataStart),
      );
    });
    return this.#reader.bytes(start, entry.compressedSize);
  }

  close(): void {
    this.#zip.close();
  }
}
