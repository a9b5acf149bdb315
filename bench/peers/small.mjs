// Times small batches and the step of `best` beside PyTorch's same step. For each row our side and
// PyTorch's are loaded together and take turns. The last column says how well small batches are
// used: images a second, of those of `tf2018` at batch 256.
//   npm run build && node bench/peers/small.mjs [--rounds 5] [--steps 4] [--threads 2] [--processor]
//     [--rows tf2018:16,tf2018:64,tf2018:256,best:64] [--markdown docs/benchmarks.md]
// --processor compares the least processor time of a step instead of the median of its time. That
// is the way on a machine which other programs load; take one thread then, because threads of
// other frameworks spin while they wait.
import { parseArgs } from 'node:util';
import { load, publish, setting, table, takeTurns, warnIfBusy, whole } from '../lib.mjs';
import { record } from '../targets.mjs';
import { compareSides, open, ownSide, peerSides } from './sides.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    rows: { type: 'string', default: 'tf2018:256,tf2018:64,tf2018:16,best:64' },
    processor: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const [rounds, steps] = [whole('rounds', values.rounds), whole('steps', values.steps)];
const before = load();
if (!values.processor) warnIfBusy();
const versions = {};

/** Times one row: { ours, peer (the fastest mode's name), theirs }, in seconds. */
async function timeRow(preset, batch) {
  const shared = ['--preset', preset, '--threads', values.threads, '--batch', batch];
  const clock = values.processor ? 'processor' : 'seconds';
  const sides = [];
  for (const side of [ownSide('native'), ...peerSides('pytorch:default+channels_last')])
    sides.push(await open(side, shared, 'step', clock));
  const refused = sides.find((side) => side.refused);
  if (refused) throw new Error(`${refused.name} does not run: ${refused.refused}`);
  const taken = await takeTurns(sides, rounds, steps);
  for (const side of sides) side.close();
  Object.assign(versions, { kernels: sides[0].ready.variant, PyTorch: sides[1].ready.version });
  const { ours, peer, theirs } = compareSides(taken, sides, values.processor);
  return { ours, peer: peer.replace('PyTorch ', ''), theirs };
}

const rows = [];
for (const row of values.rows.split(',')) {
  const [preset, batch] = row.split(':');
  rows.push({ preset, batch: whole('rows', batch), ...(await timeRow(preset, batch)) });
}
const large = rows.find(({ preset, batch }) => preset === 'tf2018' && batch === 256);
const used = ({ batch, ours }) => (large ? batch / ours / (256 / large.ours) : Number.NaN);
const cells = (row) => [
  `\`${row.preset}\`, batch ${row.batch}`,
  (1000 * row.ours).toFixed(1),
  `${(1000 * row.theirs).toFixed(1)} (${row.peer})`,
  `${(row.theirs / row.ours).toFixed(2)} ×`,
  large ? used(row).toFixed(2) : '',
];
const unit = values.processor ? 'least milliseconds of processor time a step' : 'milliseconds a step, median';
const where = `${setting(before, versions)}; ${values.threads} threads; ${unit}`;
const heads = ['step', 'ours', "PyTorch's fastest", 'ratio', 'images a second, of those at batch 256'];
publish('small', `${where}\n\n${table(heads, rows.map(cells))}`, values.markdown);
const find = (preset, batch) => rows.find((row) => row.preset === preset && row.batch === batch);
const [best, small] = [find('best', 64), find('tf2018', 16)];
record(
  {
    ...(best && { best: best.theirs / best.ours }),
    ...(small && { small: small.theirs / small.ours }),
    ...(small && large && { used: used(small) }),
  },
  values.markdown,
);
