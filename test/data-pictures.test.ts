// Pictures of every kind that is read, whatever they are called; what is not read is counted and named.
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { create } from 'tar';
import { expect, test } from 'vitest';
import { decodeBitmap } from '../src/data/bmp.ts';
import { inspectData } from '../src/data/inspect.ts';
import { type LoadOptions, loadDataset } from '../src/data/load.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, png, zip } from './support/pictures.ts';

workInFolders('work');

interface BitmapParts {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Rows as they lie in the file, without what fills them. */
  readonly rows: readonly (readonly number[])[];
  readonly palette?: readonly (readonly number[])[];
  readonly compression?: number;
  readonly masks?: readonly number[];
}

function bitmap({ width, height, bits, rows, palette = [], compression = 0, masks = [] }: BitmapParts): Buffer {
  const head = Buffer.alloc(54 + 4 * palette.length + 4 * masks.length);
  head.write('BM');
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  head.writeUInt32LE(palette.length, 46);
  for (const [i, mask] of masks.entries()) head.writeUInt32LE(mask, 54 + 4 * i);
  for (const [i, colour] of palette.entries()) head.set(colour, 54 + 4 * i);
  const filled = rows.map((row) => Buffer.concat([Buffer.from(row), Buffer.alloc((4 - (row.length % 4)) % 4, 99)]));
  return Buffer.concat([head, ...filled]);
}

const RED = [0, 0, 255];
const GREEN = [0, 255, 0];
const BLUE = [255, 0, 0];

test.each<[string, BitmapParts, number[]]>([
  ['24 bits, bottom up', { width: 1, height: 2, bits: 24, rows: [RED, GREEN] }, [0, 255, 0, 255, 0, 0]],
  ['24 bits, top down', { width: 1, height: -2, bits: 24, rows: [RED, GREEN] }, [255, 0, 0, 0, 255, 0]],
  [
    '8 bits with a palette',
    { width: 3, height: 1, bits: 8, rows: [[2, 0, 1]], palette: [RED, GREEN, BLUE] },
    [0, 0, 255, 255, 0, 0, 0, 255, 0],
  ],
  [
    '4 bits, an odd width',
    {
      width: 3,
      height: 2,
      bits: 4,
      rows: [
        [0x01, 0x00],
        [0x11, 0x10],
      ],
      palette: [RED, GREEN],
    },
    [0, 255, 0, 0, 255, 0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 255, 0, 0],
  ],
  ['1 bit', { width: 2, height: 1, bits: 1, rows: [[0x40]], palette: [RED, BLUE] }, [255, 0, 0, 0, 0, 255]],
  ['32 bits', { width: 1, height: 1, bits: 32, rows: [[1, 2, 3, 0]] }, [3, 2, 1]],
  ['16 bits of five', { width: 2, height: 1, bits: 16, rows: [[0x00, 0x7c, 0x1f, 0x00]] }, [255, 0, 0, 0, 0, 255]],
  [
    '16 bits with masks',
    { width: 1, height: 1, bits: 16, rows: [[0xe0, 0x07]], compression: 3, masks: [0xf800, 0x07e0, 0x001f] },
    [0, 255, 0],
  ],
])('BMP of %s', (_, parts, expected) => {
  expect([...decodeBitmap(bitmap(parts)).pixels]).toEqual(expected);
});

test.each<[string, Buffer, string]>([
  ['compressed', bitmap({ width: 1, height: 1, bits: 8, rows: [[0]], compression: 1 }), 'compressed by method 1'],
  ['cut', bitmap({ width: 9, height: 99, bits: 24, rows: [[0, 0, 0]] }), 'it ends at byte 58, and its rows need 2826'],
  [
    'enormous',
    bitmap({ width: 60000, height: 60000, bits: 24, rows: [] }),
    'it claims more pixels than the 100 million',
  ],
  ['of no width', bitmap({ width: -1, height: 1, bits: 24, rows: [] }), 'its header says -1 x 1 pixels'],
])('a BMP that is %s is refused', async (_, bytes, message) => {
  mkdirSync('p');
  writeFileSync('p/a.bmp', bytes);
  await expect(loadDataset('p')).rejects.toThrow(message);
});

async function open(where: string, options: LoadOptions = {}) {
  const notes: string[] = [];
  const data = await loadDataset(where, { ...options, size: 16, onNote: (note) => notes.push(note) });
  return { count: data.count, channels: data.channels, notes };
}

