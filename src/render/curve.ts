// Draws a curve over epochs as an SVG. The chart library is large and draws nothing else for users.
// The build puts the few parts in use into this module, so the package does not depend on the
// library.
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

export interface Curve {
  readonly title: string;
  /** The label of the vertical axis. */
  readonly name: string;
  /** Pairs of epoch and value, with rising epochs. */
  readonly points: readonly (readonly [epoch: number, value: number])[];
  /** The value of the dashed line. */
  readonly floor: number;
}

/** If the largest value is more than this many times the smallest, the axis is logarithmic. */
const WIDE = 20;

export function curveSvg({ title, name, points, floor }: Curve): string {
  const values = points.map(([, value]) => value);
  const wide = Math.min(...values) > 0 && Math.max(...values) > WIDE * Math.min(...values);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 420 });
  try {
    chart.setOption({
      animation: false,
      title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
      grid: { left: 70, right: 70, top: 50, bottom: 50 },
      xAxis: { type: 'value', name: 'epoch', nameLocation: 'middle', nameGap: 28, minInterval: 1 },
      yAxis: { type: wide ? 'log' : 'value', name },
      series: {
        type: 'line',
        data: points.map(([epoch, value]) => [epoch, value]),
        symbolSize: 6,
        markLine: {
          symbol: 'none',
          label: { formatter: `floor ${floor.toPrecision(2)}` },
          data: !wide || floor >= Math.min(...values) / WIDE ? [{ yAxis: floor }] : [],
        },
      },
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** One figure of several runs. */
export interface Curves {
  readonly title: string;
  /** What the vertical axis shows. */
  readonly name: string;
  /** What the horizontal axis shows. */
  readonly axis: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [at: number, value: number])[];
  }[];
}

/** Curves on common axes, told apart by colour and by the legend below. */
export function curvesSvg({ title, name, axis, series }: Curves): string {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const wide = Math.min(...values) > 0 && Math.max(...values) > WIDE * Math.min(...values);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 460 });
  try {
    chart.setOption({
      animation: false,
      title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
      legend: { bottom: 0, data: series.map((one) => one.name) },
      grid: { left: 70, right: 70, top: 50, bottom: 90 },
      xAxis: { type: 'value', name: axis, nameLocation: 'middle', nameGap: 28 },
      yAxis: { type: wide ? 'log' : 'value', name },
      series: series.map((one) => ({
        type: 'line',
        name: one.name,
        data: one.points.map(([at, value]) => [at, value]),
        symbolSize: 4,
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
