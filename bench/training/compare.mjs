// Answers whether a run trains as TensorFlow's does. The means of its epochs 5 to 10 must lie
// inside the range of two TensorFlow runs, widened by 30 %. A plot shows all three.
//   node bench/training/compare.mjs RUN [--plot docs/epochs.svg]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as echarts from 'echarts';

const FIRST = 5;
const LAST = 10;
const WIDENED = 0.3;
const NAMES = {
  generatorLoss: "generator's loss",
  discriminatorLoss: "discriminator's loss",
  realScore: 'D(x)',
  fakeScore: 'D(G(z))',
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { plot: { type: 'string' } } });
const [run] = positionals;
if (positionals.length !== 1) throw new Error('one RUN is needed: node bench/training/compare.mjs RUN');
const tensorflow = JSON.parse(readFileSync(new URL('tensorflow.json', import.meta.url), 'utf8'));
const epochs = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ type, epoch }) => type === 'epoch' && epoch <= LAST);
if (epochs.length < LAST) throw new Error(`${run} has ${epochs.length} epochs; ${LAST} are needed`);

const mean = (list) => list.slice(FIRST - 1, LAST).reduce((a, b) => a + b, 0) / (LAST - FIRST + 1);
let passed = true;
for (const [measure, name] of Object.entries(NAMES)) {
  const ends = tensorflow[measure].map(mean);
  const [low, high] = [Math.min(...ends) * (1 - WIDENED), Math.max(...ends) * (1 + WIDENED)];
  const ours = mean(epochs.map((epoch) => epoch[measure]));
  const inside = ours >= low && ours <= high;
  passed &&= inside;
  console.log(
    `${inside ? 'pass' : 'FAIL'}  ${name.padEnd(22)} ${ours.toFixed(3)} in ${low.toFixed(3)} to ${high.toFixed(3)}`,
  );
}
if (!passed) process.exitCode = 1;

if (values.plot) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 640 });
  const measures = Object.keys(NAMES);
  chart.setOption({
    animation: false,
    title: { text: 'Epoch means of tf2018: dcgan and two TensorFlow runs', left: 'center' },
    legend: { top: 30 },
    grid: measures.map((_, i) => ({ left: i % 2 ? '55%' : '6%', top: i < 2 ? 95 : 380, width: '40%', height: 215 })),
    xAxis: measures.map((_, i) => ({
      gridIndex: i,
      type: 'category',
      data: epochs.map(({ epoch }) => epoch),
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 24,
    })),
    yAxis: measures.map((measure, i) => ({ gridIndex: i, name: NAMES[measure], min: 0 })),
    series: measures.flatMap((measure, i) =>
      [
        ['TensorFlow, seed 1', tensorflow[measure][0], '#bbbbbb'],
        ['TensorFlow, seed 2', tensorflow[measure][1], '#888888'],
        ['dcgan', epochs.map((epoch) => epoch[measure]), '#c23531'],
      ].map(([name, data, color]) => ({
        name,
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        data,
        color,
        symbolSize: 5,
      })),
    ),
  });
  writeFileSync(values.plot, chart.renderToSVGString());
  chart.dispose();
  console.log(values.plot);
}
