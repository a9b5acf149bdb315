// Reads tables that have all pixels of an image in one cell, separated by spaces: FER2013
// (emotion,pixels,Usage) and tables of faces in its form (age,ethnicity,gender,img_name,pixels).
// The images are grey and square. Where a column says what a row is for, the rows for training are
// read. The parser walks over the bytes in memory, since FER2013 is longer than a string may be.
//
// Source: Kaggle, "Challenges in Representation Learning: Facial Expression Recognition Challenge".

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { onlyOne } from './choose.ts';
import { LABEL, uprightSquares } from './csv.ts';
import type { Form } from './form.ts';

const [NEWLINE, SPACE, QUOTE, ZERO, NINE] = [10, 32, 34, 48, 57];

interface Head {
  readonly separator: number;
  /** Places of columns, -1 for none. */
  readonly pixels: number;
  readonly label: number;
  readonly use: number;
}

/** What the line of names says; null for a table of another form. */
function headOf(start: Uint8Array): Head | null {
  const end = start.indexOf(NEWLINE);
  const line = Buffer.from(end < 0 ? start : start.subarray(0, end)).toString('latin1');
  const [separator = ','] = /[,;\t]/.exec(line) ?? [];
  const cells = line.split(separator).map((cell) => cell.replace(/^\xef\xbb\xbf|["\s]/g, ''));
  const find = (name: RegExp): number => cells.findIndex((cell) => name.test(cell));
  const pixels = find(/^pixels$/i);
  if (pixels < 0 || cells.length > 16) return null;
  const label = find(LABEL);
  return {
    ...{ separator: separator.charCodeAt(0), pixels },
    label: label < 0 ? find(/^emotion$/i) : label,
    use: find(/^(usage|split)$/i),
  };
}

export const csvCellForm: Form = {
  name: 'CSV table with pixels in a cell',
  recognises: ({ below, head }) => /\.(csv|tsv)$/i.test(below) && headOf(head) !== null,
  choose: onlyOne('tables of pixels'),
  open: async ([file], name, { transpose, onNote }) => {
    const bytes = await file!.read();
    const head = headOf(bytes)!;
    const wrong = (what: string, expected: string, got?: string): DcganError =>
      new DcganError({ what: `${file!.name} ${what}`, expected, ...(got !== undefined && { got }) });
    const rows = [...linesOf(bytes)].slice(1).map((line) => cellsOf(line, head.separator));
    const uses = rows.map((cells) => textOf(cells[head.use]));
    const trains = uses.some((use) => /^train/i.test(use));
    const kept = trains ? rows.filter((_, i) => /^train/i.test(uses[i]!)) : rows;
    if (kept.length < rows.length)
      onNote(
        `${file!.name}: the ${kept.length} rows for training are read; not read: ${rows.length - kept.length} others`,
      );
    if (kept.length === 0) throw wrong('holds no images', 'a line for each image');
    const first = numbersOf(kept[0]![head.pixels]);
    const size = first?.length ?? 0;
    const side = Math.sqrt(size);
    if (size === 0 || !Number.isInteger(side))
      throw wrong(
        'has images that are no squares',
        'cells with a number for each pixel of a square',
        `${size} numbers`,
      );
    // Each number takes a digit and a separator.
    if (kept.length * size > bytes.length) throw wrong('has cells that are too short', `${size} numbers in each`);
    const images = new Uint8Array(kept.length * size);
    for (const [i, cells] of kept.entries()) {
      const pixels = numbersOf(cells[head.pixels]);
      if (pixels?.length !== size)
        throw wrong(
          `can't be read in image ${i}`,
          `${size} whole numbers from 0 to 255, separated by spaces`,
          pixels ? `${pixels.length} numbers` : 'something else',
        );
      images.set(pixels, i * size);
    }
    const labels = kept.map((cells) => textOf(cells[head.label]));
    const why =
      head.label < 0
        ? `${file!.name} has no column of labels`
        : labels.every((label) => /^\d{1,3}$/.test(label) && Number(label) < 256)
          ? null
          : `a label of ${file!.name} is no whole number from 0 to 255`;
    if (head.label >= 0 && why !== null) onNote(`labels are not used: ${why}`);
    const classes = why === null ? { labels: Uint8Array.from(labels, Number) } : { whyNoClasses: why };
    const shape = { count: kept.length, height: side, width: side, channels: 1 };
    const dataset = new Dataset({ name, images: uprightSquares(images, side, transpose), ...shape, ...classes });
    return { form: csvCellForm.name, dataset };
  },
};

/** Lines with something on them. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, from);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(from, end);
    if (line.some((byte) => byte > SPACE)) yield line;
    from = end + 1;
  }
}

function cellsOf(line: Uint8Array, separator: number): Uint8Array[] {
  const cells: Uint8Array[] = [];
  let [from, quoted] = [0, false];
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === QUOTE) quoted = !quoted;
    if (at < line.length && (line[at] !== separator || quoted)) continue;
    cells.push(line.subarray(from, at));
    from = at + 1;
  }
  return cells;
}

function textOf(cell: Uint8Array | undefined): string {
  return cell ? Buffer.from(cell).toString('latin1').replace(/["\s]/g, '') : '';
}

/** Numbers separated by spaces; null where one is no whole number from 0 to 255. */
function numbersOf(cell: Uint8Array | undefined): Uint8Array | null {
  if (!cell) return null;
  const numbers = new Uint8Array(cell.length);
  let [count, value] = [0, -1];
  for (let at = 0; at <= cell.length; at++) {
    const byte = at === cell.length ? SPACE : cell[at]!;
    if (byte >= ZERO && byte <= NINE) value = 10 * Math.max(0, value) + byte - ZERO;
    else if (byte > SPACE && byte !== QUOTE) return null;
    else if (value >= 0) {
      numbers[count++] = value;
      value = -1;
    }
    if (value > 255) return null;
  }
  return numbers.subarray(0, count);
}
