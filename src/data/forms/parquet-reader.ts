// Reads columns of a Parquet file in a process of its own. A few bytes of such a file may claim a
// billion values, which hyparquet makes before it looks whether there is anything to read. Node
// ends the process that does so, and that must not be this one (platform/side-process.ts).
//
// Sources: Apache Parquet, "File Format", "Encodings" (run-length runs of up to 2^31 values).

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SideProcess } from '../../platform/side-process.ts';

/** Bytes that the pages of one question may unpack to together. */
const MOST_UNPACKED = 1 << 30;
const MOST_HEAP_MB = 512;
const LIMIT_MS = 300_000;

export interface Question {
  readonly column: string;
  readonly rowStart: number;
  readonly rowEnd: number;
}

const SOURCE = `
import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
let known = null;
let kept;
let left = 0;
const bounded = (length) => {
  left -= length;
  if (!(left >= 0)) throw new Error('its pages unpack to more than ${MOST_UNPACKED} bytes');
  return length;
};
const fileOf = async (source) => {
  if (typeof source !== 'string') {
    const slice = async (start, end = source.length) => Uint8Array.from(source.subarray(start, end)).buffer;
    return { byteLength: source.length, slice };
  }
  const handle = await open(source, 'r');
  const { size } = await handle.stat();
  const part = async (start, end) => {
    if (!(start >= 0 && end >= start && end <= size)) throw new Error(\`it names bytes \${start} to \${end} of \${size}\`);
    const out = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(out, 0, out.length, start);
    if (bytesRead !== out.length) throw new Error('it has become shorter');
    return out.buffer;
  };
  // hyparquet asks for parts ahead, and may fail before it waits for them.
  const slice = (start, end = size) => {
    const read = part(start, end);
    read.catch(() => {});
    return read;
  };
  return { byteLength: size, slice };
};
process.on('message', async ({ module, source, column, rowStart, rowEnd }) => {
  try {
    const { parquetMetadataAsync, parquetReadObjects, snappyUncompress } = await import(module);
    kept ??= source;
    if (known === null) {
      const file = await fileOf(kept);
      known = { file, metadata: await parquetMetadataAsync(file) };
    }
    left = ${MOST_UNPACKED};
    const compressors = {
      SNAPPY: (bytes, length) => {
        const out = new Uint8Array(bounded(length));
        snappyUncompress(bytes, out);
        return out;
      },
      GZIP: (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: bounded(length) + 1 }),
      ZSTD: (bytes, length) => {
        if (!zlib.zstdDecompressSync) throw new Error('it is packed with zstd, which Node reads from version 22.15 on');
        return zlib.zstdDecompressSync(bytes, { maxOutputLength: bounded(length) + 1 });
      },
    };
    const rows = await parquetReadObjects({
      ...{ ...known, rowStart, rowEnd, columns: [column] },
      ...{ utf8: false, geoparquet: false, compressors },
    });
    send({ result: rows.map((row) => row[column]) });
  } catch (error) {
    send({ why: String((error && error.message) || error) });
  }
});
`;

export class ParquetReader {
  readonly #process = new SideProcess<readonly unknown[]>(SOURCE, {
    doing: 'reading it',
    heapMb: MOST_HEAP_MB,
    limitMs: LIMIT_MS,
  });
  readonly #source: string | Uint8Array;

  /** @param source the path of a file, or its bytes */
  constructor(source: string | Uint8Array) {
    this.#source = source;
  }

  /** The values of a column in rows. @throws Error with what is wrong with the file */
  read(question: Question): Promise<readonly unknown[]> {
    const module = pathToFileURL(createRequire(import.meta.url).resolve('hyparquet')).href;
    return this.#process.ask({ module, ...question }, { source: this.#source });
  }
}
