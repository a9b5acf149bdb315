import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../src/data/npy.ts';

/** Returns a .npy file with the given header. */
function npy(header: string, values: ArrayBufferView = new Uint8Array(), version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const start = Math.ceil((8 + lengthBytes + header.length + 1) / 64) * 64;
  const text = `${header.padEnd(start - 8 - lengthBytes - 1)}\n`;
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(text.length, 0, lengthBytes);
  const body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const head = [Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, Buffer.from(text, 'latin1')];
  return new Uint8Array(Buffer.concat([...head, body]));
}

const dict = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

test('matrices of float32 and float64 are read, in each version of the header, at any alignment', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain((columns) =>
          fc.tuple(
            fc.constant(columns),
            fc.array(fc.array(finite, { minLength: columns, maxLength: columns }), { minLength: 1 }),
          ),
        ),
      fc.boolean(),
      fc.constantFrom(1, 2, 3),
      fc.nat({ max: 3 }),
      ([columns, rows], wide, version, shift) => {
        const data = Float32Array.from(rows.flat());
        const header = dict(wide ? '<f8' : '<f4', `${rows.length}, ${columns}`);
        const file = npy(header, wide ? Float64Array.from(data) : data, version);
        const moved = new Uint8Array(file.length + shift).subarray(shift);
        moved.set(file);
        const matrix = decodeNpy(moved, 'z.npy', columns);
        expect([matrix.rows, matrix.columns]).toEqual([rows.length, columns]);
        expect(matrix.data).toEqual(data);
        // A file that is cut anywhere is refused.
        expect(() => decodeNpy(file.subarray(0, (data.length * 7919) % file.length), 'z.npy', columns)).toThrow(
          /^z\.npy /,
        );
      },
    ),
  );
});

const two = Float32Array.of(1, 2);

test.each([
  [
    'text',
    Buffer.from('1 2 3 4 5 6'),
    'z.npy is not a .npy file (byte 0): expected the signature 93 4e 55 4d 50 59, got 31 20',
  ],
  ['nothing', new Uint8Array(), 'got an empty file. Save one with numpy.save'],
  ['version 9', npy(dict('<f4', '1, 2'), two, 9), 'of an unknown version (byte 6): expected 1, 2 or 3, got 9.'],
  ['integers', npy(dict('<i8', '1, 2'), two), 'z.npy holds values of the wrong type: expected float32 or float64, '],
  ['big-endian', npy(dict('>f4', '1, 2'), two), 'got >f4. Save it again: numpy.save(file, z.astype("float32")).'],
  [
    'records',
    npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", two),
    'got the header "{\'descr',
  ],
  ['Fortran order', npy(dict('<f4', '1, 2', 'True'), two), 'z.npy is in Fortran order, columns first: expected '],
  [
    'one dimension',
    npy(dict('<f4', '2,'), two),
    'z.npy has the wrong shape: expected [N, 2], N at least 1, got [2]. Save',
  ],
  ['other columns', npy(dict('<f4', '2, 1'), two), 'got [2, 1]. Save a matrix with 2 columns, one row for each image.'],
  ['no rows', npy(dict('<f4', '0, 2')), 'got [0, 2].'],
  [
    'no shape',
    npy("{'descr': '<f4', 'fortran_order': False}", two),
    'has the wrong shape: expected [N, 2], N at least 1, got',
  ],
  [
    'cut',
    npy(dict('<f4', '1, 2'), two.subarray(1)),
    'z.npy is truncated (byte 132): expected 136 bytes for [1, 2] of <f4',
  ],
  ['header cut', npy(dict('<f4', '1, 2'), two).subarray(0, 40), 'z.npy is truncated inside its header (byte 40)'],
  ['more', npy(dict('<f4', '1, 2'), Float32Array.of(1, 2, 3)), 'z.npy goes on after its last value (byte 136)'],
  ['NaN', npy(dict('<f4', '1, 2'), Float32Array.of(1, Number.NaN)), 'not finite in row 0, column 1: expected finite'],
  ['too large', npy(dict('<f8', '1, 2'), Float64Array.of(1, 1e300)), 'finite numbers (as float32), got 1e+300.'],
])('%s is refused in words', (_, file, message) => {
  expect(() => decodeNpy(file, 'z.npy', 2)).toThrow(message);
});

test('bytes are written as version 1.0 of the format has them', () => {
  const file = Buffer.from(encodeNpy(Uint8Array.of(0, 1, 2, 3, 4, 5), [1, 2, 3, 1]));
  const head = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3, 1), }";
  expect(file.toString('latin1')).toBe(
    `\x93NUMPY\x01\x00\x76\x00${head}${' '.repeat(117 - head.length)}\n\x00\x01\x02\x03\x04\x05`,
  );
  expect(file.length).toBe(134);
  expect(Buffer.from(encodeNpy(Uint8Array.of(9), [1])).toString('latin1')).toContain("'shape': (1,), }");
});

test('a shape that does not fit is refused', () => {
  expect(() => encodeNpy(new Uint8Array(5), [2, 3])).toThrow('expected 6 values for [2, 3], got 5.');
});
