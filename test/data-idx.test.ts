import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIdx, sniffIdx } from '../src/data/idx.ts';

/** Returns an IDX file of unsigned bytes. */
function idx(dimensions: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length);
  for (const [d, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * d);
  return new Uint8Array(Buffer.concat([header, data]));
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 37);
const file3 = idx([2, 3, 3], bytes(18));

const files = fc
  .record({
    count: fc.integer({ min: 1, max: 5 }),
    size: fc.integer({ min: 1, max: 7 }),
    channels: fc.constantFrom(1, 3),
    four: fc.boolean(),
  })
  .map(({ count, size, channels, four }) => {
    const dimensions = channels === 3 || four ? [count, size, size, channels] : [count, size, size];
    return { count, size, channels, dimensions, data: bytes(count * size * size * channels) };
  });

test('images come out as they went in, plain or gzipped', () => {
  fc.assert(
    fc.property(files, fc.boolean(), ({ count, size, channels, dimensions, data }, zip) => {
      const plain = idx(dimensions, data);
      const images = parseIdx(zip ? new Uint8Array(gzipSync(plain)) : plain, 'x');
      expect(images).toEqual({ kind: 'images', count, height: size, width: size, channels, data });
    }),
  );
});

test('a file cut anywhere, or with bytes added, is refused with its name and an offset', () => {
  fc.assert(
    fc.property(files, fc.nat(), ({ dimensions, data }, at) => {
      const plain = idx(dimensions, data);
      expect(() => parseIdx(plain.subarray(0, at % plain.length), 'some/file')).toThrow(/^some\/file .*\(byte \d+\)/);
      expect(() => parseIdx(Uint8Array.from([...plain, 0]), 'some/file')).toThrow(
        `some/file goes on after its last value (byte ${plain.length})`,
      );
    }),
  );
});

test('a header with any bit flipped is refused', () => {
  for (let byte = 0; byte < 16; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = file3.slice();
      damaged[byte]! ^= 1 << bit;
      expect(() => parseIdx(damaged, 'x'), `byte ${byte} bit ${bit}`).toThrow(/^x /);
    }
  }
});

test('labels have one dimension', () => {
  expect(parseIdx(idx([4], bytes(4)), 'x')).toEqual({ kind: 'labels', count: 4, data: bytes(4) });
});

test.each([
  ['an empty file', new Uint8Array(), 'x is not an IDX file: too short for a magic number (byte 0): expected magic'],
  [
    'a picture',
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a),
    'x is not an IDX file of images (byte 0): expected magic number 00000803 (images), 00000804 (colour images) or ' +
      '00000801 (labels), got 89504e47. Give an IDX file of images, or a folder with one.',
  ],
  [
    'a header cut',
    file3.subarray(0, 10),
    'x is truncated inside its header (byte 10): expected 16 bytes of header, got',
  ],
  [
    'values cut',
    file3.subarray(0, 33),
    'x is truncated (byte 33): expected 34 bytes for 2 images of 3 × 3 × 1, got 33 bytes. Copy or download',
  ],
  ['no images', idx([0, 3, 3], bytes(0)), 'x holds no images (byte 4): expected a count of 1 or more, got 0.'],
  ['no labels', idx([0], bytes(0)), 'x holds no labels (byte 4)'],
  ['two channels', idx([1, 2, 2, 2], bytes(8)), 'neither grey nor RGB (byte 16): expected 1 or 3 channels, got 2.'],
  ['no pixels', idx([3, 0, 0], bytes(0)), 'x holds images without pixels (byte 8)'],
  ['a huge count', idx([0xffffffff, 0x8000, 0x8000], bytes(8)), 'x is truncated (byte 24)'],
  ['gzip cut', new Uint8Array(gzipSync(file3)).subarray(0, 20), "x can't be unpacked: its gzip data are damaged"],
])('%s is named', (_, file, message) => {
  expect(() => parseIdx(file, 'x')).toThrow(message);
});

test('a gzip unpacks to what its header says, and no further', () => {
  const bomb = new Uint8Array(gzipSync(Buffer.concat([idx([2, 3, 3], bytes(18)), Buffer.alloc(50e6)])));
  expect(() => parseIdx(bomb, 'x')).toThrow('x unpacks to more than its header says: expected 34 bytes. Copy or');
  expect(() => parseIdx(new Uint8Array(gzipSync(Buffer.alloc(50e6))), 'x')).toThrow('x unpacks to more than');
});

test('the first bytes tell what a file is, gzipped too', () => {
  const big = idx([100, 28, 28], bytes(78400));
  for (const file of [big, new Uint8Array(gzipSync(big))]) {
    expect(sniffIdx(file.subarray(0, 4096))).toEqual({ kind: 'images', count: 100 });
  }
  expect(sniffIdx(idx([7], bytes(7)))).toEqual({ kind: 'labels', count: 7 });
  expect(sniffIdx(Buffer.from('# README'))).toBeNull();
  expect(sniffIdx(Uint8Array.of(0x1f, 0x8b, 1, 2, 3))).toBeNull();
  expect(sniffIdx(new Uint8Array())).toBeNull();
});
