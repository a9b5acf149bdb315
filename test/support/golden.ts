// The golden file of tf2018, and the tests that its comparison notices an error.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors, type StoredTensor } from '../../src/checkpoint/safetensors.ts';
import { openDataset } from '../../src/data/open.ts';
import { emulateBf16 } from '../../src/engine/backends/native/bf16.ts';
import { type Replayed, replayGolden } from '../../src/gan/golden.ts';
import { judgeGolden } from '../../src/gan/golden-judge.ts';
import { type TestDevice, title } from './devices.ts';

export const NAME = 'tf2018-b8.safetensors';
export const GOLDEN = new Uint8Array(readFileSync(new URL(`../golden/${NAME}`, import.meta.url)));

export const ONE_OF_EACH_GROUP = {
  losses: 'losses',
  'first outputs': 'step1/fake',
  'first gradients': 'step1/grad/generator/conv2/kernel',
  variables: 'final/discriminator/conv2/kernel',
  'running statistics': 'final/generator/bn2/moving_variance',
  "Adam's moments": 'final/adam_m/discriminator/conv1/bias',
  images: 'final/eval_images',
};

/** The golden file with changed tensors. */
function altered(change: (tensors: Map<string, StoredTensor>) => void): Uint8Array {
  const { tensors, metadata } = decodeTensors(GOLDEN, NAME);
  const copy = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  change(copy);
  return encodeTensors(copy, metadata);
}

/** Expects a replay to meet every bound. */
function expectWhole(replayed: Replayed): void {
  const { worst, passed } = judgeGolden(GOLDEN, NAME, replayed);
  expect(worst.filter(({ ratio }) => ratio > 1)).toEqual([]);
  expect(passed).toBe(true);
  expect(worst.map(({ group }) => group).sort()).toEqual(Object.keys(ONE_OF_EACH_GROUP).sort());
}

/** Defines the replay on a device. With `notices` a wrong value in any group has to be noticed too. */
export function describeReplay(device: TestDevice, notices: boolean): void {
  describe.skipIf(device.missing)(title(device), () => {
    let replayed: Replayed;
    beforeAll(async () => {
      replayed = await replayGolden(GOLDEN, NAME, openDataset(), { device: device.name, threads: 2 });
    }, 600_000);

    it('meets every bound', () => {
      expectWhole(replayed);
    });
    if (notices) describeNotices(() => replayed);
  });
}

/** Defines the tests that a wrong value in any group would be noticed in a replay. */
function describeNotices(replayed: () => Replayed): void {
  describe.each(Object.entries(ONE_OF_EACH_GROUP))('notices in %s', (group, tensor) => {
    const failing = (bytes: Uint8Array): string[] =>
      judgeGolden(bytes, NAME, replayed())
        .worst.filter(({ ratio }) => !(ratio <= 1))
        .map((each) => `${each.group}: ${each.tensor}`);

    it('a tensor off by 1 % of its norm', () => {
      const bytes = altered((tensors) => {
        const { data } = tensors.get(tensor)!;
        const norm = Math.sqrt(data.reduce((total, value) => total + value * value, 0));
        data.forEach((_, i) => {
          data[i]! += ((i % 2 === 0 ? 1 : -1) * 0.01 * norm) / Math.sqrt(data.length);
        });
      });
      expect(failing(bytes)).toEqual([`${group}: ${tensor}`]);
    });

    it('a NaN', () => {
      const bytes = altered((tensors) => {
        const { data } = tensors.get(tensor)!;
        data[data.length - 1] = Number.NaN;
      });
      expect(failing(bytes)).toEqual([`${group}: ${tensor}`]);
    });

    it('a missing tensor', () => {
      const bytes = altered((tensors) => tensors.delete(tensor));
      expect(failing(bytes)).toEqual([`${group}: ${tensor}`]);
    });
  });
}

/** Replays in bf16 by the kernels' plain C; the test ends the emulation (`emulateBf16(null)`). */
export async function replayedBf16(bits: number, unit = false): Promise<Replayed> {
  emulateBf16(bits, unit);
  const made = await replayGolden(GOLDEN, NAME, openDataset(), { device: 'native', threads: 2, precision: 'bf16' });
  expect(made.info.variant).toContain(`${unit ? 'bf16 amx' : 'bf16'} emulated in ${bits} bits`);
  return made;
}
