// Opens data that are read as they are: a known name, an IDX file, or a folder with IDX files.
// recognize.ts takes everything else too. In a folder, files are known by their magic numbers,
// since people rename. Where several files would do, the training set is meant; beyond that nothing
// is guessed.

import { readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileError, readFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { checkPath } from '../platform/near-path.ts';
import { safeName } from '../platform/text.ts';
import type { Dataset } from './dataset.ts';
import type { FormFile } from './form-file.ts';
import { idxForm } from './forms/idx.ts';
import { parseIdx } from './idx.ts';
import type { IdxImages } from './idx-plain.ts';
import { datasetOf, KNOWN, openKnown } from './known.ts';
import { fileOnDisk } from './loose.ts';

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

function openIdxFile(path: string): Dataset {
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

function openIdxFolder(folder: string): Dataset {
  const files = idxFilesIn(folder);
  if (files.length === 0)
    throw new DcganError({
      what: `the folder ${folder} holds no IDX file of images`,
      expected: 'a file that begins with 00000803 or 00000804, plain or gzipped',
      got: 'none',
      todo: 'Give the folder the files lie in; its subfolders are not searched',
    });
  const [imageFile, labelFile] = idxForm.choose(files, `the folder ${folder}`);
  const images = readImages(imageFile!.name);
  const labels = labelFile && parseIdx(readFile(labelFile.name), labelFile.name);
  return datasetOf(nameOf(folder), images, labels?.count === images.count ? labels.data : undefined);
}

/** The IDX files right in a folder, by name. */
function idxFilesIn(folder: string): FormFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw fileError('listed', folder, error);
  }
  return names.flatMap((name) => {
    // Not join(), which would turn ./digits into digits: errors show paths as they were given.
    const path = `${folder.replace(/\/+$/, '')}/${name}`;
    const status = statSync(path, { throwIfNoEntry: false });
    const file = status?.isFile() ? fileOnDisk(path, name, path, status.size) : null;
    return file && idxForm.recognises(file) ? [file] : [];
  });
}

/** A path's last part, fit for the name of a run's folder. */
export function nameOf(path: string): string {
  const last = basename(resolve(path))
    .replace(/\.gz$/i, '')
    .replace(/\.(idx|tar|tgz|zip|np[yz]|csv|tsv|parquet|bin|pack)$/i, '');
  return safeName(last);
}
