// Measures cost over size: the step's speed for batches from 1 to 2,048, for widths from half to
// four times the preset's, for one thread and for all. A cliff would show as a dip. For wide
// networks the time should grow as the FLOP do, so the lines should be flat or rise.
//   node bench/scaling/scaling.mjs [--device native] [--steps 3] [--plot docs/scaling.svg]
//     [--markdown FILE]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as echarts from 'echarts';
import { costOf } from '../../dist/engine/cost.js';
import { DCGAN } from '../../dist/gan/dcgan.js';
import { makeModel } from '../../dist/gan/model.js';
import { presets } from '../../dist/gan/presets.js';
import { trainingStep } from '../../dist/gan/step.js';
import { usableCores } from '../../dist/platform/cores.js';
import { load, median, publish, setting, table, timed } from '../lib.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'native' },
    steps: { type: 'string', default: '3' },
    plot: { type: 'string' },
    markdown: { type: 'string' },
  },
});
const before = load();
const all = usableCores();
const THREADS = [...new Set([1, all])];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
const WIDTHS = [0.5, 1, 1.5, 2, 3, 4];
/** Batch size of the series over widths: the widest network would take long at 256. */
const WIDTHS_BATCH = 64;

/** The nominal GFLOP/s and the seconds of a step. */
async function measure(overrides, threads) {
  const gan = await DCGAN.create({ ...overrides, seed: 1, device: values.device, threads });
  const { batchSize, imageSize, channels } = gan.config;
  const images = Float32Array.from({ length: batchSize * imageSize ** 2 * channels }, (_, i) => Math.sin(i * 12.9898));
  const once = () => timed(() => gan.step(images));
  await once();
  // Short steps are repeated until they take long enough to be timed.
  const steps = Math.max(Number(values.steps), Math.min(200, Math.ceil(0.2 / (await once()))));
  const seconds = [];
  for (let i = 0; i < steps; i++) seconds.push(await once());
  const { nominal } = costOf(trainingStep(makeModel(gan.config), batchSize));
  await gan.dispose();
  return { seconds: median(seconds), speed: nominal / median(seconds) / 1e9 };
}

const scale = (widths, factor) => widths.map((width) => Math.round(width * factor));
const series = [];
for (const threads of THREADS) {
  const name = `${threads} thread${threads > 1 ? 's' : ''}`;
  const batches = [];
  for (const batchSize of BATCHES) batches.push(await measure({ batchSize }, threads));
  const widths = [];
  for (const factor of WIDTHS)
    widths.push(
      await measure(
        {
          batchSize: WIDTHS_BATCH,
          generatorWidths: scale(presets.tf2018.generatorWidths, factor),
          discriminatorWidths: scale(presets.tf2018.discriminatorWidths, factor),
        },
        threads,
      ),
    );
  series.push({ name, batches, widths });
}

const cells = (results) => results.map(({ seconds, speed }) => `${seconds.toFixed(4)} s, ${speed.toFixed(0)}`);
const text = [
  `${setting(before)}; tf2018 on ${values.device}; seconds a step, nominal GFLOP/s`,
  table(
    ['batch', ...BATCHES],
    series.map(({ name, batches }) => [name, ...cells(batches)]),
  ),
  table(
    [`widths at batch ${WIDTHS_BATCH}`, ...WIDTHS.map((w) => `× ${w}`)],
    series.map(({ name, widths }) => [name, ...cells(widths)]),
  ),
].join('\n\n');
publish('scaling', text, values.markdown);

if (values.plot) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 380 });
  const lines = (index, key) =>
    series.map(({ name, [key]: results }) => ({
      name,
      type: 'line',
      xAxisIndex: index,
      yAxisIndex: index,
      data: results.map(({ speed }) => Math.round(speed)),
      symbolSize: 6,
    }));
  const axis = (index, name, data) => ({
    gridIndex: index,
    type: 'category',
    name,
    nameLocation: 'middle',
    nameGap: 28,
    data,
  });
  chart.setOption({
    animation: false,
    title: { text: 'Speed of a training step over its size (nominal GFLOP/s)', left: 'center' },
    legend: { top: 28 },
    grid: [
      { left: '6%', top: 80, width: '40%', height: 230 },
      { left: '55%', top: 80, width: '40%', height: 230 },
    ],
    xAxis: [axis(0, 'batch', BATCHES), axis(1, `widths, times tf2018's, batch ${WIDTHS_BATCH}`, WIDTHS)],
    yAxis: [0, 1].map((gridIndex) => ({ gridIndex, min: 0 })),
    series: [...lines(0, 'batches'), ...lines(1, 'widths')],
  });
  writeFileSync(values.plot, chart.renderToSVGString());
  chart.dispose();
}
