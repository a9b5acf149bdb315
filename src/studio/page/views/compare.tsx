// This view lays two to eight runs side by side. It shows their pictures at one moment, their
// samples of the same noise, their curves over one axis, and what differs in their configurations.
import { useEffect, useState } from 'preact/hooks';
import type { RunDetail } from '../../api.ts';
import { Chart } from '../parts/chart.tsx';
import { ChartBar, useChartSettings } from '../parts/chart-settings.tsx';
import type { Curve } from '../parts/curve.ts';
import { Differences } from '../parts/differences.tsx';
import { SameNoise } from '../parts/same-noise.tsx';
import { Slider } from '../parts/slider.tsx';
import type { Source } from '../sources/source.ts';
import { links } from '../state/route.ts';
import { useDetail, useSeries } from '../state/runs.ts';
import type { Series } from '../state/series.ts';
import { t } from '../strings/index.ts';

/**
 * Each run has a colour. Colour-blind people can tell them apart (Wong, "Color blindness", 2011).
 */
const COLORS = ['--run-1', '--run-2', '--run-3', '--run-4', '--run-5', '--run-6', '--run-7', '--run-8'] as const;

interface One {
  readonly id: string;
  readonly color: string;
  readonly detail: RunDetail;
  readonly series: Series;
}

export function Compare({ source, ids }: { readonly source: Source; readonly ids: readonly string[] }) {
  const words = t.value;
  const [runs, setRuns] = useState<Readonly<Record<string, One>>>({});
  const settings = useChartSettings();
  const { axis, axisName, smoothing, log } = settings;
  const compared = ids.slice(0, COLORS.length);
  const ready = compared.map((id) => runs[id]).filter((run) => run !== undefined);
  const most = Math.max(0, ...ready.map(({ detail }) => detail.pictures.at(-1)?.epoch ?? 0));
  const [epoch, setEpoch] = useState<number | null>(null);
  const at = epoch ?? most;
  const measure = ready.flatMap(({ series }) => series.evaluations)[0]?.measure;
  if (compared.length < 2) return <p class="empty">{words.compareNone}</p>;
  const shared = { axis: axisName, smoothing, log, syncKey: 'compare' };
  const curves = (of: (series: Series) => Omit<Curve, 'name' | 'color'>): Curve[] =>
    ready.map(({ id, color, series }) => ({ name: id, color, ...of(series) }));
  const overSteps = (column: keyof Series['steps']): Curve[] =>
    curves((series) => ({ x: series.axisOfSteps(axis), y: series.steps[column] }));
  return (
    <section class="compare">
      <div class="bar">
        <h1>{words.compare}</h1>
        <a class="button" href={links.runs}>
          {words.back}
        </a>
      </div>
      {compared.map((id, i) => (
        <Loader
          key={id}
          source={source}
          id={id}
          color={COLORS[i]!}
          take={(one) => setRuns((all) => ({ ...all, [id]: one }))}
        />
      ))}
      {most > 0 && <Slider label={words.time} last={most} value={at} text={words.epoch(at)} change={setEpoch} />}
      <div class="moments">
        {ready.map(({ id, color, detail }) => {
          const picture = detail.pictures.findLast((one) => (one.epoch ?? 0) <= at) ?? detail.pictures[0];
          return (
            <figure key={id}>
              {picture && (
                <img
                  class="picture"
                  src={source.picture(id, picture)}
                  alt={`${id}, ${words.epoch(picture.epoch ?? 0)}`}
                />
              )}
              <figcaption>
                <span class="line" style={{ '--line': `var(${color})` }} /> <a href={links.run(id)}>{id}</a>
              </figcaption>
            </figure>
          );
        })}
      </div>
      {source.control && <SameNoise control={source.control} runs={ready} />}
      <section class="charts">
        <ChartBar settings={settings} />
        {measure !== undefined && (
          <Chart
            title={words.lower(words.measures[measure] ?? measure)}
            help={words.distanceHelp}
            curves={curves((series) => ({
              x: series.evaluations.map(({ step }) => series.position(step, axis)),
              y: series.evaluations.map(({ value }) => value),
              exact: true,
              points: true,
            }))}
            {...shared}
          />
        )}
        <Chart
          title={`${words.losses}: ${words.generator}`}
          help={words.lossesHelp}
          curves={overSteps('generatorLoss')}
          {...shared}
        />
        <Chart
          title={`${words.losses}: ${words.discriminator}`}
          help={words.lossesHelp}
          curves={overSteps('discriminatorLoss')}
          {...shared}
        />
        <Chart
          title={words.diversity}
          help={words.diversityHelp}
          curves={curves((series) => ({
            x: series.epochs.step.map((step) => series.position(step ?? 0, axis)),
            y: series.epochs.diversity,
            exact: true,
            points: true,
          }))}
          {...shared}
        />
      </section>
      <Differences runs={ready.map(({ detail }) => detail)} />
    </section>
  );
}

interface LoaderProps {
  readonly source: Source;
  readonly id: string;
  readonly color: string;
  readonly take: (one: One) => void;
}

/** Reads one of the runs; what it finds goes to the view. */
function Loader({ source, id, color, take }: LoaderProps) {
  const { detail, error } = useDetail(source, id);
  const series = useSeries(source, id, detail);
  useEffect(() => {
    if (detail) take({ id, color, detail, series });
  }, [id, color, detail, series]);
  return error === null ? null : (
    <p role="alert" class="notice">
      {id}: {error}
    </p>
  );
}
