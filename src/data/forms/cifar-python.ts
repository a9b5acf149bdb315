// Reads the Python versions of CIFAR-10 and CIFAR-100, and ImageNet's small copies. They are
// pickled dicts with an array `data` [N, 3 · side²] of bytes, in planes of red, green and blue, and
// with a list of labels. The names of the classes lie in a file beside them.
//
// Source: A. Krizhevsky, "The CIFAR-10 dataset", section "Python / Matlab versions".

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { type FormFile, lastPart } from '../form-file.ts';
import { MemoryPixels } from '../pixel-source.ts';
import { planesToPixels, RearrangedPixels } from './arrays.ts';
import { onlyOne } from './choose.ts';
import { CIFAR_CLASSES, CIFAR_SIDE } from './cifar.ts';
import type { Form } from './form.ts';
import { isPickle, isPickledArray, type Pickled, type PickledArray, readPickle } from './pickle.ts';

const META = /^(batches\.meta|meta)$/;

export const cifarPythonForm: Form = {
  name: "CIFAR's Python file",
  recognises: ({ head }) => isPickle(head),
  choose: (files, where) => {
    const meta = files.filter(({ below }) => META.test(lastPart(below)));
    const batches = files.filter(({ below }) => !META.test(lastPart(below)));
    const named = (pattern: RegExp): FormFile[] => batches.filter(({ below }) => pattern.test(lastPart(below)));
    const training = named(/^(train_)?data_batch_\d+$/);
    const test = named(/^test_batch$/);
    const chosen = training.length > 0 ? training : test.length > 0 ? test : onlyOne('pickles')(batches, where);
    return [...chosen, ...meta.slice(0, 1)];
  },
  beside: () => ['batches.meta', 'meta'],
  open: async (files, name, { onNote }) => {
    const metaFile = files.find(({ below }) => META.test(lastPart(below)));
    const batches: Batch[] = [];
    for (const file of files) if (file !== metaFile) batches.push(batchOf(await file.read(), file.name));
    const [first] = batches;
    if (!first) throw none(files[0]!.name, 'no images');
    const { side } = first;
    const odd = batches.find((batch) => batch.side !== side);
    if (odd) throw none(odd.name, `images of ${odd.side} x ${odd.side}, and the first file's are ${side} x ${side}`);
    const size = 3 * side * side;
    const planes = new Uint8Array(Buffer.concat(batches.map(({ planes }) => planes)));
    const count = planes.length / size;
    const order = planesToPixels(side * side, 3);
    const images = new MemoryPixels(new RearrangedPixels(new MemoryPixels(planes), size, order).all());
    if (batches.some(({ coarse }) => coarse)) onNote('classes are those of fine_labels; coarse_labels are not used');
    const labels = batches.flatMap((batch) => batch.labels);
    const names = metaFile ? namesIn(await metaFile.read(), metaFile.name) : null;
    return {
      form: cifarPythonForm.name,
      dataset: new Dataset({
        ...{ name, images, count, height: side, width: side, channels: 3 },
        ...classesOf(labels, count, names, onNote),
      }),
    };
  },
};

interface Batch {
  readonly name: string;
  /** [count, 3, side, side] */
  readonly planes: Uint8Array;
  readonly side: number;
  readonly labels: readonly number[];
  /** Whether it has CIFAR-100's coarse labels besides. */
  readonly coarse: boolean;
}

function batchOf(bytes: Uint8Array, name: string): Batch {
  const dict = readPickle(bytes, name);
  if (!(dict instanceof Map)) throw none(name, 'a pickle of something else');
  const found = dict.get('fine_labels') ?? dict.get('labels');
  const labels = Array.isArray(found) ? found.map(Number) : [];
  const data = asArray(dict.get('data'), labels.length);
  if (data === null) throw none(name, 'a pickle without an array called data');
  const { descr, shape, fortran } = data;
  const [count = 0, columns = 0] = shape;
  const side = Math.sqrt(columns / 3);
  if (
    descr !== '|u1' ||
    fortran ||
    shape.length !== 2 ||
    !(Number.isInteger(count) && count > 0) ||
    !Number.isInteger(side) ||
    side === 0
  )
    throw none(name, `data of ${descr} [${shape.join(', ')}]${fortran ? ', columns first' : ''}`);
  if (data.bytes.length !== count * columns)
    throw none(name, `${data.bytes.length} bytes of data for [${shape.join(', ')}]`);
  return { name, planes: data.bytes, side, labels, coarse: dict.has('fine_labels') && dict.has('coarse_labels') };
}

/** Bytes without a shape have a row for each label, or are images of CIFAR's size. */
function asArray(data: Pickled | undefined, rows: number): PickledArray | null {
  if (isPickledArray(data)) return data;
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  if (!(bytes instanceof Uint8Array)) return null;
  const count = rows > 0 ? rows : bytes.length / (3 * CIFAR_SIDE ** 2);
  return { kind: 'array', descr: '|u1', shape: [count, bytes.length / count], fortran: false, bytes };
}

/** Labels that are none are named and not used; the images are right without them. */
function classesOf(
  labels: readonly number[],
  count: number,
  names: readonly string[] | null,
  onNote: (note: string) => void,
): { labels: Uint8Array; classes?: readonly string[] } | { whyNoClasses: string } {
  const odd = labels.find((label) => !Number.isInteger(label) || label < 0 || label > 255);
  if (labels.length !== count || odd !== undefined) {
    const whyNoClasses =
      labels.length !== count
        ? `there are ${labels.length === 0 ? 'no' : labels.length} labels for ${count} images`
        : `a label is ${odd}, and classes are numbers from 0 to 255`;
    onNote(`labels are not used: ${whyNoClasses}`);
    return { whyNoClasses };
  }
  const most = labels.reduce((largest, label) => Math.max(largest, label), 0);
  const classes = names ?? (most < CIFAR_CLASSES.length ? CIFAR_CLASSES : null);
  return { labels: Uint8Array.from(labels), ...(classes && classes.length > most && { classes }) };
}

function namesIn(bytes: Uint8Array, file: string): readonly string[] | null {
  const dict = readPickle(bytes, file);
  const names: Pickled | undefined =
    dict instanceof Map ? (dict.get('fine_label_names') ?? dict.get('label_names')) : undefined;
  if (!Array.isArray(names)) return null;
  return names.map((name) => (name instanceof Uint8Array ? Buffer.from(name).toString('utf8') : String(name)));
}

function none(name: string, got: string): DcganError {
  return new DcganError({
    what: `${name} is not a file of CIFAR's Python version`,
    expected: 'a dict with an array data, uint8 [N, 3 · side²], and a list of labels',
    got,
    todo: 'Save its images as an array: numpy.save("images.npy", images), uint8 [N, height, width, 3]',
  });
}
