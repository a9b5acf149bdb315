import { expect, test } from 'vitest';
import { chooseFrames, encodeGif } from '../src/render/gif.ts';
import type { Picture } from '../src/render/grid.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

// The lists come from the tutorial's own loop over file names, run in Python 3.
test.each([
  [0, []],
  [1, [1, 1]],
  [2, [1, 2, 2]],
  [3, [1, 2, 3, 3]],
  [4, [1, 2, 3, 4]],
  [10, [1, 2, 3, 5, 7, 9, 10]],
  [50, [1, 2, 3, 5, 7, 9, 12, 16, 20, 24, 29, 35, 41, 47, 50]],
  [150, [1, 2, 3, 5, 7, 9, 12, 16, 20, 24, 29, 35, 41, 47, 54, 62, 70, 78, 87, 97, 107, 117, 128, 140, 150]],
])('the frames of %i epochs', (epochs, frames) => {
  expect(chooseFrames(upTo(epochs))).toEqual(frames);
});

test.each([
  [1, 2],
  [10, 7],
  [50, 15],
  [150, 25],
])('%i epochs give %i frames, as in the tutorial', (epochs, frames) => {
  expect(chooseFrames(upTo(epochs))).toHaveLength(frames);
});

test('pictures are counted by their place, from whatever order, without the one before training', () => {
  expect(chooseFrames([30, 0, 10, 20, 40])).toEqual([10, 20, 30, 40]);
  expect(chooseFrames([0])).toEqual([]);
});

/** The blocks of a GIF: size, loops, and each frame's delay (1/100 s), size and palette. */
function parseGif(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset);
  const signature = String.fromCharCode(...file.subarray(0, 6));
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  const colours = 2 << (file[10]! & 7);
  let at = 13 + 3 * colours;
  const palette = file.subarray(13, at);
  const frames: { delay: number; width: number; height: number; ownPalette: boolean }[] = [];
  let loops: number | undefined;
  let delay = 0;
  const skipBlocks = (): void => {
    while (file[at] !== 0) at += file[at]! + 1;
    at++;
  };
  while (file[at] !== 0x3b) {
    if (file[at] === 0x21) {
      if (file[at + 1] === 0xf9) delay = view.getUint16(at + 4, true);
      if (file[at + 1] === 0xff) loops = view.getUint16(at + 16, true);
      at += 2;
    } else {
      expect(file[at]).toBe(0x2c);
      const flags = file[at + 9]!;
      const size = { width: view.getUint16(at + 5, true), height: view.getUint16(at + 7, true) };
      frames.push({ delay, ...size, ownPalette: flags > 127 });
      at += 10 + (flags > 127 ? 3 * (2 << (flags & 7)) : 0) + 1;
    }
    skipBlocks();
  }
  expect(at).toBe(file.length - 1);
  return { signature, width, height, palette, frames, loops };
}

const grey = (seed: number): Picture => ({
  width: 20,
  height: 10,
  channels: 1,
  pixels: Uint8Array.from({ length: 200 }, (_, i) => i * seed),
});

test('grey frames share the palette of 256 greys, 10 a second, for ever', () => {
  const gif = parseGif(encodeGif([grey(1), grey(7), grey(3)]));
  expect(gif).toMatchObject({ signature: 'GIF89a', width: 20, height: 10, loops: 0 });
  expect(gif.frames).toEqual(
    Array.from({ length: 3 }, () => ({ delay: 10, width: 20, height: 10, ownPalette: false })),
  );
  expect([...gif.palette]).toEqual(Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)));
});

test('RGB frames have palettes of their own, and the speed is as asked for', () => {
  const colour = (seed: number): Picture => ({ ...grey(1), channels: 3, pixels: new Uint8Array(600).fill(seed) });
  const { frames, palette } = parseGif(encodeGif([colour(100), colour(8)], 25));
  expect(frames.map(({ delay, ownPalette }) => [delay, ownPalette])).toEqual([
    [4, false],
    [4, true],
  ]);
  expect([...palette.subarray(0, 3)]).toEqual([100, 100, 100]);
});

test('a film of 25 pictures of 488 × 488 has them all', () => {
  const frame = (n: number): Picture => ({
    width: 488,
    height: 488,
    channels: 1,
    pixels: Uint8Array.from({ length: 488 * 488 }, (_, i) => (i * n) >> 4),
  });
  expect(parseGif(encodeGif(upTo(25).map(frame))).frames).toHaveLength(25);
});

test('the same frames give the same file', () => {
  expect(encodeGif([grey(1), grey(2)])).toEqual(encodeGif([grey(1), grey(2)]));
});

test('no frames, frames that differ and impossible speeds are refused', () => {
  expect(() => encodeGif([])).toThrow('a GIF needs at least one picture');
  expect(() => encodeGif([grey(1), { ...grey(1), width: 10, height: 20 }])).toThrow(
    'picture 2 of a GIF differs from the first: expected 20 × 10 × 1, got 10 × 20 × 1. Use pictures of one run only.',
  );
  for (const fps of [0, -1, 51, Number.NaN]) expect(() => encodeGif([grey(1)], fps)).toThrow(`got ${fps}.`);
});
