// IDX files (idx.ts) as a form: a file of images, and of the files of labels beside it the one that
// the name of the images with "labels" in it, else the one that has as many.

import { DcganError } from '../../platform/errors.ts';
import type { FormFile } from '../form-file.ts';
import { parseIdx, sniffIdx } from '../idx.ts';
import type { IdxImages } from '../idx-plain.ts';
import { datasetOf } from '../known.ts';
import { MemoryPixels } from '../pixel-source.ts';
import { RearrangedPixels, transposed } from './arrays.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';

function kindOf({ head }: FormFile): 'images' | 'labels' | null {
  return sniffIdx(head)?.kind ?? null;
}

/** Of a file and the same one gzipped, the first. */
function unpackedOnly(files: readonly FormFile[]): FormFile[] {
  const names = new Set(files.map(({ below }) => below));
  return files.filter(({ below }) => !(below.endsWith('.gz') && names.has(below.slice(0, -3))));
}

/** What the labels' file is called, by the name of the images': `train-labels-idx1-ubyte`. */
function labelsNameOf(images: string): string {
  return images.replace(/images(?!.*images)/, 'labels').replace(/idx[34](?!.*idx)/, 'idx1');
}

export const idxForm: Form = {
  name: 'IDX file',
  recognises: (file) => kindOf(file) !== null,
  choose: (all, where) => {
    const files = unpackedOnly(all);
    const images = files.filter((file) => kindOf(file) === 'images');
    const labels = files.filter((file) => kindOf(file) === 'labels');
    if (images.length === 0)
      throw new DcganError({
        what: `${where} holds no IDX file of images`,
        expected: 'a file that begins with 00000803 or 00000804, plain or gzipped',
        got: `only labels (${labels.map(({ name }) => name).join(', ')})`,
        todo: 'Give the folder that the images lie in',
      });
    const [chosen] = onlyOne('IDX files of images')(images, where);
    const count = sniffIdx(chosen!.head)!.count;
    const fitting = labels.filter(({ head }) => sniffIdx(head)!.count === count);
    // Labels that fit no images are passed on, so that they are named.
    const likely = fitting.length > 0 ? fitting : labels.slice(0, 1);
    // EMNIST's folder holds several sets, some of which have as many images.
    const plain = (name: string): string => name.replace(/\.gz$/i, '');
    const named = likely.filter(({ below }) => plain(below) === plain(labelsNameOf(chosen!.below)));
    return [chosen!, ...(named.length > 0 ? named : onlyOne('IDX files of labels')(likely, where))];
  },
  beside: (images) => {
    const labels = labelsNameOf(images);
    return labels === images ? [] : [labels, /\.gz$/i.test(labels) ? labels.slice(0, -3) : `${labels}.gz`];
  },
  open: async ([imageFile, labelFile], name, { transpose, onNote }) => {
    const images = parseIdx(await imageFile!.read(), imageFile!.name) as IdxImages;
    const labels = labelFile && parseIdx(await labelFile.read(), labelFile.name);
    const fits = labels?.count === images.count;
    if (labels && !fits)
      onNote(
        `${labelFile.name} has ${labels.count} labels and ${imageFile!.name} has ${images.count} images: the labels are not used`,
      );
    const { height, width, channels, data } = images;
    const size = height * width * channels;
    const upright = transpose
      ? {
          ...images,
          data: new RearrangedPixels(new MemoryPixels(data), size, transposed(height, width, channels)).all(),
          height: width,
          width: height,
        }
      : images;
    return { form: idxForm.name, dataset: datasetOf(name, upright, fits ? labels?.data : undefined) };
  },
};