test('pictures under any ending, in a folder, a .zip and a .tar; SVG by option; the rest is counted by kind', async () => {
  const square = (of: number): number[][] => Array.from({ length: 16 }, () => Array<number>(16).fill(of));
  const ramp = Array.from({ length: 256 }, (_, i) => [i, i, i]);
  const svg =
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
  const files: Record<string, Uint8Array> = {
    'a.bmp': bitmap({ width: 16, height: 16, bits: 8, rows: square(100), palette: ramp }),
    'b.dib': bitmap({ width: 16, height: 16, bits: 24, rows: square(100).map((row) => [...row, ...row, ...row]) }),
    'c.avif': await noisy(16, 3).avif().toBuffer(),
    'd.tiff': await noisy(16, 4).tiff().toBuffer(),
    'e.jpg_large': await noisy(16, 5).jpeg().toBuffer(),
    f: await png(noisy(16, 6)),
    'g.JPG': await noisy(16, 7).jpeg().toBuffer(),
    'h.svg': Buffer.from(svg),
    'i.heic': Buffer.from('\0\0\0\x18ftypheic', 'latin1'),
    j: Buffer.from('hello'),
    'k.txt': Buffer.from('hello'),
    '.DS_Store': Buffer.from('x'),
  };
  mkdirSync('p');
  for (const [name, bytes] of Object.entries(files)) writeFileSync(`p/${name}`, bytes);
  writeFileSync('p.zip', zip(Object.entries(files).map(([name, data]) => ({ name, data }))));
  await create({ file: 'p.tar', cwd: 'p' }, Object.keys(files));
  for (const where of ['p', 'p.zip', 'p.tar']) {
    const { count, channels, notes } = await open(where);
    expect([where, count, channels]).toEqual([where, 7, 3]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^5 files are not read: 1 HEIC, 1 SVG, 1 TXT, 1 hidden, 1 without an ending \(.*, \.\.\.\); /,
    );
    expect(notes[0]).toContain('SVG pictures are read with --svg');
    expect(notes[0]).toContain('HEIC pictures become JPEG by heif-convert IN.heic OUT.jpg');
    expect((await open(where, { svg: true })).count).toBe(8);
  }
  const { formats, kinds } = await inspectData('p', { svg: true });
  expect(formats).toEqual({ BMP: 2, AVIF: 1, TIFF: 1, JPEG: 2, PNG: 1, SVG: 1 });
  expect(kinds.grey).toBe(1);
});

test('one picture in colour after 64 grey ones makes all images colour, and a note says so', async () => {
  mkdirSync('p');
  for (let i = 100; i < 166; i++) await png(noisy(16, i, 1), `p/${i}.png`);
  await png(noisy(16, 1, 3), 'p/200.png');
  const note =
    'the first 64 pictures are grey, and later ones are not: all are read in colour; --channels 1 makes them grey';
  expect(await open('p')).toEqual({ count: 67, channels: 3, notes: [note] });
  expect(await open('p')).toEqual({ count: 67, channels: 3, notes: [] });
  expect((await open('p', { channels: 1 })).channels).toBe(1);
  expect((await inspectData('p')).shape.channels).toBe(3);
});

test('a coloured background stays coloured under grey pictures with alpha, and beside padded ones', async () => {
  mkdirSync('p');
  const alpha = Buffer.alloc(2 * 256);
  writeFileSync(
    'p/a.png',
    await sharp(alpha, { raw: { width: 16, height: 16, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  );
  const laid = await loadDataset('p', { background: '#ff0000' });
  expect([laid.channels, ...laid.images.subarray(0, 3)]).toEqual([3, 255, 0, 0]);
  expect((await loadDataset('p', { background: '#808080' })).channels).toBe(1);
  mkdirSync('q');
  const wide = sharp(Buffer.alloc(512, 9), { raw: { width: 32, height: 16, channels: 1 } }).toColourspace('b-w');
  writeFileSync('q/a.png', await wide.png().toBuffer());
  const padded = await loadDataset('q', { background: '#ff0000', fit: 'pad', size: 32 });
  expect([padded.channels, ...padded.images.subarray(0, 3)]).toEqual([3, 255, 0, 0]);
  expect([...padded.images.subarray(3 * 32 * 16, 3 * 32 * 16 + 3)]).toEqual([9, 9, 9]);
});
