// Compares the training step with the machine. The FMA peak (bench/peak) is measured in turn with
// steps, on one thread and on all. The limit is the time that the step's needed FLOP would take at
// that peak; needed FLOP share the backward pass and leave out products with padding.
// Winograd's convolutions multiply less than that, so the step can be faster than the limit.
//   npm run build && node bench/limit/limit.mjs [--rounds 9] [--steps 3] [--threads 2]
//     [--markdown FILE]
import { parseArgs } from 'node:util';
import { costOf } from '../../dist/engine/cost.js';
import { DCGAN } from '../../dist/gan/dcgan.js';
import { makeModel } from '../../dist/gan/model.js';
import { trainingStep } from '../../dist/gan/step.js';
import { load, median, publish, setting, table, takeTurns, timed, warnIfBusy, whole } from '../lib.mjs';
import { openPeak } from '../peak/peak.mjs';
import { record } from '../targets.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    steps: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    markdown: { type: 'string' },
  },
});
const [rounds, steps, all] = ['rounds', 'steps', 'threads'].map((name) => whole(name, values[name]));
const before = load();
warnIfBusy();

const { peak, close } = openPeak();
const threads = [1, all];
const gans = [];
for (const count of threads) gans.push(await DCGAN.create({ seed: 1, device: 'native', threads: count }));
const { config, info } = gans[0];
const images = Float32Array.from({ length: config.batchSize * config.imageSize ** 2 * config.channels }, (_, i) =>
  Math.sin(i * 12.9898),
);
const { needed } = costOf(trainingStep(makeModel(config), config.batchSize));
const sides = threads.flatMap((count, i) => [
  { name: `step ${i}`, step: () => timed(() => gans[i].step(images)) },
  { name: `peak ${i}`, step: () => peak(count) },
]);
const taken = await takeTurns(sides, rounds, steps);
close();
for (const gan of gans) await gan.dispose();

const time = threads.map((_, i) => median(taken.get(`step ${i}`)));
const peaks = threads.map((_, i) => median(taken.get(`peak ${i}`)));
const limit = peaks.map((gflops) => needed / 1e9 / gflops);
const share = time.map((seconds, i) => seconds / limit[i]);
const gain = { step: time[0] / time[1], peak: peaks[1] / peaks[0] };
const rows = [
  ['FMA peak, GFLOP/s', ...peaks.map((gflops) => gflops.toFixed(0)), `${gain.peak.toFixed(2)} ×`],
  [`${(needed / 1e9).toFixed(1)} GFLOP at that peak, seconds`, ...limit.map((seconds) => seconds.toFixed(4)), ''],
  ['step, seconds', ...time.map((seconds) => seconds.toFixed(4)), `${gain.step.toFixed(2)} ×`],
  ['step, of the limit', ...share.map((x) => `${x.toFixed(2)} ×`), ''],
];
const heads = ['', '1 thread', `${all} threads`, `${all} against 1`];
publish('limit', `${setting(before, { kernels: info.variant })}; tf2018\n\n${table(heads, rows)}`, values.markdown);
record({ limit: share[1], threads: gain.step / gain.peak }, values.markdown);
