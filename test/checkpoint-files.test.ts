import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHECKSUM_PLACE, encodeCheckpoint, seal, verify } from '../src/checkpoint/checksum.ts';
import { listCheckpoints, newestCheckpoint, prune, saveCheckpoint } from '../src/checkpoint/files.ts';
import { checkpointName } from '../src/checkpoint/names.ts';
import { decodeTensors, encodeTensors, type TensorFile } from '../src/checkpoint/safetensors.ts';
import { withFile } from '../src/platform/file-bytes.ts';

let run: string;
let folder: string;

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'dcgan-test-'));
  folder = join(run, 'checkpoints');
});
afterEach(() => rmSync(run, { recursive: true }));

const tensors = new Map([['w', { shape: [2], data: Float32Array.of(1, -2) }]]);
// A metadata value that looks like the checksum's own key must not mislead the reader.
const metadata = { config: '{"checksum":"0"}', 'a"checksum': 'x', epoch: '3' };

test('a sealed file is whole; any bit flipped anywhere is seen', () => {
  const bytes = encodeCheckpoint(tensors, metadata);
  verify(bytes, 'x');
  for (let byte = 0; byte < bytes.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[byte]! ^= 1 << bit;
      expect(() => verify(bytes, 'runs/1/x'), `byte ${byte} bit ${bit}`).toThrow(/^checkpoint runs\/1\/x is damaged: /);
      bytes[byte]! ^= 1 << bit;
    }
  }
  verify(bytes, 'x');
});

test('cut or lengthened, it is damaged too', () => {
  const bytes = encodeCheckpoint(tensors, metadata);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => verify(bytes.subarray(0, length), 'x'), `${length}`).toThrow('checkpoint x is damaged');
  }
  expect(() => verify(Uint8Array.from([...bytes, 0]), 'x')).toThrow('checkpoint x is damaged');
  expect(() => verify(new Uint8Array(), 'x')).toThrow(
    'expected a checksum in its metadata, got an empty file. Use another',
  );
});

test('sealing again changes nothing, and needs its place', () => {
  const bytes = encodeTensors(tensors, { ...metadata, ...CHECKSUM_PLACE });
  const once = seal(bytes).slice();
  expect(seal(bytes)).toEqual(once);
  expect(() => seal(encodeTensors(tensors, metadata))).toThrow('without a place for its checksum');
});

test('names sort as time went, by plain order', () => {
  const inTime = [
    checkpointName(0),
    checkpointName(8),
    checkpointName(9, 1950),
    checkpointName(9, 12000),
    checkpointName(9),
  ];
  expect(inTime).toEqual([
    'epoch-0000.safetensors',
    'epoch-0008.safetensors',
    'epoch-0009-step-001950.safetensors',
    'epoch-0009-step-012000.safetensors',
    'epoch-0009.safetensors',
  ]);
  expect([...inTime].sort()).toEqual(inTime);
});

/** Creates empty files of these names in the folder. */
function touch(...names: string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), '');
}

test('the list has checkpoints only, oldest first', () => {
  expect(listCheckpoints(folder)).toEqual([]);
  expect(newestCheckpoint(folder)).toBeNull();
  touch(checkpointName(10000), checkpointName(9), checkpointName(9, 1950), checkpointName(9999), 'epoch-1.safetensors');
  touch('notes.txt', 'epoch-0011.safetensors.part', '.tmp-1-00000000-epoch-0012.safetensors');
  expect(listCheckpoints(folder)).toEqual([
    { path: join(folder, 'epoch-0009-step-001950.safetensors'), epoch: 9, step: 1950 },
    { path: join(folder, 'epoch-0009.safetensors'), epoch: 9 },
    { path: join(folder, 'epoch-9999.safetensors'), epoch: 9999 },
    { path: join(folder, 'epoch-10000.safetensors'), epoch: 10000 },
  ]);
  expect(newestCheckpoint(folder)?.epoch).toBe(10000);
});

test.each([
  ['nothing to remove', ['0000'], ['0000']],
  ['the last two stay', ['0000', '0001', '0002', '0003'], ['0000', '0002', '0003']],
  ['every 15th stays', ['0000', '0015', '0016', '0030', '0031', '0032'], ['0000', '0015', '0030', '0031', '0032']],
  ['every 15th up to 300', ['0015', '0285', '0299', '0300'], ['0015', '0285', '0299', '0300']],
  ['every 30th then', ['0015', '0270', '0285', '0300', '0301'], ['0270', '0300', '0301']],
  ['every 60th after 600', ['0030', '0540', '0570', '0600', '0601'], ['0540', '0600', '0601']],
  ['mid-epoch among the last two', ['0000', '0008', '0009-step-000001'], ['0000', '0008', '0009-step-000001']],
  ['mid-epoch behind them', ['0000', '0009-step-000001', '0009', '0010'], ['0000', '0009', '0010']],
  ['mid-epoch of a 15th', ['0015-step-000001', '0015', '0016', '0017'], ['0015', '0016', '0017']],
])('prune: %s', (_, before, after) => {
  const full = (names: string[]): string[] => names.map((name) => `epoch-${name}.safetensors`);
  touch(...full(before));
  const removed = prune(folder);
  expect(readdirSync(folder)).toEqual(full(after));
  expect(removed).toEqual(full(before.filter((name) => !after.includes(name))).map((name) => join(folder, name)));
});

const load = (path: string): TensorFile =>
  withFile(path, (bytes) => {
    verify(bytes, path);
    return decodeTensors(bytes, path);
  });

test('what was saved is loaded; nothing else is left in the run', () => {
  const bytes = encodeCheckpoint(tensors, metadata);
  const path = saveCheckpoint(folder, checkpointName(3), bytes);
  expect(path).toBe(join(folder, 'epoch-0003.safetensors'));
  expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
  expect([readdirSync(run), readdirSync(folder)]).toEqual([['checkpoints'], ['epoch-0003.safetensors']]);
  const back = load(path);
  expect(back.tensors).toEqual(tensors);
  expect(back.metadata).toMatchObject(metadata);

  writeFileSync(path, bytes.subarray(0, 100));
  expect(() => load(path)).toThrow(`checkpoint ${path} is damaged`);
  expect(() => load(join(folder, 'no'))).toThrow("no can't be read: there is no such file");
});

test('a checkpoint that cannot be written leaves nothing behind', () => {
  writeFileSync(folder, 'a file in the way');
  expect(() => saveCheckpoint(folder, 'epoch-0001.safetensors', new Uint8Array(9))).toThrow(
    `${join(folder, 'epoch-0001.safetensors')} can't be written: `,
  );
  expect(readdirSync(run)).toEqual(['checkpoints']);
});
