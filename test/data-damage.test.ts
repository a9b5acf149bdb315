// Damaged files of every form of arrays: each is read or refused in words, and none takes more memory than its size allows.
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBitmap } from '../src/data/bmp.ts';
import { FORMS } from '../src/data/forms/table.ts';
import { recognize } from '../src/data/recognize.ts';
import { DcganError } from '../src/platform/errors.ts';
import { npy, npz, pickledArray, pickledDict, pickledList } from './support/arrays.ts';
import { workInFolders } from './support/folders.ts';
import { parquet } from './support/parquet.ts';
import { noisy, png } from './support/pictures.ts';

const work = workInFolders();

const PIXELS = Uint8Array.from({ length: 3072 }, (_, i) => (i * 7) % 256);
const PICTURES = await Promise.all([1, 2].map((seed) => png(noisy(16, seed))));
const ROW = ['7', ...PIXELS.subarray(0, 64)].join(',');
const IDX = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8]), PIXELS.subarray(0, 128)]);

/** A whole file of each form. */
const WHOLE: Readonly<Record<string, Buffer>> = {
  'x.idx': IDX,
  'x.npy': npy(
    '<f4',
    [1, 8, 8],
    Float32Array.from(PIXELS.subarray(0, 64), (v) => v / 255),
  ),
  'x.npz': npz({ images: npy('|u1', [3, 32, 32], PIXELS), labels: npy('<i8', [3], BigInt64Array.of(0n, 1n, 2n)) }),
  'x.csv': Buffer.from(`${ROW}\n${ROW}\n`),
  'cells.csv': Buffer.from(`emotion,pixels,Usage\n${`3,${PIXELS.subarray(0, 64).join(' ')},Training\n`.repeat(2)}`),
  'x.bin': Buffer.from([3, ...PIXELS]),
  train: pickledDict({ labels: pickledList([3]), data: pickledArray(PIXELS, [1, 3072]) }),
  'x_X.bin': Buffer.alloc(27_648, 7),
  'x.parquet': parquet(PICTURES, [1, 0], ['cat', 'dog']),
};

test('there is a file of each form', async () => {
  const found = [];
  for (const [name, bytes] of Object.entries(WHOLE)) {
    const path = `${work.path}/${name}`;
    writeFileSync(path, bytes);
    found.push((await recognize(path)).form.replace('CIFAR file', "CIFAR's binary file"));
  }
  expect(found.sort()).toEqual(FORMS.map(({ name }) => name).sort());
});

/** Some bytes changed, a part cut out, or the end cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
  cut: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 64 })), { nil: undefined }),
});
type Damage = typeof damage extends fc.Arbitrary<infer D> ? D : never;

function damaged(whole: Buffer, { changes, cut }: Damage): Buffer {
  const bytes = Buffer.from(whole);
  for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
  if (!cut) return bytes;
  const from = cut[0] % bytes.length;
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + cut[1])]);
}

test.each(Object.keys(WHOLE))('%s, damaged anywhere, is read or refused in words', async (name) => {
  const path = `${work.path}/${name}`;
  const property = async (how: Damage): Promise<void> => {
    writeFileSync(path, damaged(WHOLE[name]!, how));
    try {
      const found = await recognize(path);
      if ('supply' in found) for await (const picture of found.supply.pictures()) expect(picture.kind).toBe('encoded');
      else expect(found.dataset.images.length).toBeLessThan(1 << 20);
    } catch (error) {
      if (!(error instanceof DcganError)) throw error;
    }
  };
  await fc.assert(fc.asyncProperty(damage, property), { numRuns: 80 });
});

test('a damaged BMP is decoded or refused in words', () => {
  const head = Buffer.alloc(54 + 8);
  head.write('BM');
  for (const [at, value] of [
    [10, 62],
    [14, 40],
    [18, 8],
    [22, 8],
    [46, 2],
  ] as const)
    head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 28);
  const whole = Buffer.concat([head, Buffer.alloc(32, 0xaa)]);
  expect(decodeBitmap(whole).pixels).toHaveLength(192);
  fc.assert(
    fc.property(damage, (how) => {
      try {
        expect(decodeBitmap(damaged(whole, how)).pixels.length).toBeLessThan(1 << 20);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(it|its) /);
      }
    }),
    { numRuns: 500 },
  );
});
