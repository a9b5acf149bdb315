// Reads columns of a Parquet file in a process of its own. A few bytes of such a file may claim a
// billion values, which hyparquet makes before it looks whether there is anything to read. Node
// ends the process that does so, and that must not be this one. The process has a limit on its
// memory and on its time, and it ends with this one, when its channel closes. Its program is kept
// as text, so that the same one starts from sources and from dist.
//
// Sources: Apache Parquet, "File Format", "Encodings" (run-length runs of up to 2^31 values).

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Bytes that the pages of one question may unpack to together. */
const MOST_UNPACKED = 1 << 30;
const MOST_HEAP_MB = 512;
const LIMIT_MS = 300_000;
/** A process that nobody asks anything for so long ends. */
const IDLE_MS = 5000;

export interface Question {
  readonly column: string;
  readonly rowStart: number;
  readonly rowEnd: number;
}

type Answer = { readonly rows: readonly unknown[] } | { readonly why: string };

const SOURCE = `
import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
process.on('disconnect', () => process.exit());
// Ctrl-C in a terminal reaches this process too. The one that asked decides what ends.
for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => {});
const send = (answer) => process.send(answer, undefined, undefined, () => {});
let known = null;
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
    if (known === null) {
      const file = await fileOf(source);
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
    send({ rows: rows.map((row) => row[column]) });
  } catch (error) {
    send({ why: String((error && error.message) || error) });
  }
});
`;

export class ParquetReader {
  readonly #source: string | Uint8Array;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  /** Questions are answered one after another. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param source the path of a file, or its bytes */
  constructor(source: string | Uint8Array) {
    this.#source = source;
  }

  /** The values of a column in rows. @throws Error with what is wrong with the file */
  read(question: Question): Promise<readonly unknown[]> {
    const answer = this.#last.then(() => this.#ask(question));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #ask(question: Question): Promise<readonly unknown[]> {
    clearTimeout(this.#idle);
    const child = this.#child ?? start();
    const fresh = child !== this.#child;
    this.#child = child;
    hold(child, true);
    try {
      const module = pathToFileURL(createRequire(import.meta.url).resolve('hyparquet')).href;
      const answer = await answerOf(child, { module, ...question, ...(fresh && { source: this.#source }) });
      if ('why' in answer) throw new Error(answer.why);
      this.#idle = setTimeout(() => this.#end(), IDLE_MS);
      this.#idle.unref();
      return answer.rows;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      hold(child, false);
    }
  }

  #end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

function start(): ChildProcess {
  const child = spawn(process.execPath, [`--max-old-space-size=${MOST_HEAP_MB}`, '--input-type=module', '-e', SOURCE], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  // What comes after its last answer concerns nobody.
  child.on('error', () => {});
  return child;
}

/** Only a question that waits for its answer keeps this process alive. */
function hold(child: ChildProcess, held: boolean): void {
  const channel = child.channel as { ref(): void; unref(): void } | null | undefined;
  if (held) child.ref();
  else child.unref();
  if (held) channel?.ref();
  else channel?.unref();
}

function answerOf(child: ChildProcess, message: object): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      child.off('message', settle);
      child.off('exit', onExit);
      child.off('error', onError);
      resolve(answer);
    };
    const onExit = (): void =>
      settle({ why: `reading it needs more than ${MOST_HEAP_MB} MB, or its process was ended` });
    const onError = (error: Error): void => settle({ why: error.message });
    const timer = setTimeout(() => settle({ why: `reading it takes more than ${LIMIT_MS / 1000} seconds` }), LIMIT_MS);
    child.on('message', settle);
    child.on('exit', onExit);
    child.on('error', onError);
    child.send(message, (error) => {
      if (error) onError(error);
    });
  });
}
