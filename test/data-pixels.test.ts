import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { FilePixels } from '../src/data/file-pixels.ts';
import { toBytes, toNumbers } from '../src/data/pixels.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { temporaryFolder } from './support/folders.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);

test('bytes become float32 numbers in [-1, 1] as float32 arithmetic gives them', () => {
  const numbers = toNumbers(ALL);
  expect([numbers[0], numbers[255]]).toEqual([-1, 1]);
  // the float32 nearest to 1/255, and its negative
  const bits = new Uint32Array(numbers.buffer);
  expect([...bits.slice(127, 129)]).toEqual([0xbb808081, 0x3b808081]);
  for (const byte of ALL) expect(numbers[byte]).toBe(Math.fround(Math.fround(byte - 127.5) / 127.5));
});

test('and come back as they were', () => {
  expect(toBytes(toNumbers(ALL))).toEqual(ALL);
});

test('numbers outside the range are clipped, halves go up', () => {
  const numbers = Float32Array.of(-7, 7, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 0);
  expect([...toBytes(numbers)]).toEqual([0, 255, 0, 255, 0, 128]);
});

const six = new Dataset({
  name: 'six',
  images: Uint8Array.from({ length: 24 }, (_, i) => i * 10),
  count: 6,
  height: 2,
  width: 2,
  channels: 1,
  labels: Uint8Array.of(5, 4, 3, 2, 1, 0),
});

test('a batch holds the images asked for, in that order, and leaves the rest of its room alone', () => {
  const out = new Float32Array(12).fill(9);
  expect(six.batch([5, 0], out)).toBe(out);
  expect(toBytes(out.slice(0, 8))).toEqual(Uint8Array.of(200, 210, 220, 230, 0, 10, 20, 30));
  expect([...out.slice(8)]).toEqual([9, 9, 9, 9]);
  expect(six.batch(Uint32Array.of(1))).toEqual(toNumbers(Uint8Array.of(40, 50, 60, 70)));
});

test('a limit keeps the first images and their labels, and has its own hash', () => {
  const two = six.limit(2);
  expect([two.count, two.images.length, [...two.labels!]]).toEqual([2, 8, [5, 4]]);
  expect(two.sha256).not.toBe(six.sha256);
  expect(six.limit(6)).toBe(six);
  expect(six.limit(100)).toBe(six);
});

test('mirrored, each image is followed by its mirror image, under its label; cut, it keeps pairs together', () => {
  const colour = new Dataset({
    ...six,
    images: six.images,
    count: 2,
    width: 2,
    channels: 3,
    labels: Uint8Array.of(7, 8),
  });
  const both = colour.mirrored();
  expect([both.count, [...both.labels!]]).toEqual([4, [7, 7, 8, 8]]);
  const image = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
  const mirror = [30, 40, 50, 0, 10, 20, 90, 100, 110, 60, 70, 80];
  expect([...both.bytes(0, 2)]).toEqual([...image, ...mirror]);
  expect(toBytes(both.batch([1]))).toEqual(Uint8Array.from(mirror));
  expect(both.sha256).toBe(sha256(both.images));
  expect([...both.limit(3).bytes(2, 3)]).toEqual(image.map((byte) => byte + 120));
  expect(both.limit(3).sha256).toBe(sha256(both.images.subarray(0, 36)));
});

test('a file too large for memory is read by position, and its shortening is told', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'x'), Uint8Array.from([1, 2, 3, ...six.images]));
  const file = new Dataset({ ...six, images: new FilePixels(join(folder, 'x'), 3, 24) });
  expect([file.sha256, file.images, file.batch([5, 0])]).toEqual([six.sha256, six.images, six.batch([5, 0])]);
  expect(file.limit(2).sha256).toBe(six.limit(2).sha256);
  truncateSync(join(folder, 'x'), 20);
  expect(() => file.batch([5])).toThrow('has become shorter since it was opened (byte 23): expected 27 bytes.');
});

test.each([[6], [-1], [1.5], [Number.NaN]])('image %d is refused', (index) => {
  expect(() => six.batch([0, index])).toThrow(
    `dataset six: no such image: expected an index from 0 to 5, got ${index}.`,
  );
});

test('parts that do not fit together are refused', () => {
  expect(() => six.batch([0, 1], new Float32Array(7))).toThrow('the batch has no room: expected 2 × 4 values, got 7.');
  expect(() => new Dataset({ ...six, name: 'x', images: six.images, count: 7 })).toThrow(
    "dataset x: its images don't fill their shape",
  );
  expect(() => new Dataset({ ...six, images: six.images, labels: Uint8Array.of(1) })).toThrow(
    'expected 6 labels, got 1.',
  );
  expect(() => six.limit(0)).toThrow('at least one image');
});
