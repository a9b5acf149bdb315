// A room imports only from rooms of lower rank (docs/architecture.md), and no two files import each
// other in a circle.
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
  train: 4,
  'index.ts': 6,
  browser: 6,
  cli: 6,
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** Relative imports of a file that exist when the program runs (types alone do not). */
function importsOf(file: string, withTypes: boolean): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gm)]
    .filter(([, type]) => withTypes || !type)
    .map(([, , path]) => path!);
  const dynamic = [...text.matchAll(/import\('(\.[^']+)'\)/g)].map(([, path]) => path!);
  return [...found, ...(withTypes ? dynamic : [])].map((path) => relative(SRC, resolve(SRC, dirname(file), path)));
}

const roomOf = (file: string): string => file.split('/')[0]!;

it('every file lies in a known room', () => {
  expect(files.map(roomOf).filter((room) => !(room in RANKS))).toEqual([]);
});

it('rooms import only from lower ones', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file, true)
      .filter((target) => target.endsWith('.ts') && roomOf(target) !== roomOf(file))
      .filter((target) => RANKS[roomOf(target)]! >= RANKS[roomOf(file)]!)
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

it('no file reaches itself by what it imports', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const target of importsOf(file, false)) if (target.endsWith('.ts')) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
