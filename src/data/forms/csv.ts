// Reads tables of pixels. A line holds one image: its pixels as whole numbers from 0 to 255, and
// its class in a column called label or in the first column. Kaggle's MNIST and similar files come
// in this form (label,pixel0,...,pixel783), with a line of names or without. The images are grey
// and square. Where names number the pixels, these numbers give their order, and other columns,
// such as the index that pandas writes, are passed over. The parser walks over the bytes in memory,
// since a file may have 50 million numbers.
//
// Source: Kaggle, "Digit Recognizer", page "Data".

import { DcganError } from '../../platform/errors.ts';
import { clean, firstOf } from '../../platform/text.ts';
import { Dataset } from '../dataset.ts';
import { MemoryPixels, type PixelSource } from '../pixel-source.ts';
import { RearrangedPixels, transposed } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';

const [NEWLINE, RETURN, COMMA, SEMICOLON, TAB, SPACE, QUOTE, POINT] = [10, 13, 44, 59, 9, 32, 34, 46];
/** Columns of the smallest image that is taken for one: 8 x 8. */
const FEWEST = 64;
/** Columns that are passed over, and that a note names. */
const NAMED = 8;
/** Names of a column of labels. */
export const LABEL = /^"?(label|labels|class|target|y)"?$/i;

/** Names of a column of pixels: pixel0, pixel_0, 1x1, or its number alone. */
const PIXEL = /^(?:pixel|px)?[_. -]?(\d+)(?:x(\d+))?$/i;
/** Places of columns that are no pixels. */
const [LABELS, PASSED_OVER] = [-1, -2];

interface Columns {
  /** Whether the first line holds names. */
  readonly named: boolean;
  /** The column of labels, -1 for none. */
  readonly label: number;
  readonly pixels: number;
  /** Of each column, its pixel's place in the image, or one of the two above. */
  readonly places: Int32Array;
  /** Names of columns that are passed over. */
  readonly others: readonly string[];
  /** Whether the pixels stand in another order than their names say. */
  readonly sorted: boolean;
}

