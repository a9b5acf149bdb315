import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Picture } from '../src/render/grid.ts';
import { renderTerminal, terminalColours } from '../src/render/terminal.ts';

const grey = (width: number, height: number, pixels: number[]): Picture => {
  return { width, height, channels: 1, pixels: Uint8Array.from(pixels) };
};

test('upper pixels are foreground, lower ones background, codes only where they change', () => {
  const picture = grey(3, 2, [0, 0, 255, 9, 9, 100]);
  expect(renderTerminal(picture, 80, 'truecolor')).toBe(
    '\x1b[38;2;0;0;0;48;2;9;9;9m▀▀\x1b[38;2;255;255;255;48;2;100;100;100m▀\x1b[0m\n',
  );
});

test('256 colours: greys from the ramp and the ends of the cube, colours from the cube', () => {
  expect(renderTerminal(grey(2, 2, [0, 8, 255, 238]), 80, '256')).toBe(
    '\x1b[38;5;16;48;5;231m▀\x1b[38;5;232;48;5;255m▀\x1b[0m\n',
  );
  const rgb: Picture = { width: 1, height: 2, channels: 3, pixels: Uint8Array.of(255, 0, 0, 95, 135, 175) };
  expect(renderTerminal(rgb, 80, '256')).toBe('\x1b[38;5;196;48;5;67m▀\x1b[0m\n');
});

test('without colours there is no escape, and brighter is denser', () => {
  expect(renderTerminal(grey(4, 2, [255, 0, 128, 0, 255, 0, 128, 0]), 80, 'none')).toBe('@ +\n');
});

test('a wide picture is made smaller by averaging, its form kept', () => {
  const pixels = Array.from({ length: 8 * 8 }, (_, i) => (i % 2) * 100);
  const text = renderTerminal(grey(8, 8, pixels), 4, 'truecolor');
  expect(stripVTControlCharacters(text)).toBe('▀▀▀▀\n▀▀▀▀\n');
  expect(text).toContain('38;2;50;50;50;48;2;50;50;50');
  expect(stripVTControlCharacters(renderTerminal(grey(8, 8, pixels), 3.9, '256')).split('\n')[0]).toHaveLength(3);
});

test('a small one is not made larger, and an odd row is not lost', () => {
  expect(stripVTControlCharacters(renderTerminal(grey(1, 1, [7]), 80, '256'))).toBe('▀\n');
  expect(renderTerminal(grey(1, 3, [255, 255, 255]), 80, 'none')).toBe('@\n@\n');
});

test.each([
  [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'truecolor'],
  [{ TERM: 'xterm-256color', COLORTERM: '24bit' }, 'truecolor'],
  [{ WT_SESSION: 'x' }, 'truecolor'],
  [{ TERM: 'screen-256color' }, '256'],
  [{ TERM: 'linux' }, 'none'],
  [{}, 'none'],
  [{ TERM: 'dumb', COLORTERM: 'truecolor' }, 'none'],
  [{ NO_COLOR: '1', TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'none'],
  [{ NO_COLOR: '', TERM: 'xterm-256color' }, '256'],
])('%j shows %s', (env, colours) => {
  expect(terminalColours(env)).toBe(colours);
});
