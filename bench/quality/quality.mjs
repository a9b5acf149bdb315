// Runs the trainings of docs/quality.md and writes its tables. This takes hours. Finished trainings
// stand in results.json and are not repeated; a stopped one goes on from its checkpoint.
//   node bench/quality/quality.mjs train [--only TEXT] [--runs FOLDER] [--threads N]
//     trains what is missing, and measures it
//   node bench/quality/quality.mjs loop --from FOLDER
//     measures the samples of pytorch_loop.py
//   node bench/quality/quality.mjs times
//     measures the seconds that an epoch of each configuration takes; needs a quiet machine
//   node bench/quality/quality.mjs tables
//     rewrites the tables of docs/quality.md
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { folderOf, keyOf, RUNS } from './runs.mjs';
import { publishTables } from './tables.mjs';
import { measureTimes } from './times.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const program = here('../../bin/dcgan.js');
const RESULTS = here('results.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    from: { type: 'string' },
    runs: { type: 'string', default: join(tmpdir(), 'dcgan-quality') },
    threads: { type: 'string' },
  },
});
const results = () => JSON.parse(readFileSync(RESULTS, 'utf8'));
/**
 * Reads the results again before writing: another process may be training with another `--only`.
 */
const save = (change) => writeFileSync(RESULTS, `${JSON.stringify(change(results()), null, 1)}\n`);
const threads = values.threads ? ['--threads', values.threads] : [];

/** Trains one run to its end, from its last checkpoint, and measures it. */
function train(run, seed, folder) {
  const started = existsSync(join(folder, 'config.json'));
  if (!started) rmSync(folder, { recursive: true, force: true });
  const how = started ? ['--resume', folder] : [...run.args, '--seed', seed, '--out', folder];
  const often = ['--epochs', run.epochs, '--evaluate-every', run.every];
  const { status } = spawnSync(
    process.execPath,
    [program, 'train', ...how, ...often, ...threads, '--quiet'].map(String),
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error(`training ended with ${status}: ${keyOf(run, seed)}`);
  const lines = jsonLines(join(folder, 'metrics.jsonl'));
  const curve = lines.filter(({ type }) => type === 'evaluation').map(({ epoch, value }) => [epoch, value]);
  const { notes } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const { source: _, ...figures } = evaluate(folder);
  return { variant: `${notes.device} ${notes.variant}`, curve, report: figures };
}

/** Measures what the loop of PyTorch's users reached, epoch by epoch. */
function judgeLoop(folder) {
  return jsonLines(join(folder, 'epochs.jsonl')).map((epoch) => {
    const file = join(folder, `epoch-${String(epoch.epoch).padStart(4, '0')}.npy`);
    return { ...epoch, distance: evaluate(file, '--against', 'mnist').features.frechetDistance.value };
  });
}

function jsonLines(file) {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function evaluate(...what) {
  return JSON.parse(
    execFileSync(process.execPath, [program, 'evaluate', ...what, '--json', ...threads], { encoding: 'utf8' }),
  );
}

const [what] = positionals;
if (what === 'train') {
  mkdirSync(values.runs, { recursive: true });
  for (const run of RUNS)
    for (const seed of run.seeds) {
      const key = keyOf(run, seed);
      if (results().runs[key] || !key.includes(values.only)) continue;
      console.log(key);
      const found = train(run, seed, join(values.runs, folderOf(run, seed)));
      save((all) => ({ ...all, runs: { ...all.runs, [key]: found } }));
    }
} else if (what === 'loop' && values.from) {
  const loop = judgeLoop(values.from);
  save((all) => ({ ...all, loop }));
} else if (what === 'times') {
  const times = await measureTimes();
  save((all) => ({ ...all, times }));
} else if (what === 'tables') publishTables(results());
else throw new Error('usage: node bench/quality/quality.mjs train | loop --from FOLDER | times | tables');
