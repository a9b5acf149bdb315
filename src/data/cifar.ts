// CIFAR-10's binary version: records of 3073 bytes, a label from 0 to 9 and 32 × 32 pixels as three planes, red, green, blue.
// A folder of its files is the training set (data_batch_1.bin to data_batch_5.bin); a single file is what it is.
// Source: A. Krizhevsky, "The CIFAR-10 dataset", section "Binary version".

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileError, readFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { Dataset } from './dataset.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

/** The files a folder's data set consists of: the training batches, else the test batch; empty for any other folder. */
export function cifarFilesIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw fileError('listed', folder, error);
  }
  const training = names.filter((name) => /^data_batch_\d+\.bin$/.test(name));
  const chosen = training.length > 0 ? training : names.filter((name) => name === 'test_batch.bin');
  return chosen.map((name) => `${folder.replace(/\/+$/, '')}/${name}`);
}

/** Whether a file is taken for one of CIFAR-10's: by its name, since its bytes have no mark. */
export function isCifarName(path: string): boolean {
  return /\.bin$/i.test(basename(path));
}

/** @throws DcganError with file and byte for what is not a whole number of records, or has a label above 9 */
export function openCifar(files: readonly string[], name: string): Dataset {
  const contents = files.map((file) => ({ file, bytes: readFile(file) }));
  for (const { file, bytes } of contents) check(file, bytes);
  const count = contents.reduce((sum, { bytes }) => sum + bytes.length / RECORD, 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Uint8Array(count);
  let n = 0;
  for (const { bytes } of contents) {
    for (let at = 0; at < bytes.length; at += RECORD, n++) {
      labels[n] = bytes[at]!;
      const image = images.subarray(n * 3 * PLANE, (n + 1) * 3 * PLANE);
      for (let c = 0; c < 3; c++) for (let p = 0; p < PLANE; p++) image[3 * p + c] = bytes[at + 1 + c * PLANE + p]!;
    }
  }
  return new Dataset({ name, images, count, height: SIDE, width: SIDE, channels: 3, labels, classes: CLASSES });
}

function check(file: string, bytes: Uint8Array): void {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new DcganError({
      what: `${file} is not a file of CIFAR-10, or is truncated (byte ${bytes.length})`,
      expected: `a multiple of ${RECORD} bytes, a label and 32 × 32 × 3 pixels each`,
      got: `${bytes.length} bytes`,
      todo: "Give CIFAR-10's binary version, one of its .bin files or their folder",
    });
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at]! >= CLASSES.length) {
      throw new DcganError({
        what: `${file} is not a file of CIFAR-10: a label is too large (byte ${at})`,
        expected: '0 to 9',
        got: String(bytes[at]),
        todo: 'Other formats than IDX, .npy and CIFAR-10 need to be converted to pictures first',
      });
    }
  }
}
