// `dcgan compare` lays runs side by side: what differs in their configurations, their figures, and
// their curves on one axis.

import { type Command, Option } from 'commander';
import plot from 'simple-ascii-chart';
import { MEASURE_NAMES } from '../../metrics/gauge.ts';
import { writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { endingOf } from '../../render/encode.ts';
import {
  AXES,
  type Axis,
  type Comparison,
  type CurveFigure,
  compareRuns,
  FIGURES,
  type Point,
} from '../../train/compare.ts';
import { resolveRun } from '../../train/run.ts';
import { settingText } from '../../train/setting.ts';
import { grouped, shown, table } from '../format.ts';
import { choice, debugOption } from '../options/values.ts';
import { Screen, write } from '../output.ts';

const [FEWEST, MOST] = [2, 8];
const NAMES_OF_FIGURES: Readonly<Record<CurveFigure, string>> = {
  generatorLoss: 'generator loss',
  discriminatorLoss: 'discriminator loss',
  realScore: 'D(x)',
  fakeScore: 'D(G(z))',
  diversity: 'diversity',
  classDiversity: 'diversity within classes',
  recall: 'recall',
  coverage: 'coverage',
  generatorGradient: 'generator gradient norm',
  discriminatorGradient: 'discriminator gradient norm',
};
const NAMES: Readonly<Record<string, string>> = { ...NAMES_OF_FIGURES, ...MEASURE_NAMES };

const EXAMPLES = `
Examples:
  dcgan compare 1 2                       runs 1 and 2 of ./runs
  dcgan compare 1 2 3 --by minutes        what each had reached after equal time
  dcgan compare 1 2 --figure diversity    another curve than the distance from the data, or the losses
  dcgan compare 1 2 -o curves.svg         the curve as a picture
  dcgan compare 1 2 --csv > curves.csv    all curves, for a spreadsheet`;

interface Flags {
  readonly by: Axis;
  readonly figure?: string;
  readonly output?: string;
  readonly json?: true;
  readonly csv?: true;
}

export function defineCompare(program: Command): void {
  const figures = Object.keys(NAMES);
  program
    .command('compare')
    .description('Compare runs: the differences of their configurations, their figures and their curves.')
    .argument('<runs...>', `${FEWEST} to ${MOST} runs, by folder, name or number`)
    .addOption(
      new Option('--by <axis>', `the horizontal axis of curves: ${AXES.join(', ')}`)
        .argParser(choice('--by', AXES))
        .default('epochs'),
    )
    .addOption(
      new Option(
        '--figure <name>',
        `the curve to draw: ${figures.join(', ')} (default: a distance if there is one, otherwise the losses)`,
      ).argParser(choice('--figure', figures)),
    )
    .option('-o, --output <file.svg>', 'also draw the curve into an SVG')
    .addOption(new Option('--json', 'everything as one JSON object').conflicts('csv'))
    .option('--csv', 'all curves as CSV: run, figure, place on the axis, value')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action((runs: readonly string[], flags: Flags) => compare(runs, flags));
}

async function compare(typed: readonly string[], { by, figure, output, json, csv }: Flags): Promise<void> {
  if (typed.length < FEWEST || typed.length > MOST)
    throw usage({
      what: 'the number of runs has an invalid value',
      expected: `${FEWEST} to ${MOST}`,
      got: String(typed.length),
    });
  if (output !== undefined && endingOf(output) !== '.svg')
    throw usage({ what: '--output has an unsupported ending', expected: 'a name ending in .svg', got: output });
  const found = compareRuns(typed.map(resolveRun), by);
  const drawn = figure === undefined ? usualFigures(found) : [figure];
  if (output !== undefined) await writeSvg(found, drawn[0], output);
  if (json)
    write(`${JSON.stringify(found, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value))}\n`);
  else if (csv) write(csvOf(found));
  else write(textOf(found, drawn, new Screen(process.stdout).columns, output));
}

/** A measure that all runs have, else both losses. */
function usualFigures({ runs }: Comparison): string[] {
  const shared = Object.keys(MEASURE_NAMES).find((measure) => runs.every(({ curves }) => curves.has(measure)));
  return shared === undefined ? ['generatorLoss', 'discriminatorLoss'] : [shared];
}

async function writeSvg({ runs, by }: Comparison, figure: string | undefined, output: string): Promise<void> {
  // The chart library is loaded only where something is drawn.
  const { curvesSvg } = await import('../../render/curve.ts');
  const series = runs.map(({ name, curves }) => ({ name, points: curves.get(figure ?? '') ?? [] }));
  const name = NAMES[figure ?? ''] ?? '';
  writeFileDurably(output, new TextEncoder().encode(curvesSvg({ title: name, name, axis: by, series })));
}

function csvOf({ runs, by }: Comparison): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = runs.flatMap(({ name, curves }) =>
    [...curves].flatMap(([figure, points]) => points.map(([at, value]) => [quoted(name), figure, at, value].join(','))),
  );
  return `${[`run,figure,${by},value`, ...rows].join('\n')}\n`;
}

