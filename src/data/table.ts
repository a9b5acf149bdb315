// Hands over data that are arrays already (IDX, .npy, CIFAR-10, a pack) as pictures are handed
// over, so that they can be brought to another size, packed or inspected.

import type { Dataset } from './dataset.ts';
import type { Supply } from './supply.ts';
import { NOTHING_UNREAD } from './unread.ts';

/** @param where the data as they were given, for the pictures' names: `digits.npy: image 7` */
export function tableSupply(dataset: Dataset, where: string): Supply {
  const { name, count, height, width, channels, labels } = dataset;
  const names = Array.from({ length: count }, (_, index) => `${where}: image ${index}`);
  return {
    name,
    form: 'array',
    names,
    classes: labels ? { names: classNames(dataset, labels), labels } : null,
    whyNoClasses: labels ? null : (dataset.whyNoClasses ?? `${name} has no labels`),
    fingerprint: dataset.sha256,
    unread: NOTHING_UNREAD,
    async *pictures() {
      for (let index = 0; index < count; index++) {
        const pixels = dataset.bytes(index, index + 1);
        yield { kind: 'raw' as const, index, name: names[index]!, width, height, channels, pixels };
      }
    },
  };
}

/** The first images of a supply, with the names of all its classes. */
export function firstPictures(supply: Supply, count: number): Supply {
  const { classes } = supply;
  return {
    ...supply,
    names: supply.names.slice(0, count),
    classes: classes && { names: classes.names, labels: classes.labels.subarray(0, count) },
    async *pictures() {
      let given = 0;
      for await (const picture of supply.pictures()) {
        yield picture;
        if (++given === count) return;
      }
    },
  };
}

/** As they are known, else the labels' numbers. */
function classNames({ classes }: Dataset, labels: Uint8Array): readonly string[] {
  if (classes) return classes;
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  return Array.from({ length: largest + 1 }, (_, label) => String(label));
}
