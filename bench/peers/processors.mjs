// Writes this machine's row of the table that docs/benchmarks.md opens with: the `tf2018` step at
// batch 256 in float32, ours, the fastest other framework's, and the share of the float32 limit.
// All sides and the FMA peak take turns. Rows of other processors stay as they are.
//   npm run build && node bench/peers/processors.mjs [--rounds 5] [--steps 4] [--threads 2]
//     [--processor] [--peers pytorch:default+channels_last,tensorflow:function]
//     [--markdown docs/benchmarks.md]
// --processor is for machines that other programs load, with one thread; small.mjs says how. The
// peak is measured in wall-clock time, so the share of the limit is left out then.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { costOf } from '../../dist/engine/cost.js';
import { resolveConfig } from '../../dist/gan/config.js';
import { makeModel } from '../../dist/gan/model.js';
import { trainingStep } from '../../dist/gan/step.js';
import { load, median, publish, published, table, takeTurns, warnIfBusy, whole } from '../lib.mjs';
import { openPeak } from '../peak/peak.mjs';
import { compareSides, open, ownSide, peerSides } from './sides.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    peers: { type: 'string', default: 'pytorch:default+channels_last,tensorflow:function' },
    processor: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const [rounds, steps, threads] = ['rounds', 'steps', 'threads'].map((name) => whole(name, values[name]));
const before = load();
if (!values.processor) warnIfBusy();

const batch = 256;
const shared = ['--threads', values.threads, '--batch', String(batch)];
const sides = [];
for (const side of [ownSide('native'), ...values.peers.split(',').flatMap(peerSides)])
  sides.push(await open(side, shared, 'step', values.processor ? 'processor' : 'seconds'));
const refused = sides.filter((side) => side.refused);
for (const { name, refused: why } of refused) console.error(`${name} does not run: ${why}`);
const running = sides.filter(({ ready }) => ready);
const { peak, close } = openPeak();
const taken = await takeTurns([...running, { name: 'peak', step: () => peak(threads) }], rounds, steps);
close();
for (const side of running) side.close();

const { ours, peer, theirs } = compareSides(taken, running, values.processor);
const { needed } = costOf(trainingStep(makeModel(resolveConfig('tf2018', { batchSize: batch })), batch));
const limit = needed / 1e9 / median(taken.get('peak'));
const way = values.processor ? 'least processor time' : 'median';
const [set] = running[0].ready.variant.split(' ');
const row = [
  `${cpus()[0].model.trim()}, ${cpus().length} cores, ${set}`,
  ours.toFixed(3),
  `${theirs.toFixed(3)}, ${peer}`,
  `${(theirs / ours).toFixed(2)} ×`,
  values.processor ? 'not measured' : `${(ours / limit).toFixed(2)} ×`,
  `${new Date().toISOString().slice(0, 10)}, ${threads} thread${threads > 1 ? 's' : ''}, ${way}, load ${before}`,
];
const HEADS = ['processor', 'ours, seconds a step', 'fastest peer', 'ratio', 'of the limit', 'measured'];
const known = values.markdown
  ? published('processors', values.markdown)
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) => line.slice(2, -2).split(' | '))
  : [];
const rows = [...known.filter(([processor]) => processor !== row[0]), row];
publish('processors', table(HEADS, rows), values.markdown);
