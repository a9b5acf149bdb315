// Reads tables of pixels. A line holds one image: its pixels as whole numbers from 0 to 255, and
// its class in a column called label or in the first column. Kaggle's MNIST and similar files come
// in this form (label,pixel0,...,pixel783), with a line of names or without. The images are grey
// and square. The parser walks over the bytes in memory, since a file may have 50 million numbers.
//
// Source: Kaggle, "Digit Recognizer", page "Data".

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { MemoryPixels, type PixelSource } from '../pixel-source.ts';
import { RearrangedPixels, transposed } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';

const [NEWLINE, RETURN, COMMA, SEMICOLON, TAB, SPACE, QUOTE, POINT] = [10, 13, 44, 59, 9, 32, 34, 46];
/** Columns of the smallest image that is taken for one: 8 x 8. */
const FEWEST = 64;
/** Names of a column of labels. */
export const LABEL = /^"?(label|labels|class|target|y)"?$/i;

interface Columns {
  /** The names, where the first line has some. */
  readonly names: readonly string[] | null;
  readonly count: number;
}

/** What the first line says; null for no table of pixels. */
function columnsOf(head: Uint8Array): Columns | null {
  const text = Buffer.from(head)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
  const end = text.search(/[\r\n]/);
  const cells = (end < 0 ? text : text.slice(0, end)).split(/[,;\t]/);
  const named = cells.some((cell) => /[a-z]/i.test(cell));
  if (
    named
      ? !/^"?(label|class|target|pixel_?\d|y"?$|\d)/i.test(cells[0]!)
      : !cells.every((cell) => /^\s*\d*\s*$/.test(cell))
  )
    return null;
  return cells.length < FEWEST ? null : { names: named ? cells : null, count: cells.length };
}

export const csvForm: Form = {
  name: 'CSV table of pixels',
  recognises: ({ below, head }) => /\.(csv|tsv)$/i.test(below) && columnsOf(head) !== null,
  choose: onlyOne('tables of pixels'),
  open: async ([file], name, { transpose, onNote }) => {
    const bytes = await file!.read();
    const end = bytes.indexOf(NEWLINE);
    const { names, count: columns } = columnsOf(end < 0 ? bytes : bytes.subarray(0, end + 1))!;
    const wrong = (what: string, rest: { expected?: string; got?: string; todo?: string }): DcganError =>
      new DcganError({ what: `${file!.name} ${what}`, ...rest });
    const label = names ? names.findIndex((cell) => LABEL.test(cell.trim())) : isSquare(columns) ? -1 : 0;
    const pixels = columns - (label < 0 ? 0 : 1);
    if (!isSquare(pixels))
      throw wrong('has rows that are no square images', {
        expected: 'a column for each pixel of a square, such as 784 for 28 x 28, and one for the label',
        got: `${pixels} columns of pixels`,
        todo: isSquare(pixels / 3)
          ? colourCommand(file!.name, Math.sqrt(pixels / 3), label, names !== null)
          : 'Save the images as an array: numpy.save("images.npy", images.reshape(-1, height, width).astype("uint8"))',
      });
    const rows = parse(bytes, names && end >= 0 ? end + 1 : names ? bytes.length : 0, columns, label, wrong);
    const side = Math.sqrt(pixels);
    const images = uprightSquares(rows.images, side, transpose);
    const shape = { count: rows.count, height: side, width: side, channels: 1 };
    const whyNoClasses =
      label < 0 ? `${file!.name} has no column of labels` : `a label of ${file!.name} is above 255, which is no class`;
    if (label >= 0 && rows.labels === null) onNote(`labels are not used: ${whyNoClasses}`);
    const classes = label >= 0 && rows.labels ? { labels: rows.labels } : { whyNoClasses };
    return { form: csvForm.name, dataset: new Dataset({ name, images, ...shape, ...classes }) };
  },
};

/** Grey squares as they are stored, or with their rows turned into columns. */
export function uprightSquares(images: Uint8Array, side: number, transpose = false): PixelSource {
  const stored = new MemoryPixels(images);
  if (!transpose) return stored;
  return new MemoryPixels(new RearrangedPixels(stored, side * side, transposed(side, side, 1)).all());
}

