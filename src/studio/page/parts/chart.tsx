// A chart shows several curves over one axis. uPlot draws them. This file adds a cursor by
// keyboard, the numbers as a table, and a picture to keep.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { download } from '../state/download.ts';
import { isDark } from '../state/look.ts';
import { smooth } from '../state/series.ts';
import { short, t } from '../strings/index.ts';
import type { Curve } from './curve.ts';
import { Scroll } from './scroll.tsx';
import { svgOf } from './svg.ts';
import { Term } from './term.tsx';

export interface ChartProps {
  readonly title: string;
  readonly help: string;
  readonly curves: readonly Curve[];
  readonly axis: string;
  readonly smoothing: number;
  readonly log?: boolean;
  readonly range?: readonly [number, number];
  /** The place shown elsewhere, and what to do when another is chosen. */
  readonly at?: number | null;
  readonly onPick?: (x: number) => void;
  /** Where the watch warned: a line with the number that the warning has in the list. */
  readonly marks?: readonly { readonly x: number; readonly number: number; readonly text: string }[];
  readonly syncKey?: string;
}

const HEIGHT = 220;
/** The table has about this many rows, since more help nobody. */
const ROWS = 50;

export function Chart(props: ChartProps) {
  const { title, help, curves, axis } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef(props);
  shown.current = props;
  const [table, setTable] = useState(false);
  const [said, setSaid] = useState('');
  const id = useId();
  const drawn = curves.map((curve) => (curve.exact ? curve : { ...curve, y: smooth(curve.y, props.smoothing) }));
  const data = aligned(drawn);
  const shape = `${curves.map(({ name }) => name).join()}|${props.log}|${isDark.value}|${axis}|${t.value.language}`;

  useEffect(() => {
    const made = make(box.current!, shown);
    plot.current = made;
    made.setData(data);
    const place = box.current!;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => {
    const chart = plot.current;
    if (!chart) return;
    const zoomed = isZoomed(chart);
    chart.setData(data, !zoomed);
    if (zoomed) chart.redraw();
  });

  const move = (event: KeyboardEvent): void => {
    const xs = data[0]!;
    if (xs.length === 0 || !['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    const now = plot.current!.cursor.idx ?? xs.length - 1;
    const step = event.shiftKey ? Math.max(1, Math.round(xs.length / 20)) : 1;
    const next =
      event.key === 'Home' ? 0 : event.key === 'End' ? xs.length - 1 : now + (event.key === 'ArrowLeft' ? -step : step);
    const idx = Math.max(0, Math.min(xs.length - 1, next));
    plot.current!.setCursor({ left: plot.current!.valToPos(xs[idx]!, 'x'), top: 10 });
    setSaid(
      `${axis} ${short(xs[idx])}: ${drawn.map(({ name }, i) => `${name} ${short(data[i + 1]![idx])}`).join(', ')}`,
    );
    props.onPick?.(xs[idx]!);
  };

  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id}>
        <h3>
          <Term text={title} help={help} />
        </h3>
        <ul class="legend">
          {curves.map(({ name, color, dashed, y }) => (
            <li key={name}>
              <span class={dashed ? 'line dashed' : 'line'} style={{ '--line': `var(${color})` }} /> {name}{' '}
              <b>{short(lastOf(y))}</b>
            </li>
          ))}
        </ul>
        <span class="tools">
          <button type="button" onClick={() => setTable(!table)} aria-pressed={table}>
            {t.value.table}
          </button>
          <button type="button" onClick={() => plot.current?.setData(data, true)}>
            {t.value.resetZoom}
          </button>
          <button
            type="button"
            onClick={() => download(`${title}.svg`, 'image/svg+xml', svgOf(title, axis, drawn, props))}
          >
            SVG
          </button>
        </span>
      </figcaption>
      {/* A chart is moved through by arrow keys, like a slider. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its role takes keys */}
      <div class="plot" ref={box} role="application" tabIndex={0} aria-label={title} onKeyDown={move} />
      <p class="hidden" aria-live="polite">
        {said}
      </p>
      {props.marks !== undefined && props.marks.length > 0 && (
        <p class="hidden">
          {props.marks.map(({ x, number, text }) => `${number}: ${axis} ${short(x)}, ${text}`).join('. ')}
        </p>
      )}
      {table && <Table data={data} names={[axis, ...curves.map(({ name }) => name)]} />}
    </figure>
  );
}

function lastOf(y: readonly (number | null)[]): number | null {
  for (let i = y.length - 1; i >= 0; i--) if (y[i] !== null) return y[i]!;
  return null;
}

function Table({ data, names }: { readonly data: uPlot.AlignedData; readonly names: readonly string[] }) {
  const every = Math.max(1, Math.ceil(data[0].length / ROWS));
  const rows = Array.from(data[0], (_, i) => i).filter((i) => i % every === 0 || i === data[0].length - 1);
  return (
    <Scroll label={t.value.table}>
      <table>
        <thead>
          <tr>
            {names.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              {data.map((column, k) => (
                <td key={names[k]}>{short(column[i])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Gives all curves the same places, as uPlot wants them. */
function aligned(curves: readonly Curve[]): uPlot.AlignedData {
  const first = curves[0];
  if (!first) return [[]];
  if (curves.every(({ x }) => x === first.x)) return [first.x as number[], ...curves.map(({ y }) => y as number[])];
  return uPlot.join(curves.map(({ x, y }) => [x as number[], y as number[]]));
}

function isZoomed({ scales, data }: uPlot): boolean {
  const xs = data[0];
  const { min, max } = scales.x!;
  if (xs.length === 0 || min === undefined || max === undefined || min === null || max === null) return false;
  return min > xs[0]! || (max < xs.at(-1)! && max < (xs.at(-2) ?? Number.NEGATIVE_INFINITY));
}

function make(box: HTMLDivElement, shown: { readonly current: ChartProps }): uPlot {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const { curves, log, range, syncKey } = shown.current;
  const grid = { stroke: color('--grid'), width: 1 };
  const axes = { stroke: color('--quiet'), grid, ticks: grid, font: '12px system-ui' };
  const mark = (chart: uPlot): void => {
    const { at = null, marks = [] } = shown.current;
    const line = (x: number, stroke: string, dash: number[]): void => {
      const left = chart.valToPos(x, 'x', true);
      if (left < chart.bbox.left || left > chart.bbox.left + chart.bbox.width) return;
      chart.ctx.save();
      chart.ctx.strokeStyle = stroke;
      chart.ctx.lineWidth = devicePixelRatio;
      chart.ctx.setLineDash(dash);
      chart.ctx.beginPath();
      chart.ctx.moveTo(left, chart.bbox.top);
      chart.ctx.lineTo(left, chart.bbox.top + chart.bbox.height);
      chart.ctx.stroke();
      chart.ctx.restore();
    };
    for (const { x, number } of marks) {
      line(x, color('--warn'), [6, 4]);
      chart.ctx.fillStyle = color('--warn');
      chart.ctx.font = `bold ${13 * devicePixelRatio}px system-ui`;
      chart.ctx.fillText(
        `${number}`,
        chart.valToPos(x, 'x', true) + 3 * devicePixelRatio,
        chart.bbox.top + 12 * devicePixelRatio,
      );
    }
    if (at !== null) line(at, color('--ink'), []);
  };
  return new uPlot(
    {
      width: box.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: {
        ...(syncKey && { sync: { key: syncKey } }),
        drag: { x: true, y: false },
        bind: {
          click: (chart, _, handle) => (event) => {
            handle(event);
            const { idx } = chart.cursor;
            if (typeof idx === 'number') shown.current.onPick?.(chart.data[0][idx]!);
            return null;
          },
        },
      },
      scales: { x: { time: false }, y: { distr: log ? 3 : 1, ...(range && { range: [range[0], range[1]] }) } },
      axes: [axes, { ...axes, size: 56 }],
      series: [
        {},
        ...curves.map(({ name, color: variable, dashed, points }) => ({
          label: name,
          stroke: color(variable),
          width: 1.5,
          spanGaps: points === true,
          points: { show: points === true },
          ...(dashed && { dash: [4, 4] }),
        })),
      ],
      hooks: { draw: [mark] },
    },
    [[]],
    box,
  );
}
