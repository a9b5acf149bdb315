// One row is a whole figure: from the list of rows follow the evaluation, its floors and its text.
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { evaluationText } from '../src/cli/evaluation-text.ts';
import { type Evaluation, FIGURES, featureFigures, idOf, shownFigures } from '../src/metrics/figures.ts';

const EXTRACTOR = { name: 'digits', sha256: '0'.repeat(64) };
const numbered = (first: number) => Object.fromEntries(FIGURES.map((row, i) => [idOf(row), first + i]));

function evaluation(features: Evaluation['features']): Evaluation {
  return {
    verdict: { kind: 'good', text: 'good: nearly as near to the data as held-out images' },
    samples: { count: 4 },
    against: { name: 'some', count: 4 },
    heldOut: { name: 'others', count: 4 },
    slicedWasserstein: [{ side: 28, value: 1, floor: 0.5 }],
    features,
  };
}

const full = (): Evaluation['features'] =>
  featureFigures(EXTRACTOR, numbered(1), numbered(101), { histogram: [4], accuracy: 1 });

it('every figure of the folder is a row', async () => {
  const folder = new URL('../src/metrics/figures/', import.meta.url);
  const modules = await Promise.all(readdirSync(folder).map((name) => import(new URL(name, folder).href)));
  const isFigure = (value: unknown): boolean => typeof value === 'object' && value !== null && 'measure' in value;
  const figures = modules.flatMap((each: object) => Object.values(each).filter(isFigure));
  expect(new Set(FIGURES)).toEqual(new Set(figures));
  expect(figures).toHaveLength(FIGURES.length);
});

it('every row has a name and a place of its own', () => {
  expect(new Set(FIGURES.map(idOf)).size).toBe(FIGURES.length);
  expect(new Set(FIGURES.map(({ name }) => name)).size).toBe(FIGURES.length);
});

it('every row stands in an evaluation and in its text, beside its floor and in order', () => {
  const found = evaluation(full());
  const groups = { features: found.features, copying: found.features!.copying, classes: found.features!.classes };
  FIGURES.forEach(({ group, key, name, better, digits }, i) => {
    expect(groups[group]![key as never], name).toEqual({ value: 1 + i, floor: 101 + i });
    const line = evaluationText(found, 'source', null)
      .split('\n')
      .find((text) => text.startsWith(`${name} `))!;
    expect(line.slice(name.length).trim().split(/ {2,}/)).toEqual([
      (1 + i).toFixed(digits),
      (101 + i).toFixed(digits),
      better,
    ]);
  });
  expect(shownFigures(found).map(({ name }) => name)).toEqual([
    ...FIGURES.map(({ name }) => name),
    'sliced Wasserstein, 28 x 28',
  ]);
});

it('without answers of a classifier, and without an extractor, the others are left', () => {
  const without = featureFigures(EXTRACTOR, { ...numbered(1), 'classes.score': null }, numbered(101), null);
  expect(without.classes).toBe(null);
  const names = shownFigures(evaluation(without)).map(({ name }) => name);
  expect(names).not.toContain('classifier score');
  expect(names).toHaveLength(FIGURES.length);
  expect(shownFigures(evaluation(null)).map(({ name }) => name)).toEqual(['sliced Wasserstein, 28 x 28']);
});
