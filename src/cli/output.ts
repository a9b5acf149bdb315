// All text leaves the program through here, and control characters that strangers' names may hold
// are removed. A screen is a stream that may be a terminal. A terminal has pictures, one live line
// that is written over, and one picture that is replaced; a pipe or a file has plain lines only.
// When a reader goes away (`dcgan ... | head`), the program ends quietly.
import { fileError } from '../platform/durable.ts';
import { onNotice } from '../platform/notices.ts';
import { clean, cleanLines } from '../platform/text.ts';
import type { Picture } from '../render/grid.ts';
import { renderTerminal, terminalColours } from '../render/terminal.ts';
import { explain } from './failure.ts';

/**
 * A picture is as wide as the terminal, but no higher than it, unless it would be narrower than
 * this many characters.
 */
const PICTURE_COLUMNS = 64;
/**
 * Rows that stay free beside a picture that is replaced in place, and the fewest of such a picture.
 */
const ROWS_BESIDE = 8;
const LEAST_ROWS = 6;

/** How often text was written outside of a screen, which moves the lines of a terminal. */
let elsewhere = 0;

let lost: (error: NodeJS.ErrnoException) => void = endNow;

/** Writes results to standard output: lines of text or of JSON, each with its line feed. */
export function write(text: string): void {
  elsewhere++;
  process.stdout.write(cleanLines(text));
}

/** Writes to standard error in the way of `write`. */
export function warn(text: string): void {
  elsewhere++;
  process.stderr.write(cleanLines(text));
}

/**
 * Handles errors of standard output and standard error from now on, and prints notices. Call it
 * once.
 */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => lost(error));
  process.stderr.on('error', () => {});
  onNotice(note);
}

/** Says what a person should know, such as files that were left out; without the full stop. */
export function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K'); // A live line may stand there.
  warn(`Note: ${text}.\n`);
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
  /** The picture that the next one replaces, and the lines that were printed below it. */
  #standing: { readonly rows: number; readonly columns: number; readonly below: string[] } | null = null;
  #elsewhere = 0;

  /** @param plain writes plain lines on a terminal too */
  constructor(stream: NodeJS.WriteStream, plain = false) {
    this.#stream = stream;
    this.terminal = stream.isTTY === true && process.env.TERM !== 'dumb' && !plain;
  }

  /** Prints a line, or several. */
  print(text: string): void {
    this.clear();
    const cleaned = cleanLines(text);
    this.#standing?.below.push(...cleaned.split('\n'));
    this.#stream.write(`${cleaned}\n`);
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

  /**
   * Draws a picture on a terminal, fitted to its width. Returns its number of lines, 0 without a
   * terminal.
   */
  picture(picture: Picture): number {
    if (!this.terminal) return 0;
    return this.#draw(picture, Math.max(PICTURE_COLUMNS, widthWithin(picture, this.rows - 2)));
  }

  /**
   * Draws a picture in the place of the last one that was drawn by this method. The lines printed
   * since then stay, and move above it. Where the last picture cannot be reached any more (it left
   * the screen, or the terminal has another width now), the new one is drawn below. Does nothing
   * without a terminal, or on one with too few rows.
   */
  pictureInPlace(picture: Picture): void {
    const most = this.rows - ROWS_BESIDE;
    if (!this.terminal || most < LEAST_ROWS) return;
    this.clear();
    const { below } = this.#takeBack();
    if (below.length > 0) this.#stream.write(`${below.join('\n')}\n`);
    const rows = this.#draw(picture, Math.min(PICTURE_COLUMNS, widthWithin(picture, most)));
    this.#standing = { rows, columns: this.columns, below: [] };
    this.#elsewhere = elsewhere;
  }

  /** Erases the standing picture and what is below it. Returns the lines to print again. */
  #takeBack(): { readonly below: readonly string[] } {
    const standing = this.#standing;
    this.#standing = null;
    if (!standing || standing.columns !== this.columns || this.#elsewhere !== elsewhere) return { below: [] };
    // The width of other letters than these is not known here.
    if (standing.below.some((line) => !/^[\x20-\x7e]*$/.test(line))) return { below: [] };
    const heights = standing.below.map((line) => Math.max(1, Math.ceil(line.length / this.columns)));
    const height = heights.reduce((total, rows) => total + rows, standing.rows);
    if (height >= this.rows) return { below: [] };
    this.#stream.write(`\x1b[${height}A\x1b[J`);
    return { below: standing.below };
  }

  #draw(picture: Picture, width: number): number {
    this.clear();
    const text = renderTerminal(picture, Math.min(width, this.columns - 1), terminalColours(process.env));
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

  /** The height in lines. */
  get rows(): number {
    return this.#stream.rows || 24;
  }
}

/**
 * Returns the width of a picture that is drawn in `rows` rows. A row is as high as two columns are
 * wide.
 */
function widthWithin({ width, height }: Picture, rows: number): number {
  return Math.max(1, Math.floor((2 * rows * width) / height));
}
