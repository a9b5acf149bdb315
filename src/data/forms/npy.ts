// Reads NumPy's .npy as images: one array of any real type, in the usual shapes (arrays.ts). An
// array that lies on disk is read there.
//
// Source: NumPy's manual, numpy.lib.format.

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { FilePixels } from '../file-pixels.ts';
import type { FormFile } from '../form-file.ts';
import { isNpy, readFields, type Wrong } from '../npy.ts';
import { IN_MEMORY } from '../pack.ts';
import { MemoryPixels, type PixelSource } from '../pixel-source.ts';
import { imagesOf, type NumberArray } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';
import { valueType } from './values.ts';

/**
 * An array by its header and a way to its values.
 * @param head the file's first bytes, or all
 * @param size the file's number of bytes
 * @throws DcganError naming what is wrong: no numbers, Fortran order, truncated, bytes left over
 */
function npyArray(
  name: string,
  head: Uint8Array,
  size: number,
  values: (start: number, length: number) => PixelSource,
): NumberArray {
  const wrong: Wrong = (what, rest) => new DcganError({ what: `${name} ${what}`, ...rest });
  const { descr, fortran, dimensions, shape, shown, start } = readFields(head, wrong);
  const type = valueType(descr ?? '');
  if (type === null)
    throw wrong('holds values of the wrong type', {
      expected: 'booleans, integers or floats, such as uint8 (|u1)',
      got: descr ?? shown,
      todo: /O/.test(descr ?? '')
        ? 'It holds Python objects, such as images of several sizes; write those as PNG pictures into a folder'
        : 'Save it again: numpy.save(file, images.astype("uint8"))',
    });
  if (fortran !== 'False')
    throw wrong('is in Fortran order, columns first', {
      expected: "'fortran_order': False",
      got: fortran ?? shown,
      todo: 'Save it again: numpy.save(file, numpy.ascontiguousarray(images))',
    });
  if (dimensions === undefined) throw wrong('has no shape', { expected: "'shape': (N, height, width)", got: shown });
  const length = shape.reduce((product, side) => product * side, type.bytes);
  const end = start + length;
  if (size !== end)
    throw wrong(size < end ? `is truncated (byte ${size})` : `goes on after its last value (byte ${end})`, {
      expected: `${end} bytes for [${shape.join(', ')}] of ${descr}`,
      got: `${size} bytes`,
      todo: 'Copy the file again',
    });
  return { name, shape, type, raw: values(start, length) };
}

/** An array that is in memory with its header. */
export function npyArrayIn(bytes: Uint8Array, name: string): NumberArray {
  const values = (start: number, length: number): PixelSource =>
    new MemoryPixels(bytes.subarray(start, start + length));
  return npyArray(name, bytes, bytes.length, values);
}

async function arrayOf({ name, head, size, path, read }: FormFile): Promise<NumberArray> {
  if (path === null) return npyArrayIn(await read(), name);
  return npyArray(name, head, size, (start, length) => {
    const file = new FilePixels(path, start, length);
    return length <= IN_MEMORY ? new MemoryPixels(file.all()) : file;
  });
}

export const npyForm: Form = {
  name: '.npy file',
  recognises: ({ head }) => isNpy(head),
  choose: onlyOne('.npy files'),
  open: async ([file], name, options) => ({
    form: npyForm.name,
    dataset: new Dataset({ name, ...(await imagesOf(await arrayOf(file!), options)) }),
  }),
};
