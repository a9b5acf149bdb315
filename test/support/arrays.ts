// Arrays as Python's tools write them, made for tests: .npy of any type, .npz, pickles of protocol 2.
import { zip } from './pictures.ts';

/** A .npy file; `python2` writes whole numbers as 10L. */
export function npy(
  descr: string,
  shape: readonly number[],
  values: Uint8Array | ArrayBufferView,
  { python2 = false, fortran = false } = {},
): Buffer {
  const numbers = shape.map((side) => `${side}${python2 ? 'L' : ''}`);
  const tuple = numbers.length === 1 ? `${numbers[0]},` : numbers.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`;
  const length = Math.ceil((dict.length + 11) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, ' ');
  head.write('\x93NUMPY\x01\x00', 0, 'latin1');
  head.writeUInt16LE(length, 8);
  head.write(dict, 10, 'latin1');
  head[head.length - 1] = 10;
  return Buffer.concat([head, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** A .npz of .npy files by name. */
export function npz(arrays: Readonly<Record<string, Buffer>>): Buffer {
  return zip(Object.entries(arrays).map(([name, data]) => ({ name: `${name}.npy`, data })));
}

/** A string of Python 2's. */
export function pickledText(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('T'), length, bytes]);
}

const code = (letters: string): Buffer => Buffer.from(letters, 'latin1');

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write('J', 0, 'latin1');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** An array of bytes as NumPy pickles it under Python 2. */
export function pickledArray(bytes: Uint8Array, shape: readonly number[]): Buffer {
  return Buffer.concat([
    code('cnumpy.core.multiarray\n_reconstruct\nq\x01(cnumpy\nndarray\nq\x02K\x00\x85U\x01btq\x03Rq\x04(K\x01('),
    ...shape.map(int),
    code(
      'tq\x05cnumpy\ndtype\nq\x06(U\x02u1K\x00K\x01tq\x07Rq\x08(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89',
    ),
    pickledText(bytes),
    code('tq\x09b'),
  ]);
}

export function pickledList(values: readonly (number | string)[]): Buffer {
  const items = values.map((value) => (typeof value === 'number' ? int(value) : pickledText(value)));
  return Buffer.concat([code(']q\x0a('), ...items, code('e')]);
}

/** A pickle of a dict, values pickled already. */
export function pickledDict(entries: Readonly<Record<string, Buffer>>): Buffer {
  const items = Object.entries(entries).flatMap(([key, value]) => [pickledText(key), value]);
  return Buffer.concat([code('\x80\x02}q\x00('), ...items, code('u.')]);
}
