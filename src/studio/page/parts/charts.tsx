// The charts of a run share one axis and one cursor, which also moves the slider over its pictures.
import type { RunDetail, RunWarning } from '../../api.ts';
import { download } from '../state/download.ts';
import type { Axis, Series } from '../state/series.ts';
import { seenText } from '../state/warnings.ts';
import { t } from '../strings/index.ts';
import { Chart, type ChartProps } from './chart.tsx';
import { ChartBar, useChartSettings } from './chart-settings.tsx';
import type { Curve } from './curve.ts';

export interface ChartsProps {
  readonly detail: RunDetail;
  readonly series: Series;
  readonly warnings: readonly RunWarning[];
  /** The step that is shown in the picture; null: the newest. */
  readonly step: number | null;
  readonly pick: (epoch: number) => void;
}

export function Charts({ detail, series, warnings, step, pick }: ChartsProps) {
  const words = t.value;
  const settings = useChartSettings();
  const { axis, axisName, smoothing, log } = settings;
  const perEpoch = series.stepsPerEpoch;
  const shared = {
    axis: axisName,
    smoothing,
    at: step === null ? null : series.position(step, axis),
    onPick: (x: number) => pick(epochAt(series, x, axis, perEpoch)),
    marks: warnings.map((warning, i) => ({
      x: series.position(warning.since, axis),
      number: i + 1,
      text: seenText(warning),
    })),
    syncKey: detail.head.id,
  } satisfies Partial<ChartProps>;
  return (
    <section class="charts">
      <ChartBar settings={settings}>
        <button
          type="button"
          aria-label={words.saveCsv}
          title={words.saveCsv}
          onClick={() => download('metrics.csv', 'text/csv', csvOf(series))}
        >
          CSV
        </button>
      </ChartBar>
      {series.damaged > 0 && <p class="notice">{words.damagedLines(series.damaged)}</p>}
      <Chart title={words.losses} help={words.lossesHelp} curves={lossCurves(series, axis)} log={log} {...shared} />
      <Chart
        title={words.scores}
        help={words.scoresHelp}
        curves={scoreCurves(series, axis)}
        range={[0, 1]}
        {...shared}
      />
      {series.evaluations.length > 0 && (
        <Chart
          title={words.lower(words.measures[series.evaluations[0]!.measure] ?? series.evaluations[0]!.measure)}
          help={words.distanceHelp}
          curves={distanceCurves(series, axis)}
          log={log}
          {...shared}
        />
      )}
      {series.epochs.step.length > 0 && (
        <>
          <Chart
            title={words.diversity}
            help={words.diversityHelp}
            curves={diversityCurves(series, axis)}
            {...shared}
          />
          <Chart
            title={words.gradients}
            help={words.gradientsHelp}
            curves={gradientCurves(series, axis)}
            log={log}
            {...shared}
          />
        </>
      )}
      <Chart title={words.pace} help={words.paceHelp} curves={paceCurves(series, axis, detail)} {...shared} />
    </section>
  );
}

function epochAt(series: Series, x: number, axis: Axis, perEpoch: number | null): number {
  if (axis === 'epochs') return Math.round(x);
  if (perEpoch === null) return 0;
  if (axis === 'steps') return Math.round(x / perEpoch);
  const step = series.minutes.findIndex((minutes) => minutes >= x);
  return Math.round((step < 0 ? series.minutes.length : step + 1) / perEpoch);
}

const [G, D, QUIET] = ['--generator', '--discriminator', '--quiet'] as const;

function lossCurves(series: Series, axis: Axis): Curve[] {
  const x = series.axisOfSteps(axis);
  return [
    { name: t.value.generator, color: G, x, y: series.steps.generatorLoss },
    { name: t.value.discriminator, color: D, x, y: series.steps.discriminatorLoss },
  ];
}

function scoreCurves(series: Series, axis: Axis): Curve[] {
  const x = series.axisOfSteps(axis);
  return [
    { name: t.value.realScore, color: D, x, y: series.steps.realScore },
    { name: t.value.fakeScore, color: G, x, y: series.steps.fakeScore },
  ];
}

const placesOf = (series: Series, axis: Axis, steps: readonly (number | null)[]): number[] =>
  steps.map((step) => series.position(step ?? 0, axis));

function distanceCurves(series: Series, axis: Axis): Curve[] {
  const x = placesOf(
    series,
    axis,
    series.evaluations.map(({ step }) => step),
  );
  return [
    { name: t.value.value, color: G, x, y: series.evaluations.map(({ value }) => value), exact: true, points: true },
    {
      name: t.value.floor,
      color: QUIET,
      x,
      y: series.evaluations.map(({ floor }) => floor),
      exact: true,
      dashed: true,
    },
  ];
}

function diversityCurves(series: Series, axis: Axis): Curve[] {
  const x = placesOf(series, axis, series.epochs.step);
  const { diversity, classDiversity, recall } = series.epochs;
  const curve = (name: string, color: string, y: readonly (number | null)[]): Curve[] =>
    y.some((value) => value !== null) ? [{ name, color, x, y, exact: true, points: true }] : [];
  return [
    { name: t.value.ofAll, color: G, x, y: diversity, exact: true, points: true },
    ...curve(t.value.withinClasses, D, classDiversity),
    ...curve(t.value.recall, QUIET, recall),
  ];
}

function gradientCurves(series: Series, axis: Axis): Curve[] {
  const x = placesOf(series, axis, series.epochs.step);
  return [
    { name: t.value.generator, color: G, x, y: series.epochs.generatorGradient, exact: true, points: true },
    { name: t.value.discriminator, color: D, x, y: series.epochs.discriminatorGradient, exact: true, points: true },
  ];
}

function paceCurves(series: Series, axis: Axis, { config }: RunDetail): Curve[] {
  const batch = config?.config.batchSize ?? 1;
  const y = series.steps.seconds.map((seconds) => (seconds ? batch / seconds : null));
  return [{ name: t.value.pace, color: QUIET, x: series.axisOfSteps(axis), y }];
}

function csvOf({ steps }: Series): string {
  const names = Object.keys(steps) as (keyof typeof steps)[];
  const rows = steps.step.map((_, i) => names.map((name) => steps[name][i] ?? '').join(','));
  return [names.join(','), ...rows, ''].join('\n');
}
