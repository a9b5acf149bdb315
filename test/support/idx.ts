// IDX files for the tests' pages, which fetch them as they would fetch MNIST's.
import type { Dataset } from '../../src/data/dataset.ts';

/** The file of a dataset's first images, in grey. */
export function idxOf(data: Dataset, count: number): Uint8Array {
  const header = Buffer.alloc(16);
  for (const [i, word] of [0x803, count, data.height, data.width].entries()) header.writeUInt32BE(word, 4 * i);
  return Buffer.concat([header, data.bytes(0, count)]);
}

/** The file of their labels. */
export function labelsOf(data: Dataset, count: number): Uint8Array {
  const header = Buffer.alloc(8);
  for (const [i, word] of [0x801, count].entries()) header.writeUInt32BE(word, 4 * i);
  return Buffer.concat([header, data.labels!.subarray(0, count)]);
}
