// Reads STL-10's binary files. An image has 96 × 96 pixels as three planes, each stored column
// after column. A file beside the images holds one byte for each of them: its class from 1 to 10.
//
// Source: A. Coates, H. Lee, A. Ng, "STL-10 dataset", section "Usage".

import { DcganError } from '../../platform/errors.ts';
import { Dataset } from '../dataset.ts';
import { type FormFile, lastPart } from '../form-file.ts';
import { MemoryPixels } from '../pixel-source.ts';
import { RearrangedPixels } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';

const SIDE = 96;
const PLANE = SIDE * SIDE;
const SIZE = 3 * PLANE;
const CLASSES = ['airplane', 'bird', 'car', 'cat', 'deer', 'dog', 'horse', 'monkey', 'ship', 'truck'];

/** Where each value of an image comes from: planes of columns become rows of pixels. */
const ORDER = Uint32Array.from({ length: SIZE }, (_, i) => {
  const [channel, pixel] = [i % 3, Math.floor(i / 3)];
  return channel * PLANE + (pixel % SIDE) * SIDE + Math.floor(pixel / SIDE);
});

export function isStlName(path: string): boolean {
  return /_(X|y)\.bin$/.test(path);
}

const labelsNameOf = (images: string): string => images.replace(/_X\.bin$/, '_y.bin');

export const stlForm: Form = {
  name: "STL-10's binary file",
  recognises: ({ below }) => isStlName(below),
  choose: (files, where) => {
    const images = files.filter(({ below }) => /_X\.bin$/.test(below));
    if (images.length === 0)
      throw new DcganError({
        what: `${where} holds labels of STL-10, not images`,
        expected: 'train_X.bin, test_X.bin or unlabeled_X.bin',
        todo: 'Give the folder that they lie in',
      });
    const labelled = images.filter(({ below }) => !/^unlabeled/i.test(lastPart(below)));
    const [chosen] = onlyOne("files of STL-10's images")(labelled.length > 0 ? labelled : images, where);
    const labels = files.find(({ below }) => below === labelsNameOf(chosen!.below));
    return labels ? [chosen!, labels] : [chosen!];
  },
  beside: (images) => [labelsNameOf(images)],
  open: async ([imageFile, labelFile], name) => {
    const bytes = await imageFile!.read();
    if (bytes.length === 0 || bytes.length % SIZE !== 0)
      throw cut(imageFile!, bytes.length, `a multiple of ${SIZE} bytes`);
    const count = bytes.length / SIZE;
    const images = new MemoryPixels(new RearrangedPixels(new MemoryPixels(bytes), SIZE, ORDER).all());
    const labels = labelFile && (await labelFile.read());
    if (labels && labels.length !== count) throw cut(labelFile, labels.length, `${count} bytes, one for each image`);
    const odd = labels?.findIndex((label) => label < 1 || label > CLASSES.length) ?? -1;
    if (labels && odd >= 0)
      throw new DcganError({
        what: `${labelFile.name} holds a class that STL-10 does not have (byte ${odd})`,
        expected: '1 to 10',
        got: String(labels[odd]),
        todo: 'Copy or download it again',
      });
    const classes = labels && { labels: labels.map((label) => label - 1), classes: CLASSES };
    const shape = { count, height: SIDE, width: SIDE, channels: 3 };
    return { form: stlForm.name, dataset: new Dataset({ name, images, ...shape, ...classes }) };
  },
};

function cut({ name }: FormFile, length: number, expected: string): DcganError {
  return new DcganError({
    what: `${name} is not a file of STL-10, or is truncated (byte ${length})`,
    expected,
    got: `${length} bytes`,
    todo: 'Copy or download it again',
  });
}
