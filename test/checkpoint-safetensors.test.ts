import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTensors, encodeTensors, type StoredTensor } from '../src/checkpoint/safetensors.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const tensor: fc.Arbitrary<StoredTensor> = shapes.chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: length, maxLength: length })
    .map((words) => ({ shape, data: new Float32Array(Uint32Array.from(words).buffer) }));
});
const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
const files = fc.record({
  tensors: fc.array(fc.tuple(names, tensor), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  metadata: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
});

/** Compares bits, so that a NaN with its payload counts too. */
function bits(tensors: ReadonlyMap<string, StoredTensor>): [string, readonly number[], Uint32Array][] {
  return [...tensors].map(([name, { shape, data }]): [string, readonly number[], Uint32Array] => [
    name,
    shape,
    Uint32Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length)),
  ]);
}

const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

test('tensors and metadata come back to the bit, at any alignment, and the values begin at a multiple of 8', () => {
  fc.assert(
    fc.property(files, fc.nat({ max: 7 }), fc.boolean(), ({ tensors, metadata }, shift, buffer) => {
      const bytes = encodeTensors(tensors, metadata);
      expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      // Buffers are Uint8Arrays, but their slices share memory.
      const given = buffer ? Buffer.from(moved.buffer, moved.byteOffset, moved.length) : moved;
      const back = decodeTensors(given, 'x');
      given.fill(0);
      expect(bits(back.tensors).sort(byName)).toEqual(bits(tensors).sort(byName));
      expect(Object.entries(back.metadata).sort(byName)).toEqual(Object.entries(metadata).sort(byName));
    }),
  );
});

test('equal state gives equal bytes, in whatever order it came', () => {
  fc.assert(
    fc.property(files, ({ tensors, metadata }) => {
      const turned = encodeTensors(
        new Map([...tensors].reverse()),
        Object.fromEntries(Object.entries(metadata).reverse()),
      );
      expect(turned).toEqual(encodeTensors(tensors, metadata));
    }),
  );
});

test('a file cut anywhere is refused by name', () => {
  const bytes = encodeTensors(new Map([['w', { shape: [2, 3], data: new Float32Array(6) }]]), { a: 'b' });
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeTensors(bytes.subarray(0, length), 'some/file'), `${length}`).toThrow(
      /^some\/file is not a valid safetensors file: /,
    );
  }
  expect(() => decodeTensors(bytes.subarray(0, -1), 'x')).toThrow('it is truncated inside tensor w: expected');
});

test('the layout is that of the format', () => {
  const bytes = encodeTensors(
    new Map([
      ['b', { shape: [], data: Float32Array.of(1) }],
      ['a', { shape: [1, 2], data: Float32Array.of(2, 3) }],
    ]),
    { z: '1', k: '"' },
  );
  const json =
    '{"__metadata__":{"k":"\\"","z":"1"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},' +
    '"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
  const length = Math.ceil(json.length / 8) * 8;
  expect(Buffer.from(bytes.subarray(8, 8 + length)).toString()).toBe(json.padEnd(length));
  expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(length);
  expect([...new Float32Array(bytes.slice(8 + length).buffer)]).toEqual([2, 3, 1]);
});

/** Returns a file with the given header. */
function file(header: unknown, values = 0): Uint8Array {
  const json = typeof header === 'string' ? Buffer.from(header, 'latin1') : Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(values)]));
}

const f32 = (shape: unknown, ...offsets: unknown[]): object => ({ dtype: 'F32', shape, data_offsets: offsets });

test.each([
  ['nothing', new Uint8Array(), 'it is too short for a header length: expected 8 bytes or more, got 0 bytes.'],
  [
    'a length too large',
    Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0),
    'expected 1 bytes at most, got 18446',
  ],
  ['no JSON', file('{"a"'), 'its header is not JSON in UTF-8 (byte 8)'],
  ['no UTF-8', file('{"\xff":1}'), 'its header is not JSON in UTF-8 (byte 8)'],
  ['a list', file([]), 'its header is not a JSON object (byte 8).'],
  ['numbers as metadata', file({ __metadata__: { step: 3 } }), 'metadata step: expected a string, got 3.'],
  ['metadata of one string', file({ __metadata__: 'a' }), '__metadata__: expected a map of strings, got "a".'],
  [
    'halves',
    file({ w: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2),
    "w has a type we don't read: expected F32",
  ],
  ['a string for a tensor', file({ w: 'F32' }), 'tensor w has a type'],
  ['a negative size', file({ w: f32([-1], 0, 4) }, 4), 'tensor w has no shape: expected a list of sizes, got [-1].'],
  ['a shape past counting', file({ w: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), 'tensor w has no shape'],
  ['three offsets', file({ w: f32([1], 0, 4, 8) }, 4), 'tensor w has no offsets: expected [begin, end], got [0,4,8].'],
  [
    'offsets turned',
    file({ w: f32([1], 4, 0) }, 4),
    'tensor w: its offsets and shape differ: expected 4 bytes for [1], got -4.',
  ],
  ['an overlap', file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), 'tensor b overlaps the one before: expected it to'],
  [
    'a gap',
    file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    'tensor b leaves a gap before it: expected it to begin at',
  ],
  ['bytes left over', file({ a: f32([1], 0, 4) }, 5), 'bytes are left over after the last tensor: expected'],
])('%s is refused, naming what is wrong', (_, bytes, message) => {
  expect(() => decodeTensors(bytes, 'x')).toThrow(`x is not a valid safetensors file: `);
  expect(() => decodeTensors(bytes, 'x')).toThrow(message);
});

test('values that do not fill their shape are not written', () => {
  const tensors = new Map([['w', { shape: [2, 2], data: new Float32Array(3) }]]);
  expect(() => encodeTensors(tensors, {})).toThrow(
    'tensor w: values and shape differ: expected 4 values for [2, 2], got 3.',
  );
  expect(() => encodeTensors(new Map([['__metadata__', { shape: [0], data: new Float32Array() }]]), {})).toThrow(
    'called',
  );
});
