// What a run over ranks costs on one machine: tf2018 at batch 256, as one process of two threads
// without shards and with two, and as two ranks of one thread each under MPI. Rounds are interleaved,
// so that a load of the machine meets all alike.
//   node bench/distributed/distributed.mjs [--rounds 3] [--steps 8] [--preset tf2018] [--batch 256]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, median, table } from '../lib.mjs';

const BIN = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    preset: { type: 'string', default: 'tf2018' },
    batch: { type: 'string', default: '256' },
  },
});
const [rounds, steps, batch] = [values.rounds, values.steps, values.batch].map(Number);
const MPIRUN = ['mpirun.openmpi', '--oversubscribe', '--allow-run-as-root', '--bind-to', 'none', '-n', '2'];
const WAYS = {
  'one process, 2 threads': { before: [], args: ['--threads', '2'] },
  'one process, 2 threads, 2 shards': { before: [], args: ['--threads', '2', '--shards', '2'] },
  '2 ranks, 1 thread each, 2 shards': { before: MPIRUN, args: ['--threads', '1', '--shards', '2'] },
};

/** Seconds of the steps after the first two, and processor time a step. */
function measure({ before, args }) {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
  try {
    const out = join(folder, 'run');
    const limit = String(batch * steps);
    const train = ['--preset', values.preset, '--limit', limit, '--batch-size', String(batch), '--epochs', '1'];
    const command = [...before, process.execPath, BIN, 'train', ...train, '--seed', '1', ...args, '--out', out];
    const ended = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" > /dev/null', 'bash', ...command], {
      encoding: 'utf8',
    });
    if (ended.status !== 0) throw new Error(ended.stderr);
    const [user, system] = ended.stderr.trim().split('\n').at(-1).split(' ').map(Number);
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n').map(JSON.parse);
    const seconds = lines.filter(({ type, step }) => type === 'step' && step > 2).map((line) => line.seconds);
    return { seconds, processor: user + system };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const found = Object.fromEntries(Object.keys(WAYS).map((name) => [name, { seconds: [], processor: [] }]));
for (let round = 0; round < rounds; round++)
  for (const [name, way] of Object.entries(WAYS)) {
    const { seconds, processor } = measure(way);
    found[name].seconds.push(...seconds);
    found[name].processor.push(processor);
  }
console.log(`${cpus()[0].model}, ${cpus().length} cores, load ${load()}, ${values.preset}`);
const rows = Object.entries(found).map(([name, { seconds, processor }]) => [
  name,
  (batch / median(seconds)).toFixed(0),
  (1000 * Math.min(...seconds)).toFixed(0),
  median(processor).toFixed(1),
]);
console.log(table(['way', 'images/s, median', 'fastest step, ms', 'processor time of the whole run, s'], rows));
