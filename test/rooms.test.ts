// A room imports only from rooms of lower rank (docs/architecture.md), no two files import each other
// in a circle, and no file outside the backends decides by the name of a GPU.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

const RANKS: Readonly<Record<string, number>> = {
  platform: 0,
  engine: 1,
  data: 1,
  checkpoint: 1,
  render: 1,
  nn: 2,
  gan: 3,
  metrics: 3,
  ranks: 2,
  train: 4,
  export: 5,
  studio: 6,
  'index.ts': 7,
  browser: 7,
  generate: 7,
  cli: 7,
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
const known = new Set(files);

/** The files that a file imports: for values, for types alone, and when it first needs them. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm)];
  return found.map(([, path, later]) => relative(SRC, resolve(SRC, dirname(file), (path ?? later)!)));
}

const roomOf = (file: string): string => file.split('/')[0]!;

it('every file lies in a known room', () => {
  expect(files.map(roomOf).filter((room) => !(room in RANKS))).toEqual([]);
});

it('rooms import only from lower ones', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => known.has(target) && roomOf(target) !== roomOf(file))
      .filter((target) => RANKS[roomOf(target)]! >= RANKS[roomOf(file)]!)
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

it('within the studio page, words and sources know no parts, and parts know no views', () => {
  const page = 'studio/page/';
  const order = ['strings', 'sources', 'state', 'parts', 'views'];
  /** A file beside these folders puts them together, and may import from all of them. */
  const rankOf = (file: string): number => {
    const [folder = '', ...inside] = file.slice(page.length).split('/');
    return inside.length === 0 ? order.length : order.indexOf(folder);
  };
  const inPage = files.filter((file) => file.startsWith(page));
  expect(inPage.filter((file) => rankOf(file) < 0)).toEqual([]);
  const wrong = inPage.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith(page) && rankOf(target) > rankOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

it('no file reaches itself by what it imports, types included', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const target of importsOf(file)) if (known.has(target)) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

it('no file outside the backends decides by the name of a GPU', () => {
  // The command line lists devices and has text of its own for each.
  // The table of synonyms names every device, and decides nothing.
  const free = files.filter(
    (file) => file !== 'platform/suggest.ts' && !file.startsWith('engine/backends/') && roomOf(file) !== 'cli',
  );
  const wrong = free.filter((file) => /'webgpu'|\/webgpu\//.test(readFileSync(join(SRC, file), 'utf8')));
  expect(wrong).toEqual([]);
});
