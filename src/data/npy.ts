// Reads and writes NumPy's .npy, for exchange with Python: noise comes in as a matrix of floats,
// and samples go out as bytes. A file holds `93 NUMPY`, the format's version, the header's length
// (little-endian uint16; uint32 from version 2 on), the header, and the values. The header is a
// Python dict, padded with spaces and ended by a line feed, so that the values begin at a multiple
// of 64.
//
// Source: NumPy's manual, numpy.lib.format, "Format Version 1.0".

import { viewOf } from '../platform/bytes.ts';
import { type Complaint, DcganError } from '../platform/errors.ts';

const SIGNATURE = '\x93NUMPY';
const FLOATS: Readonly<Record<string, number>> = { '<f4': 4, '<f8': 8 };

/** A matrix [rows, columns], row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/**
 * Reads a matrix [N, columns] of float32 or float64 (rounded to float32).
 * @param file its path as the person gave it, for the errors
 * @throws DcganError that names what is wrong: the file is no .npy, its type, order or shape does
 *   not fit, it is truncated or too long, or a value is not finite
 */
export function decodeNpy(bytes: Uint8Array, file: string, columns: number): Matrix {
  const wrong = (what: string, rest: Omit<Complaint, 'what'>): DcganError =>
    new DcganError({ what: `${file} ${what}`, ...rest });
  const again = 'Save it again: numpy.save(file, z.astype("float32"))';

  const { descr, fortran, dimensions, shape, shown, start } = readFields(bytes, wrong);
  const size = FLOATS[descr ?? ''];
  if (size === undefined) {
    throw wrong('holds values of the wrong type', {
      expected: 'float32 or float64, little-endian (<f4, <f8)',
      got: descr ?? shown,
      todo: again,
    });
  }
  if (fortran !== 'False') {
    throw wrong('is in Fortran order, columns first', {
      expected: "'fortran_order': False",
      got: fortran ?? shown,
      todo: 'Save it again: numpy.save(file, numpy.ascontiguousarray(z))',
    });
  }
  const [rows = 0] = shape;
  if (shape.length !== 2 || rows === 0 || shape[1] !== columns) {
    throw wrong('has the wrong shape', {
      expected: `[N, ${columns}], N at least 1`,
      got: dimensions === undefined ? shown : `[${shape.join(', ')}]`,
      todo: `Save a matrix with ${columns} columns, one row for each image`,
    });
  }
  const end = start + rows * columns * size;
  if (bytes.length !== end) {
    throw wrong(
      bytes.length < end ? `is truncated (byte ${bytes.length})` : `goes on after its last value (byte ${end})`,
      {
        expected: `${end} bytes for [${rows}, ${columns}] of ${descr}`,
        got: `${bytes.length} bytes`,
        todo: again,
      },
    );
  }

  const view = viewOf(bytes);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    const at = start + i * size;
    data[i] = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    if (!Number.isFinite(data[i])) {
      throw wrong(`holds a value that is not finite in row ${Math.floor(i / columns)}, column ${i % columns}`, {
        expected: 'finite numbers (as float32)',
        got: String(size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true)),
      });
    }
  }
  return { rows, columns, data };
}

/** Whether the first bytes of a file say that it is a .npy file. */
export function isNpy(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, 6)) === SIGNATURE;
}

/** What the header's dict says, as far as it could be found in it. */
export interface NpyFields {
  /** The values' type: `|u1`. */
  readonly descr: string | undefined;
  readonly fortran: string | undefined;
  /** The text between the shape's parentheses. */
  readonly dimensions: string | undefined;
  readonly shape: readonly number[];
  /** The header itself, for errors. */
  readonly shown: string;
  /** The byte at which the values begin. */
  readonly start: number;
}

/** How errors about a file are made. */
export type Wrong = (what: string, rest: Omit<Complaint, 'what'>) => DcganError;

/**
 * Reads a header.
 * @param bytes the file's first bytes, or all
 * @throws DcganError made by `wrong`: not .npy, an unknown version, truncated
 */
export function readFields(bytes: Uint8Array, wrong: Wrong): NpyFields {
  const { header, start } = readHeader(bytes, wrong);
  // Python 2 writes whole numbers as 10L.
  const dimensions = /['"]shape['"]\s*:\s*\(([\dL\s,]*)\)/.exec(header)?.[1]?.replaceAll('L', '');
  return {
    descr: /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(header)?.[1],
    fortran: /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)?.[1],
    dimensions,
    shape: (dimensions ?? '')
      .split(',')
      .filter((part) => part.trim() !== '')
      .map(Number),
    shown: `the header ${JSON.stringify(header.slice(0, 120))}`,
    start,
  };
}

function readHeader(bytes: Uint8Array, wrong: Wrong): { header: string; start: number } {
  const latin1 = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (latin1(0, 6) !== SIGNATURE) {
    throw wrong('is not a .npy file (byte 0)', {
      expected: 'the signature 93 4e 55 4d 50 59',
      got:
        bytes.length === 0
          ? 'an empty file'
          : Buffer.from(bytes.subarray(0, 6))
              .toString('hex')
              .replace(/..(?=.)/g, '$& '),
      todo: 'Save one with numpy.save (not .npz, not text)',
    });
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) {
    throw wrong('is a .npy file of an unknown version (byte 6)', { expected: '1, 2 or 3', got: String(version) });
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const view = viewOf(bytes);
  const length = bytes.length < start ? 0 : lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length === 0 || start + length > bytes.length) {
    throw wrong(`is truncated inside its header (byte ${bytes.length})`, {
      expected: `${start + length} bytes or more`,
      got: `${bytes.length} bytes`,
      todo: 'Copy the file again',
    });
  }
  return {
    header: new TextDecoder('latin1').decode(bytes.subarray(start, start + length)).trim(),
    start: start + length,
  };
}

/**
 * A .npy file (version 1.0) of unsigned bytes or float32.
 * @param shape such as [N, height, width, channels]; its product is the number of values
 */
export function encodeNpy(values: Uint8Array | Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) {
    throw new DcganError({
      what: 'values and shape of a .npy file differ',
      expected: `${count} values for [${shape.join(', ')}]`,
      got: `${values.length}`,
    });
  }
  // A Python tuple of one has a comma behind it.
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const descr = values instanceof Float32Array ? '<f4' : '|u1';
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(start - 10 - 1)}\n`;
  const file = new Uint8Array(start + values.byteLength);
  const put = (text: string, at: number): void => {
    for (let i = 0; i < text.length; i++) file[at + i] = text.charCodeAt(i);
  };
  put(SIGNATURE, 0);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, header.length, true);
  put(header, 10);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  return file;
}
