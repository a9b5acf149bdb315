// Small files that were damaged or made to do harm end in a sentence, never in a stack overflow or an abort.
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeCheckpoint } from '../src/checkpoint/checksum.ts';
import { readConfigFile } from '../src/cli/options/config-file.ts';
import { DcganError } from '../src/platform/errors.ts';
import { readJsonFile } from '../src/platform/file-bytes.ts';
import { parseJson, showJson } from '../src/platform/json.ts';
import { readRunConfig } from '../src/train/run.ts';
import { temporaryFolder } from './support/folders.ts';

const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

it('reads what JSON.parse reads, as deep as files of this program go', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 200 },
  );
  expect(parseJson(nested('[', ']', 64))).toBeDefined();
  expect(parseJson(JSON.stringify(`"\\${'[{'.repeat(1000)}`))).toBe(`"\\${'[{'.repeat(1000)}`);
});

it.each([
  ['[', ']'],
  ['{"a":', '}'],
  ['[{"a":', '}]'],
])('refuses nesting by %s', (open, close) => {
  for (const depth of [65, 20_001, 1_000_000])
    expect(() => parseJson(nested(open, close, depth))).toThrow('nested more than 64 deep');
  expect(() => parseJson(open.repeat(100_000))).toThrow(SyntaxError);
});

it('shows long values cut', () => {
  expect(showJson([1, 'a'])).toBe('[1,"a"]');
  expect(showJson(undefined)).toBe('nothing');
  expect(showJson('x'.repeat(1e6)).length).toBeLessThan(100);
});

it('refuses configurations and run records that are deep, or of another kind', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'config.json');
  for (const text of [nested('[', ']', 20_001), `{"epochs": ${nested('[', ']', 20_001)}}`]) {
    writeFileSync(file, text);
    expect(() => readConfigFile(file)).toThrow(/config\.json is not JSON: got brackets nested more than 64 deep/);
    expect(() => readRunConfig(folder)).toThrow(/config\.json cannot be understood: got brackets nested/);
  }
  writeFileSync(file, `{"epochs": [${'1,'.repeat(100_000)}1]}`);
  expect(() => readConfigFile(file)).toThrow(
    /epochs has an invalid value: expected number, got \[1,1,[1,]{70,80} \.\.\.\.$/,
  );
  // Longer than any string, and sparse.
  truncateSync(file, 700e6);
  expect(() => readConfigFile(file)).toThrow('config.json is not JSON: got a file of more than 16 MiB');
  expect(() => readRunConfig(folder)).toThrow('config.json cannot be understood: got a file of more than 16 MiB');
  expect(() => readJsonFile(folder, () => new DcganError({ what: 'no' }))).toThrow(
    'it is a folder, not a file (EISDIR)',
  );
});

it('a checkpoint of deep metadata is refused', async () => {
  const { decodeSnapshot } = await import('../src/gan/snapshot.ts');
  const deep = encodeCheckpoint(new Map(), { format: 'dcgan-1', config: nested('[', ']', 20_001) });
  expect(() => decodeSnapshot(deep, 'x')).toThrow(/^x: config is not JSON/);
  const header = Buffer.from(nested('[', ']', 50_000));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  expect(() => decodeSnapshot(Buffer.concat([length, header]), 'x')).toThrow(/^x is not a checkpoint/);
});

it('a large file where a checkpoint belongs is refused, whatever its first bytes say of its length', async () => {
  const { readSnapshot } = await import('../src/gan/snapshot-file.ts');
  const film = join(temporaryFolder(), 'film.mp4');
  for (const size of [700e6, 3e9, 9e9])
    for (const length of [2n ** 63n, BigInt(size) - 8n, 600_000_000n, 50_000_000n, 8n, 0n]) {
      const fd = openSync(film, 'w');
      const head = Buffer.alloc(8);
      head.writeBigUInt64LE(length);
      writeSync(fd, head);
      closeSync(fd);
      truncateSync(film, size);
      expect(() => readSnapshot(film), `${size} ${length}`).toThrow(/film\.mp4 is not a checkpoint/);
    }
});