/** What the first line says; null for no table of pixels. */
function columnsOf(head: Uint8Array): Columns | null {
  const text = Buffer.from(head)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
  const end = text.search(/[\r\n]/);
  const cells = (end < 0 ? text : text.slice(0, end)).split(/[,;\t]/).map((cell) => cell.replace(/["\s]/g, ''));
  if (cells.length < FEWEST) return null;
  const counted = isCounted(cells);
  const named = counted || cells.some((cell) => /[a-z]/i.test(cell));
  const all = cells.map((_, column) => column);
  if (!named) {
    if (!cells.every((cell) => /^\d*$/.test(cell))) return null;
    return columnsFrom(cells, all, isSquare(cells.length) ? -1 : 0, named);
  }
  const label = cells.findIndex((cell) => LABEL.test(cell));
  const numbered = all.filter((column) => PIXEL.test(cells[column]!));
  if (isSquare(numbered.length)) return columnsFrom(cells, numbered, label, named);
  // Where columns are only counted, the first one holds the labels, as in a table without names.
  if (counted && label < 0 && isSquare(numbered.length - 1)) return columnsFrom(cells, numbered, numbered[0]!, named);
  if (numbered.length < FEWEST && !/^(label|class|target|y$)/i.test(cells[0]!)) return null;
  return columnsFrom(cells, all, label, named);
}

/** Whether nearly all cells count on, further than pixels go: pandas names columns 0,1,...,783. */
function isCounted(cells: readonly string[]): boolean {
  const numbers = cells.map((cell) => (/^\d+$/.test(cell) ? Number(cell) : Number.NaN));
  const steps = numbers.filter((number, i) => number === numbers[i - 1]! + 1);
  return steps.length >= cells.length - 4 && steps.some((number) => number > 255);
}

function columnsFrom(cells: readonly string[], taken: readonly number[], label: number, named: boolean): Columns {
  const pixels = taken.filter((column) => column !== label);
  const keys = pixels.map((column) => PIXEL.exec(cells[column]!));
  const order = pixels.map((_, i) => i);
  if (named && keys.every((key) => key !== null))
    order.sort((a, b) => Number(keys[a]![1]) - Number(keys[b]![1]) || Number(keys[a]![2]) - Number(keys[b]![2]));
  const places = new Int32Array(cells.length).fill(PASSED_OVER);
  for (const [place, i] of order.entries()) places[pixels[i]!] = place;
  if (label >= 0) places[label] = LABELS;
  return {
    ...{ named, label, pixels: pixels.length, places },
    others: cells.filter((_, column) => places[column] === PASSED_OVER),
    sorted: order.some((i, place) => i !== place),
  };
}

export const csvForm: Form = {
  name: 'CSV table of pixels',
  recognises: ({ below, head }) => /\.(csv|tsv)$/i.test(below) && columnsOf(head) !== null,
  choose: onlyOne('tables of pixels'),
  open: async ([file], name, { transpose, onNote }) => {
    const bytes = await file!.read();
    const end = bytes.indexOf(NEWLINE);
    const columns = columnsOf(end < 0 ? bytes : bytes.subarray(0, end + 1))!;
    const { named, label, pixels } = columns;
    const wrong = (what: string, rest: { expected?: string; got?: string; todo?: string }): DcganError =>
      new DcganError({ what: `${file!.name} ${what}`, ...rest });
    if (!isSquare(pixels))
      throw wrong('has rows that are no square images', {
        expected: 'a column for each pixel of a square, such as 784 for 28 x 28, and one for the label',
        got: `${pixels} columns of pixels`,
        todo: isSquare(pixels / 3)
          ? colourCommand(file!.name, Math.sqrt(pixels / 3), label, named)
          : 'Save the images as an array: numpy.save("images.npy", images.reshape(-1, height, width).astype("uint8"))',
      });
    const rows = parse(bytes, !named ? 0 : end >= 0 ? end + 1 : bytes.length, columns, wrong);
    if (columns.others.length > 0) {
      const others = columns.others.map((other) => (other === '' ? 'one without a name' : clean(other)));
      onNote(`${file!.name}: columns that are not read: ${firstOf(others, NAMED).join(', ')}`);
    }
    if (columns.sorted) onNote(`${file!.name}: pixels are read in the order of their columns' names`);
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
  { label, pixels, places }: Columns,
  wrong: (what: string, rest: { expected?: string; got?: string; todo?: string }) => DcganError,
): Rows {
  const columns = places.length;
  const lines = countLines(bytes, from);
  if (lines === 0) throw wrong('holds no images', { expected: 'a line for each image' });
  // Each number takes a digit and a separator, so a file that passes this test is large enough for
  // all of its numbers. Nothing larger than the file is allocated.
  if (lines * (label < 0 ? pixels : pixels + 1) > bytes.length - from + 1)
    throw wrong('has lines that are too short', { expected: `${columns} numbers a line` });
  const images = new Uint8Array(lines * pixels);
  const labels = new Uint8Array(lines);
  let [row, column, value, digits, fits] = [0, 0, 0, 0, true];
  // A number is over once a point, a space or a quotation mark follows its digits.
  let over = false;
  const refuse = (got: string): DcganError =>
    wrong(`can't be read in image ${row}, column ${column}`, {
      expected: `${columns} whole numbers from 0 to 255 a line`,
      got,
      todo: 'Save the images as an array: numpy.save("images.npy", images.reshape(-1, 28, 28).astype("uint8"))',
    });
  const put = (): void => {
    over = false;
    if (column >= columns) throw refuse('more numbers');
    const place = places[column]!;
    if (place === PASSED_OVER) {
      [column, value, digits] = [column + 1, 0, 0];
      return;
    }
    if (digits === 0) throw refuse('no number');
    if (place === LABELS) {
      labels[row] = value;
      fits &&= value <= 255;
    } else {
      if (value > 255) throw refuse(String(value));
      images[row * pixels + place] = value;
    }
    [column, value, digits] = [column + 1, 0, 0];
  };
  for (let at = from; at <= bytes.length; at++) {
    const byte = at === bytes.length ? NEWLINE : bytes[at]!;
    const digit = byte >= 48 && byte <= 57;
    if (over && (digit || byte === POINT) && places[column] !== PASSED_OVER)
      throw refuse(JSON.stringify(cellAround(bytes, at)));
    if (digit) {
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
      over = true;
    } else if (byte === RETURN || byte === SPACE || byte === QUOTE) over ||= digits > 0;
    else if (places[column] !== PASSED_OVER) throw refuse(JSON.stringify(String.fromCharCode(byte)));
  }
  return { count: row, images: images.subarray(0, row * pixels), labels: fits ? labels.subarray(0, row) : null };
}

/** Returns the text of the cell that a byte is part of, or the beginning of a long one. */
function cellAround(bytes: Uint8Array, at: number): string {
  const separates = (byte: number | undefined): boolean =>
    byte === undefined || [COMMA, SEMICOLON, TAB, NEWLINE].includes(byte);
  let [first, end] = [at, at];
  while (!separates(bytes[first - 1])) first--;
  while (!separates(bytes[end]) && end < first + 20) end++;
  return new TextDecoder().decode(bytes.subarray(first, end)).trim();
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
