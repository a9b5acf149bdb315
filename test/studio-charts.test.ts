// Charts as SVG files: all that is drawn lies within the picture, however many curves there are.
import { expect, it } from 'vitest';
import { svgOf } from '../src/studio/page/parts/svg.ts';

const curve = (name: string): Parameters<typeof svgOf>[2][number] => ({ name, color: '', x: [0, 1], y: [1, 2] });

/** The places of texts, by what they say. */
function textsOf(svg: string): Map<string, readonly [x: number, y: number]> {
  const found = svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<\/text>/g);
  return new Map([...found].map(([, x, y, text]) => [text!, [Number(x), Number(y)]]));
}

it('names eight runs within the picture, above their curves, none on another', () => {
  const names = Array.from({ length: 8 }, (_, i) => `0000${i}-a-folder-of-pictures-best`);
  const svg = svgOf('losses', 'epochs', names.map(curve));
  const texts = textsOf(svg);
  const places = names.map((name) => texts.get(name)!);
  for (const [x] of places) expect(x + 6 * names[0]!.length).toBeLessThan(720);
  const heights = [...svg.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
  expect(heights).toHaveLength(16);
  expect(Math.min(...heights)).toBeGreaterThan(Math.max(...places.map(([, y]) => y)));
  for (const [i, [x, y]] of places.entries())
    for (const [left, top] of places.slice(0, i)) expect(top < y || left + 6 * names[0]!.length < x).toBe(true);
});

it('writes what a name holds as text', () => {
  expect(svgOf('a < b', 'epochs', [curve('<script>"&')])).toContain('&lt;script&gt;&quot;&amp;');
});
