// Opens data that are read as they are: a known name, an IDX file, or a folder with IDX files.
// recognize.ts takes everything else too. In a folder, files are known by their magic numbers,
// since people rename. Where several files would do, the training set is meant; beyond that nothing
// is guessed.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileError, readFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { checkPath } from '../platform/near-path.ts';
import { safeName } from '../platform/text.ts';
import type { Dataset } from './dataset.ts';
import { parseIdx, sniffIdx } from './idx.ts';
import type { IdxImages } from './idx-plain.ts';
import { datasetOf, KNOWN, openKnown } from './known.ts';

/**
 * Opens a dataset.
 * @param where `mnist` (60,000 training images, the default), `mnist-test` (10,000),
 *   `fashion-mnist`, `fashion-mnist-test`, or the path of an IDX file of images (without labels
 *   then) or of a folder with one; a folder called mnist is `./mnist`
 * @throws DcganError that names the path as it was given
 */
export function openDataset(where = 'mnist'): Dataset {
  return openKnown(where) ?? (isFolder(where) ? openIdxFolder(where) : openIdxFile(where));
}

/** @throws DcganError with the nearest known name for what is no path */
export function isFolder(where: string): boolean {
  try {
    return statSync(where).isDirectory();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('opened', where, cause);
    throw new DcganError({
      what: `there is no dataset and no file ${where}`,
      expected: `${KNOWN.join(', ')}, or the path of images: a folder, an archive or a file`,
      todo: checkPath(where, KNOWN),
      cause,
    });
  }
}

export function openIdxFile(path: string): Dataset {
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

export function openIdxFolder(folder: string): Dataset {
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

/**
 * The IDX files right in a folder, by name; a gzipped one only where its unpacked twin is not
 * there.
 */
export function idxFilesIn(folder: string): IdxFile[] {
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
export function headOf(path: string): Uint8Array {
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
export function nameOf(path: string): string {
  const last = basename(resolve(path))
    .replace(/\.gz$/i, '')
    .replace(/\.(idx|tar|tgz|zip|np[yz]|csv|tsv|parquet|bin|pack)$/i, '');
  return safeName(last);
}
