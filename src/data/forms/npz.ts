// Reads NumPy's .npz, which is a .zip of .npy arrays by name. The images are found by the names
// that people use (Keras' mnist.npz, MedMNIST, numpy.savez without names), or by --key. The labels
// are found by the name that goes with the images'.
//
// Source: NumPy's manual, numpy.savez.

import { DcganError } from '../../platform/errors.ts';
import { firstOf } from '../../platform/text.ts';
import { MOST_UNPACKED } from '../archive-limits.ts';
import { Dataset } from '../dataset.ts';
import type { FormFile } from '../form-file.ts';
import { isNpy } from '../npy.ts';
import { listZip, readData, type ZipEntry } from '../zip-entries.ts';
import { imagesOf, type Labels, labelsOf, type NumberArray } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form, FormOptions } from './form.ts';
import { npyArrayIn } from './npy.ts';

/** Usual names of images, and what their labels are called then. */
const USUAL: readonly (readonly [images: string, labels: readonly string[]])[] = [
  ['x_train', ['y_train']],
  ['train_images', ['train_labels']],
  ['train_x', ['train_y']],
  ['images', ['labels', 'label', 'y']],
  ['imgs', ['labels']],
  ['x', ['y', 'labels']],
  ['data', ['labels', 'targets', 'target', 'y']],
  ['x_test', ['y_test']],
  ['test_images', ['test_labels']],
  ['val_images', ['val_labels']],
  ['arr_0', ['arr_1']],
];

/** Arrays that are not read, and that a note names. */
const NAMED = 8;

interface Chosen {
  readonly images: ZipEntry;
  readonly labels: ZipEntry | undefined;
}

export const npzForm: Form = {
  name: '.npz file',
  recognises: ({ head, below }) => startsAsZip(head) && /\.npz$/i.test(below),
  choose: onlyOne('.npz files'),
  open: async ([file], name, options) => {
    const zip = await listZip(file!, MOST_UNPACKED);
    try {
      const arrays = zip.entries.filter(({ path }) => /\.npy$/i.test(path));
      const { images, labels } = choose(file!, arrays, options.key);
      const others = zip.entries.filter((entry) => entry !== images && entry !== labels).map(({ path }) => keyOf(path));
      const read = labels ? `${keyOf(images.path)} and ${keyOf(labels.path)} are` : `${keyOf(images.path)} is`;
      if (others.length > 0)
        options.onNote(`${file!.name}: ${read} read; not read: ${firstOf(others, NAMED).join(', ')}`);
      const array = await arrayOf(file!, images);
      const found = await imagesOf(array, options);
      const classes = labels ? await classesOf(file!, labels, found.count, options) : null;
      return { form: npzForm.name, dataset: new Dataset({ name, ...found, ...classes }) };
    } finally {
      zip.close();
    }
  },
};

async function arrayOf(file: FormFile, entry: ZipEntry): Promise<NumberArray> {
  const bytes = await readData(entry);
  const name = `${file.name}: ${keyOf(entry.path)}`;
  if (!isNpy(bytes))
    throw new DcganError({ what: `${name} is not an array of NumPy's`, todo: 'Save it again: numpy.savez' });
  return npyArrayIn(bytes, name);
}

/** Labels that do not fit are named and not used; the images are right without them. */
async function classesOf(
  file: FormFile,
  entry: ZipEntry,
  count: number,
  { onNote }: FormOptions,
): Promise<{ labels: Uint8Array } | { whyNoClasses: string }> {
  const found: Labels = await arrayOf(file, entry).then(
    (array) => labelsOf(array, count),
    (error: DcganError) => ({ why: error.complaint.what }),
  );
  if ('labels' in found) return found;
  onNote(`labels are not used: ${found.why}`);
  return { whyNoClasses: found.why };
}

function choose(file: FormFile, arrays: readonly ZipEntry[], key: string | undefined): Chosen {
  const byKey = new Map(arrays.map((entry) => [keyOf(entry.path), entry]));
  const lower = new Map(arrays.map((entry) => [keyOf(entry.path).toLowerCase(), entry]));
  const labelsFor = (name: string): ZipEntry | undefined => {
    const usual = USUAL.find(([images]) => images === name.toLowerCase())?.[1] ?? [];
    return usual.map((label) => lower.get(label)).find((entry) => entry !== undefined);
  };
  const refuse = (what: string): DcganError =>
    new DcganError({
      what: `${file.name} ${what}`,
      expected: USUAL.map(([images]) => images).join(', '),
      got: arrays.length === 0 ? 'no arrays' : [...byKey.keys()].slice(0, 20).join(', '),
      todo: 'Name the array that holds the images: --key NAME',
    });
  if (key !== undefined) {
    const images = byKey.get(key);
    if (!images) throw refuse(`has no array called ${key}`);
    return { images, labels: labelsFor(key) };
  }
  for (const [name] of USUAL) {
    const images = lower.get(name);
    if (images) return { images, labels: labelsFor(name) };
  }
  if (arrays.length === 1) return { images: arrays[0]!, labels: undefined };
  throw refuse('has no array of images by a usual name');
}

function keyOf(path: string): string {
  return path.replace(/\.npy$/i, '');
}

export function startsAsZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/** Whether the first entry of a .zip is called an array, as in a .npz under another name. */
export function beginsWithArray(head: Uint8Array): boolean {
  if (!startsAsZip(head)) return false;
  const length = (head[26] ?? 0) + 256 * (head[27] ?? 0);
  return /\.npy$/i.test(Buffer.from(head.subarray(30, 30 + length)).toString('latin1'));
}
