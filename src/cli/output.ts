// Where text goes. A screen is a stream that may be a terminal: there it has one live line that is written over, and
// pictures; in a pipe or a file it has plain lines only. And what happens when a reader goes away (`dcgan ... | head`):
// the program ends quietly. All text leaves through here and is cleaned of what strangers' names may hold.
import { fileError } from '../platform/durable.ts';
import { onNotice } from '../platform/notices.ts';
import { clean, cleanLines } from '../platform/text.ts';
import type { Picture } from '../render/grid.ts';
import { renderTerminal, terminalColours } from '../render/terminal.ts';
import { explain } from './failure.ts';

const PICTURE_COLUMNS = 64;

let lost: (error: NodeJS.ErrnoException) => void = endNow;

/** Writes results to standard output: lines of text or of JSON, each with its line feed. */
export function write(text: string): void {
  process.stdout.write(cleanLines(text));
}

/** Writes to standard error, as `write` does. */
export function warn(text: string): void {
  process.stderr.write(cleanLines(text));
}

/** Call once: errors of standard output and standard error are dealt with from here on, and notices printed. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => lost(error));
  process.stderr.on('error', () => {});
  onNotice((text) => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K'); // a live line may stand there
    warn(`Note: ${text}.\n`);
  });
}

/** Has a command end in its own way when its output cannot be written any more; called once. */
export function whenOutputIsLost(act: (error: NodeJS.ErrnoException) => void): void {
  lost = (error) => {
    lost = () => {};
    act(error);
  };
}

function endNow(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  warn(`dcgan: ${explain(outputError(error), false).text}\n`);
  process.exit(1);
}

export function outputError(error: NodeJS.ErrnoException): Error {
  return fileError('written', 'standard output', error);
}

export class Screen {
  readonly #stream: NodeJS.WriteStream;
  /** Whether there is a terminal that can write over its lines. */
  readonly terminal: boolean;
  #live = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** A line, or several. */
  print(text: string): void {
    this.clear();
    this.#stream.write(`${cleanLines(text)}\n`);
  }

  /** Replaces the live line; nothing where there is no terminal. */
  live(text: string): void {
    if (!this.terminal) return;
    this.#stream.write(`\r\x1b[K${clean(text).slice(0, Math.max(20, this.columns - 1))}`);
    this.#live = true;
  }

  /** Takes the live line away. */
  clear(): void {
    if (!this.#live) return;
    this.#stream.write('\r\x1b[K');
    this.#live = false;
  }

  /** A small picture, on a terminal; its number of lines. */
  picture(picture: Picture): number {
    if (!this.terminal) return 0;
    this.clear();
    const text = renderTerminal(picture, Math.min(PICTURE_COLUMNS, this.columns - 1), terminalColours(process.env));
    this.#stream.write(text);
    return text.split('\n').length - 1;
  }

  /** The next text overwrites the last `lines` lines; on a terminal only. */
  back(lines: number): void {
    if (this.terminal && lines > 0) this.#stream.write(`\x1b[${lines}A`);
  }

  /** Its width in characters. */
  get columns(): number {
    return this.#stream.columns || 80;
  }
}