function isSquare(n: number): boolean {
  return n > 0 && Number.isInteger(Math.sqrt(n));
}

/** A person has to say whether the values of a pixel lie side by side or channels are planes. */
function colourCommand(file: string, side: number, label: number, named: boolean): string {
  const [labels, cut] = label < 0 ? ['', 't'] : [`, labels=t[:, ${label}]`, `numpy.delete(t, ${label}, 1)`];
  const table = `numpy.loadtxt('${file}', delimiter=',', dtype='uint8'${named ? ', skiprows=1' : ''})`;
  return (
    `Save it as arrays: python3 -c "import numpy; t = ${table}; numpy.savez('images.npz', images=${cut}.reshape(-1, ${side}, ${side}, 3)${labels})"; ` +
    `where each channel is a plane, write reshape(-1, 3, ${side}, ${side})`
  );
}

interface Rows {
  readonly count: number;
  readonly images: Uint8Array;
  /** Null when one of them is not a class from 0 to 255. */
  readonly labels: Uint8Array | null;
}

function parse(
  bytes: Uint8Array,
  from: number,
  columns: number,
  label: number,
  wrong: (what: string, rest: { expected?: string; got?: string; todo?: string }) => DcganError,
): Rows {
  const pixels = columns - (label < 0 ? 0 : 1);
  const lines = countLines(bytes, from);
  if (lines === 0) throw wrong('holds no images', { expected: 'a line for each image' });
  // Each number takes a digit and a separator, so a file that passes this test is large enough for
  // all of its numbers. Nothing larger than the file is allocated.
  if (lines * columns > bytes.length - from + 1)
    throw wrong('has lines that are too short', { expected: `${columns} numbers a line` });
  const images = new Uint8Array(lines * pixels);
  const labels = new Uint8Array(lines);
  let [row, column, value, digits, fits] = [0, 0, 0, 0, true];
  const refuse = (got: string): DcganError =>
    wrong(`can't be read in image ${row}, column ${column}`, {
      expected: `${columns} whole numbers from 0 to 255 a line`,
      got,
      todo: 'Save the images as an array: numpy.save("images.npy", images.reshape(-1, 28, 28).astype("uint8"))',
    });
  const put = (): void => {
    if (digits === 0 || column >= columns) throw refuse(digits === 0 ? 'no number' : 'more numbers');
    if (column === label) {
      labels[row] = value;
      fits &&= value <= 255;
    } else {
      if (value > 255) throw refuse(String(value));
      images[row * pixels + column - (label >= 0 && column > label ? 1 : 0)] = value;
    }
    [column, value, digits] = [column + 1, 0, 0];
  };
  for (let at = from; at <= bytes.length; at++) {
    const byte = at === bytes.length ? NEWLINE : bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      value = Math.min(value * 10 + byte - 48, 1e6);
      digits++;
    } else if (byte === COMMA || byte === SEMICOLON || byte === TAB) put();
    else if (byte === NEWLINE) {
      if (column === 0 && digits === 0) continue;
      put();
      if (column !== columns) throw refuse(`${column} numbers`);
      [row, column] = [row + 1, 0];
    } else if (byte === POINT) {
      // 12.0 is a whole number.
      while (bytes[at + 1] === 48) at++;
    } else if (byte !== RETURN && byte !== SPACE && byte !== QUOTE)
      throw refuse(JSON.stringify(String.fromCharCode(byte)));
  }
  return { count: row, images: images.subarray(0, row * pixels), labels: fits ? labels.subarray(0, row) : null };
}

/** Lines with something on them, or a few more. */
function countLines(bytes: Uint8Array, from: number): number {
  let lines = 0;
  for (let at = from, begun = false; at <= bytes.length; at++) {
    const byte = at === bytes.length ? NEWLINE : bytes[at]!;
    if (byte !== NEWLINE) begun ||= byte !== RETURN && byte !== SPACE;
    else if (begun) [lines, begun] = [lines + 1, false];
  }
  return lines;
}