function textOf(found: Comparison, drawn: readonly string[], columns: number, output: string | undefined): string {
  const { runs, differences } = found;
  const figures = [...FIGURES, ...Object.keys(MEASURE_NAMES)];
  const rows: string[][] = [
    ['epochs', ...runs.map(({ epochs, ofEpochs }) => `${epochs} of ${ofEpochs}`)],
    ['steps', ...runs.map(({ steps }) => grouped(steps))],
    ['minutes', ...runs.map(({ minutes }) => minutes.toFixed(1))],
  ];
  for (const figure of figures) {
    if (!runs.some(({ curves }) => curves.has(figure))) continue;
    rows.push([NAMES[figure]!, ...runs.map(({ last }) => shown(last.get(figure)))]);
    if (runs.some(({ best }) => best.has(figure)))
      rows.push([
        '  best (epoch)',
        ...runs.map(({ best }) =>
          best.has(figure) ? `${shown(best.get(figure)!.value)} (${best.get(figure)!.epoch})` : '',
        ),
      ]);
  }
  const differing = differences.map(({ field, values }) => [
    field,
    ...values.map((value) => (value === undefined ? '' : settingText(field, value))),
  ]);
  const head = ['', ...runs.map(({ name }) => name)];
  const parts = [
    'What differs:',
    differing.length > 0 ? table([head, ...differing]) : '  nothing in the configurations',
    '',
    'Figures of the last epoch:',
    table([head, ...rows]),
    ...drawn.flatMap((figure) => charts(found, figure, columns)),
    ...(output === undefined ? [] : [`Curve: ${output}`]),
  ];
  return `${parts.join('\n')}\n`;
}

/** A chart for each run, all on one scale. */
function charts({ runs, by }: Comparison, figure: string, columns: number): string[] {
  const curves = runs.map(({ name, curves: all }) => ({ name, points: all.get(figure) ?? [] }));
  const all = curves.flatMap(({ points }) => points.map(([, value]) => value));
  if (all.length === 0) return ['', `No run has a curve of ${NAMES[figure]} yet.`];
  const range: [number, number] = [Math.min(...all), Math.max(...all)];
  const width = Math.max(20, Math.min(72, columns - 16));
  return curves.flatMap(({ name, points }) => [
    '',
    `${NAMES[figure]} of ${name} by ${by}`,
    points.length < 2 ? '  fewer than two points' : chart(points, width, range),
  ]);
}

function chart(points: readonly Point[], width: number, yRange: [number, number]): string {
  const text = plot(
    points.map(([at, value]): [number, number] => [at, value]),
    {
      width,
      height: 8,
      ...(yRange[0] < yRange[1] && { yRange }),
      formatter: (value) => Number(value.toPrecision(3)),
    },
  );
  return text.replace(/[ \n]+$/gm, '').replace(/^\n+/, '');
}
