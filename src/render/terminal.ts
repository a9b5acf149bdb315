// Draws pictures in a terminal. Each character is the upper half block; its foreground is the upper
// of two pixels and its background the lower, so that pixels are nearly square. Without colours, a
// ramp of characters stands for tones; bright tones have dense characters, as on a dark screen.
// Sources: ECMA-48, SGR 38 and 48; xterm's 256 colours (cube of 6, 24 greys); no-color.org.

import type { Picture } from './grid.ts';

export type TerminalColours = 'truecolor' | '256' | 'none';

const RAMP = ' .:-=+*#%@';
const RESET = '\x1b[0m';

/**
 * Returns the colours of a terminal by its environment: NO_COLOR, COLORTERM, WT_SESSION, TERM. The
 * caller checks whether there is a terminal.
 */
export function terminalColours(env: Readonly<Record<string, string | undefined>>): TerminalColours {
  if (env.NO_COLOR || env.TERM === 'dumb') return 'none';
  if (/truecolor|24bit/i.test(env.COLORTERM ?? '') || env.WT_SESSION) return 'truecolor';
  return /256/.test(env.TERM ?? '') ? '256' : 'none';
}

/**
 * Renders a picture as lines of text, each ended by a line feed.
 * @param width of the text in characters, at most; pictures are made smaller, never larger
 */
export function renderTerminal(picture: Picture, width: number, colours: TerminalColours): string {
  const columns = Math.max(1, Math.min(Math.floor(width), picture.width));
  const rows = Math.max(1, Math.round((picture.height * columns) / picture.width / 2));
  const small = shrink(picture, columns, 2 * rows);
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const line = Array.from({ length: columns }, (_, x) => [small(x, 2 * row), small(x, 2 * row + 1)] as const);
    lines.push(colours === 'none' ? plainLine(line) : colourLine(line, colours));
  }
  return `${lines.join('\n')}\n`;
}

type Colour = readonly [red: number, green: number, blue: number];
type Cell = readonly [upper: Colour, lower: Colour];

function plainLine(cells: readonly Cell[]): string {
  const line = cells.map(([upper, lower]) => {
    const tone = (brightness(upper) + brightness(lower)) / 2 / 255;
    return RAMP[Math.min(RAMP.length - 1, Math.floor(tone * RAMP.length))];
  });
  return line.join('').trimEnd();
}

/** Colours a line; it writes codes only where the colours change. */
function colourLine(cells: readonly Cell[], colours: 'truecolor' | '256'): string {
  let line = '';
  let before = '';
  for (const [upper, lower] of cells) {
    const codes = `\x1b[38;${code(upper, colours)};48;${code(lower, colours)}m`;
    line += codes === before ? '▀' : `${codes}▀`;
    before = codes;
  }
  return line + RESET;
}

function code([red, green, blue]: Colour, colours: 'truecolor' | '256'): string {
  if (colours === 'truecolor') return `2;${red};${green};${blue}`;
  if (red === green && green === blue) {
    // Greys 232 to 255 are 8, 18, ... 238; the cube's black and white are nearer to values beyond
    // them.
    return `5;${red < 4 ? 16 : red > 246 ? 231 : 232 + Math.min(23, Math.max(0, Math.round((red - 8) / 10)))}`;
  }
  const [r, g, b] = [red, green, blue].map(cubeStep) as [number, number, number];
  return `5;${16 + 36 * r + 6 * g + b}`;
}

/** Returns the nearest of the cube's steps 0, 95, 135, 175, 215, 255. */
function cubeStep(tone: number): number {
  return tone < 48 ? 0 : tone < 115 ? 1 : Math.round((tone - 55) / 40);
}

function brightness([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue; // ITU-R BT.601
}

/**
 * Shrinks the picture to `columns` × `rows` RGB pixels; each is the mean of the pixels that lie in
 * it.
 */
function shrink(
  { width, height, channels, pixels }: Picture,
  columns: number,
  rows: number,
): (x: number, y: number) => Colour {
  const span = (i: number, parts: number, length: number): [number, number] => {
    const from = Math.min(length - 1, Math.floor((i * length) / parts));
    return [from, Math.max(from + 1, Math.floor(((i + 1) * length) / parts))];
  };
  return (x, y) => {
    const [left, right] = span(x, columns, width);
    const [top, bottom] = span(y, rows, height);
    const sums = [0, 0, 0];
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const at = (row * width + column) * channels;
        for (let c = 0; c < channels; c++) sums[c]! += pixels[at + c]!;
      }
    }
    const area = (bottom - top) * (right - left);
    const [first, second, third] = sums.map((sum) => Math.round(sum / area)) as [number, number, number];
    return channels === 1 ? [first, first, first] : [first, second, third];
  };
}
