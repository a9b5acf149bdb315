// Writes a chart as SVG.
import type { Curve } from './curve.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 360, 60, 40];
/** Of the names of the curves: the first line, its distance from the next, and of a letter. */
const [NAMES_TOP, NAME_HEIGHT, LETTER_WIDTH] = [40, 16, 6.6];
const TICKS = 5;
/** These are the colours of the light page, because files are looked at on paper. */
const COLORS: Readonly<Record<string, string>> = {
  '--generator': '#b3500b',
  '--discriminator': '#1c5fb8',
  '--quiet': '#5b6470',
};
const OTHERS = ['#b3500b', '#1c5fb8', '#2e7d4f', '#8a3d9c', '#8a6d00', '#0e7c86', '#b0305f', '#5b6470'];

interface Shown {
  readonly log?: boolean;
  readonly marks?: readonly { readonly x: number; readonly number: number }[];
}

/** Draws a chart as the page shows it, with its curves, its axis and the marks of warnings. */
export function svgOf(title: string, axis: string, curves: readonly Curve[], { log, marks = [] }: Shown = {}): string {
  const fits = (value: number | null): value is number => value !== null && (!log || value > 0);
  const across = (value: number): number => (log ? Math.log10(value) : value);
  const points = curves.map(({ x, y }) =>
    y.flatMap((value, i) => (fits(value) ? [[x[i]!, across(value)] as const] : [])),
  );
  const all = points.flat();
  const names = placesOf(curves.map(({ name }) => name));
  const top = Math.max(NAMES_TOP, ...names.map(({ y }) => y)) + 10;
  const [left, right] = span(all.map(([x]) => x));
  const [low, high] = span(all.map(([, y]) => y));
  const shownAs = (height: number): number => (log ? 10 ** height : height);
  const place = ([x, y]: readonly [number, number]): string => {
    const from = LEFT + ((x - left) / (right - left || 1)) * (WIDTH - LEFT - 20);
    const down = HEIGHT - BOTTOM - ((y - low) / (high - low || 1)) * (HEIGHT - BOTTOM - top);
    return `${from.toFixed(1)} ${down.toFixed(1)}`;
  };
  const ticks = Array.from({ length: TICKS }, (_, i) => i / (TICKS - 1));
  const number = (value: number): string => String(Number(value.toPrecision(3)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15">${escaped(title)}</text>
${ticks
  .map((share) => {
    const [x, y] = place([left + share * (right - left), low + share * (high - low)]).split(' ');
    return `<text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${number(left + share * (right - left))}</text><text x="${LEFT - 6}" y="${y}" text-anchor="end">${number(shownAs(low + share * (high - low)))}</text>`;
  })
  .join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escaped(axis)}</text>
${marks
  .map(({ x, number }) => {
    const [at] = place([x, low]).split(' ');
    return `<path d="M${at} ${top}V${HEIGHT - BOTTOM}" stroke="#9a5b00" stroke-dasharray="6 4"/><text x="${Number(at) + 3}" y="${top + 10}" fill="#9a5b00">${number}</text>`;
  })
  .join('\n')}
${curves
  .map(({ name, color, dashed }, i) => {
    const stroke = COLORS[color] ?? OTHERS[i % OTHERS.length]!;
    const path = points[i]!.map((point, k) => `${k === 0 ? 'M' : 'L'}${place(point)}`).join('');
    const dash = dashed ? ' stroke-dasharray="4 4"' : '';
    return `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="1.5"${dash}/><text x="${names[i]!.x}" y="${names[i]!.y}" fill="${stroke}">${escaped(name)}</text>`;
  })
  .join('\n')}
</svg>
`;
}

/** Places names in lines from the left, as many in each as fit. */
function placesOf(names: readonly string[]): { readonly x: number; readonly y: number }[] {
  let [x, y] = [LEFT + 10, NAMES_TOP];
  return names.map((name) => {
    const width = name.length * LETTER_WIDTH + 20;
    if (x > LEFT + 10 && x + width > WIDTH) [x, y] = [LEFT + 10, y + NAME_HEIGHT];
    const place = { x, y };
    x += width;
    return place;
  });
}

function span(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
