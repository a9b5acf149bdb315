import { expect, test } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { toBytes, toNumbers } from '../src/data/pixels.ts';

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

test.each([[6], [-1], [1.5], [Number.NaN]])('image %d is refused', (index) => {
  expect(() => six.batch([0, index])).toThrow(
    `data set six: no such image: expected an index from 0 to 5, got ${index}.`,
  );
});

test('parts that do not fit together are refused', () => {
  expect(() => six.batch([0, 1], new Float32Array(7))).toThrow('the batch has no room: expected 2 × 4 values, got 7.');
  expect(() => new Dataset({ ...six, name: 'x', images: six.images, count: 7 })).toThrow(
    "data set x: its images don't fill their shape",
  );
  expect(() => new Dataset({ ...six, labels: Uint8Array.of(1) })).toThrow('expected 6 labels, got 1.');
  expect(() => six.limit(0)).toThrow('at least one image');
});
