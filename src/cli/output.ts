// All text leaves the program through here, and control characters that strangers' names may hold
// are removed. A screen is a stream that may be a terminal. A terminal has pictures and one live
// line that is written over; a pipe or a file has plain lines only. When a reader goes away (`dcgan
// ... | head`), the program ends quietly.
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

/** Writes to standard error in the way of `write`. */
export function warn(text: string): void {
  process.stderr.write(cleanLines(text));
}

/**
 * Handles errors of standard output and standard error from now on, and prints notices. Call it
 * once.
 */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => lost(error));
  process.stderr.on('error', () => {});
  onNotice((text) => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K'); // A live line may stand there.
    warn(`Note: ${text}.\n`);
  });
}

/**
 * Lets a command end in its own way: `act` is called once when output cannot be written any more.
 */
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

  /** Prints a line, or several. */
  print(text: string): void {
    this.clear();
    this.#stream.write(`${cleanLines(text)}\n`);
  }

  /** Replaces the live line. Does nothing where there is no terminal. */
  live(text: string): void {
    if (!this.terminal) return;
    this.#stream.write(`\r\x1b[K${clean(text).slice(0, Math.max(20, this.columns - 1))}`);
    this.#live = true;
  }

  /** Removes the live line. */
  clear(): void {
    if (!this.#live) return;
    this.#stream.write('\r\x1b[K');
    this.#live = false;
  }

  /** Draws a small picture on a terminal. Returns its number of lines, 0 without a terminal. */
  picture(picture: Picture): number {
    if (!this.terminal) return 0;
    this.clear();
    const text = renderTerminal(picture, Math.min(PICTURE_COLUMNS, this.columns - 1), terminalColours(process.env));
    this.#stream.write(text);
    return text.split('\n').length - 1;
  }

  /** Makes the next text overwrite the last `lines` lines, on a terminal only. */
  back(lines: number): void {
    if (this.terminal && lines > 0) this.#stream.write(`\x1b[${lines}A`);
  }

  /** The width in characters. */
  get columns(): number {
    return this.#stream.columns || 80;
  }
}
