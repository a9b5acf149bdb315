// Shows an evaluation as a table for people: each figure, its floor, and which way is good.

import type { ExtractorInfo } from '../metrics/extractor.ts';
import { type Evaluation, shownFigures } from '../metrics/figures.ts';
import { PICTURES } from '../metrics/pictures.ts';
import { trustsPrecision } from '../metrics/verdict.ts';
import type { Verdict } from '../metrics/verdict-kind.ts';
import { grouped } from './format.ts';

const decimals = (value: number, digits: number): string => value.toFixed(digits);

/** Of more classes than this only the `NAMED_CLASSES` most frequent are named. */
const MOST_CLASSES = 20;
const NAMED_CLASSES = 10;

/** Returns `digits (SHA-256 560c85fcac5c)`, with the form of input where any images are taken. */
export function extractorText({ name, sha256, input }: ExtractorInfo): string {
  return `${name} (SHA-256 ${sha256.slice(0, 12)}${input === undefined ? '' : `; ${input}`})`;
}

function classesText(histogram: readonly number[], names: readonly string[] | null): string {
  const named = names?.length === histogram.length ? names : null;
  const all = histogram.map((n, k) => ({ n, text: `${named?.[k] ?? k}: ${grouped(n)}` }));
  const few = all.length <= MOST_CLASSES;
  const shown = few
    ? all
    : all
        .toSorted((a, b) => b.n - a.n)
        .slice(0, NAMED_CLASSES)
        .filter(({ n }) => n > 0);
  const which = few ? 'taken for classes' : `taken for classes, of ${grouped(all.length)} the most frequent`;
  return `${which}: ${shown.map(({ text }) => text).join('  ')}`;
}

/** Returns which way is good, or a warning where the verdict makes the figure meaningless. */
function captionOf(key: string, better: string, verdict: Verdict): string {
  const misleads = ['precision', 'density'].includes(key) && !trustsPrecision(verdict);
  return misleads ? 'says nothing of such samples: see the verdict above' : better;
}

export function evaluationText(evaluation: Evaluation, source: string, classNames: readonly string[] | null): string {
  const { verdict, samples, against, heldOut, features } = evaluation;
  const head = [
    `${verdict.text[0]!.toUpperCase()}${verdict.text.slice(1)}.`,
    `${grouped(samples.count)} samples of ${source}`,
    `against ${grouped(against.count)} images of ${against.name}; floor: ${grouped(heldOut.count)} of ${heldOut.name}`,
    features
      ? `features of ${extractorText(features.extractor)}`
      : `without features: only what needs none; --extractor ${PICTURES} says how varied the samples are`,
  ];
  const unlike =
    samples.count === heldOut.count
      ? ''
      : ` (of ${grouped(samples.count)} samples; the floor of ${grouped(heldOut.count)})`;
  const rows: (readonly [string, string, string, string])[] = [['', 'samples', 'floor', '']];
  for (const { key, name, value, floor, better, digits } of shownFigures(evaluation))
    rows.push([name, decimals(value, digits), decimals(floor, digits), `${captionOf(key, better, verdict)}${unlike}`]);
  const accuracy = features?.classes?.accuracy ?? null;
  const classes = features?.classes ? `${classesText(features.classes.histogram, classNames)}\n` : '';
  const right = accuracy === null ? '' : `of the class asked for: ${decimals(100 * accuracy, 2)} %\n`;
  const width = rows
    .map((_, i) => i)
    .slice(0, 4)
    .map((k) => Math.max(...rows.map((row) => (row[k] ?? '').length)));
  const lines = rows.map(([name, value, floor, better]) =>
    `${name.padEnd(width[0]!)}  ${value.padStart(width[1]!)}  ${floor.padStart(width[2]!)}  ${better}`.trimEnd(),
  );
  return `${[...head, '', ...lines, ''].join('\n')}${classes}${right}`;
}
