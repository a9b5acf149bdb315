// Reads the binary versions of CIFAR-10 and CIFAR-100. A record holds one or two labels, and 32 ×
// 32 pixels as three planes: red, green and blue. CIFAR-100's second label is the fine one. Where
// all batches lie together, those for training are read.
//
// Source: A. Krizhevsky, "The CIFAR-10 dataset", section "Binary version".

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { type FormFile, lastPart } from '../form-file.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';
import { isStlName } from './stl.ts';

export const CIFAR_SIDE = 32;
const PLANE = CIFAR_SIDE * CIFAR_SIDE;
/** Bytes of an image. */
const SIZE = 3 * PLANE;
export const CIFAR_CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Labels before the pixels of a record: two in CIFAR-100, told apart by the size of the file. */
function labelsIn({ size }: FormFile): 1 | 2 {
  return size % (1 + SIZE) !== 0 && size % (2 + SIZE) === 0 ? 2 : 1;
}

export const cifarForm: Form = {
  name: "CIFAR's binary file",
  // Its bytes have no mark.
  recognises: ({ below }) => /\.bin$/i.test(below) && !isStlName(below),
  choose: (files, where) => {
    const named = (pattern: RegExp): FormFile[] => files.filter(({ below }) => pattern.test(lastPart(below)));
    const training = named(/^data_batch_\d+\.bin$/i);
    if (training.length > 0) return training;
    const test = named(/^test_batch\.bin$/i);
    return test.length > 0 ? test : onlyOne('.bin files')(files, where);
  },
  open: async (files, name) => {
    const contents = await Promise.all(files.map(async (file) => ({ file, bytes: await file.read() })));
    const counts = contents.map(({ file, bytes }) => check(file, bytes));
    const count = counts.reduce((sum, n) => sum + n, 0);
    const images = new Uint8Array(count * SIZE);
    const labels = new Uint8Array(count);
    let n = 0;
    for (const { file, bytes } of contents) {
      const before = labelsIn(file);
      for (let at = before; at < bytes.length; at += before + SIZE, n++) {
        labels[n] = bytes[at - 1]!;
        pixelsOf(bytes.subarray(at, at + SIZE), images.subarray(n * SIZE, (n + 1) * SIZE));
      }
    }
    const classes = labelsIn(files[0]!) === 1 ? { classes: CIFAR_CLASSES } : {};
    const shape = { count, height: CIFAR_SIDE, width: CIFAR_SIDE, channels: 3 };
    return { form: 'CIFAR file', dataset: new Dataset({ name, images, labels, ...shape, ...classes }) };
  },
};

/** Planes become pixels. */
function pixelsOf(planes: Uint8Array, out: Uint8Array): void {
  for (let c = 0; c < 3; c++) for (let p = 0; p < PLANE; p++) out[3 * p + c] = planes[c * PLANE + p]!;
}

/** The records of a file. */
function check(file: FormFile, bytes: Uint8Array): number {
  const before = labelsIn(file);
  const record = before + SIZE;
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw new DcganError({
      what: `${file.name} is not a file of CIFAR-10, or is truncated (byte ${bytes.length})`,
      expected: `a multiple of ${record} bytes, a label and 32 × 32 × 3 pixels each`,
      got: `${bytes.length} bytes`,
      todo: "Give CIFAR-10's binary version, one of its .bin files or their folder",
    });
  }
  const classes = before === 1 ? CIFAR_CLASSES.length : 100;
  for (let at = before - 1; at < bytes.length; at += record) {
    if (bytes[at]! >= classes) {
      throw new DcganError({
        what: `${file.name} is not a file of CIFAR-${classes}: a label is too large (byte ${at})`,
        expected: `0 to ${classes - 1}`,
        got: String(bytes[at]),
        todo: 'docs/data.md lists the forms that are read; others need to be converted to pictures first',
      });
    }
  }
  return bytes.length / record;
}
